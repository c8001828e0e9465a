"""RADIUS replies (RFC 2865 4.2 to 4.4): Message-Authenticator first, what the decision says, Proxy-State as it came."""

from gatekeeper.book import Nas
from gatekeeper.model import Rate
from gatekeeper.wire.eap import FAILURE, SUCCESS, EapPacket, eap_attributes
from gatekeeper.wire.nas import rate_body
from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_CHALLENGE,
    ACCESS_REJECT,
    ACCOUNTING_RESPONSE,
    EAP_MESSAGE,
    REPLY_MESSAGE,
    STATE,
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
        return _reply(ACCESS_ACCEPT, request, nas, _with_eap(body, request, SUCCESS))

    def reject(self, request: RadiusPacket, nas: Nas, reason: str) -> bytes:
        """Access-Reject with the reason in Reply-Message."""
        # RFC 3579 2.6.5: Reply-Message MUST NOT stand beside EAP-Message.
        told = b"" if EAP_MESSAGE in request.attributes else attribute(REPLY_MESSAGE, reason.encode())
        return _reply(ACCESS_REJECT, request, nas, _with_eap(told, request, FAILURE))


def challenge_reply(request: RadiusPacket, nas: Nas, eap: EapPacket, state: bytes) -> bytes:
    """Access-Challenge: the EAP request, and the State that is to come back with its response (RFC 3579 2.6.2)."""
    body = eap_attributes(eap) + (attribute(STATE, state) if state else b"")
    return _reply(ACCESS_CHALLENGE, request, nas, body)


def status_reply(request: RadiusPacket, nas: Nas, accounting: bool) -> bytes:
    """The answer to a Status-Server (RFC 5997 3): what the port that it came to says when all is well."""
    return _reply(ACCOUNTING_RESPONSE if accounting else ACCESS_ACCEPT, request, nas, b"")


def _with_eap(body: bytes, request: RadiusPacket, code: int) -> bytes:
    """The body; if the request had EAP-Message, with the Success or Failure that ends it (RFC 3579 2.6.3)."""
    asked = request.attributes.get(EAP_MESSAGE)
    if asked is None:
        return body
    # RFC 3748 4.2: it has the identifier of the response that it answers.
    return body + eap_attributes(EapPacket(code, asked[1] if len(asked) > 1 else 0, 0, b""))


def _reply(code: int, request: RadiusPacket, nas: Nas, body: bytes) -> bytes:
    # RFC 3579 3.2: where there is EAP-Message there is Message-Authenticator, whatever the client likes.
    make = sealed_reply if nas.seals or EAP_MESSAGE in request.attributes else plain_reply
    return make(code, request.identifier, request.authenticator, body + request.proxy, nas.secret)


def accounting_reply(request: RadiusPacket, nas: Nas) -> bytes:
    """Accounting-Response (RFC 2866 4.2): Proxy-State as it came; sealed where the request was."""
    make = sealed_reply if request.seal_at else plain_reply
    return make(ACCOUNTING_RESPONSE, request.identifier, request.authenticator, request.proxy, nas.secret)
