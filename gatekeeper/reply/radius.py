"""RADIUS replies (RFC 2865 4.2, 4.3): Message-Authenticator first, what the decision says, Proxy-State as it came."""

from gatekeeper.book import Nas
from gatekeeper.model import Rate
from gatekeeper.wire.nas import rate_body
from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_REJECT,
    ACCOUNTING_RESPONSE,
    REPLY_MESSAGE,
    RadiusPacket,
    attribute,
)
from gatekeeper.wire.radius_seal import plain_reply, sealed_reply

_MAX_COMPILED = 4096


class RadiusReplies:
    """Renders replies for one Policybook; goes with it at a reload."""

    def __init__(self) -> None:
        self._rates: dict[tuple[str, Rate], bytes] = {}

    def accept(self, request: RadiusPacket, nas: Nas, rate: Rate) -> bytes:
        """Access-Accept with the rate in the NAS's own attributes."""
        body = self._rates.get((nas.name, rate))
        if body is None:
            if len(self._rates) >= _MAX_COMPILED:
                self._rates.clear()
            body = self._rates[nas.name, rate] = rate_body(nas.rates, rate, nas.kilobit)
        return _reply(ACCESS_ACCEPT, request, nas, body)

    def reject(self, request: RadiusPacket, nas: Nas, reason: str) -> bytes:
        """Access-Reject with the reason in Reply-Message."""
        return _reply(ACCESS_REJECT, request, nas, attribute(REPLY_MESSAGE, reason.encode()))


def _reply(code: int, request: RadiusPacket, nas: Nas, body: bytes) -> bytes:
    return sealed_reply(code, request.identifier, request.authenticator, body + request.proxy, nas.secret)


def accounting_reply(request: RadiusPacket, nas: Nas) -> bytes:
    """Accounting-Response (RFC 2866 4.2): Proxy-State as it came; sealed where the request was."""
    make = sealed_reply if request.seal_at else plain_reply
    return make(ACCOUNTING_RESPONSE, request.identifier, request.authenticator, request.proxy, nas.secret)
