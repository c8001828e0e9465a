"""What both RADIUS engines do at the door: whose packet it is, no answer with a reason, the same answer again."""

from typing import Final, Protocol

from gatekeeper.book import Nas, Policybook
from gatekeeper.model import Action, Datagram, Destination, Outcome, PortId, Reason, Verdict
from gatekeeper.state.nas import NasCounts
from gatekeeper.wire import Malformed
from gatekeeper.wire.nas_request import read_request
from gatekeeper.wire.radius import CODE, NAMES, RadiusPacket, sound_part
from gatekeeper.wire.text import ip_text

_MAX_SOURCES: Final = 65_536


class Clients:
    """The clients of one Policybook by source address, each address looked up once."""

    def __init__(self, book: Policybook) -> None:
        self._book = book
        self._known: dict[int, Nas | None] = {}

    def of(self, source: int) -> Nas | None:
        """The client that sends from there; None = a stranger."""
        if source not in self._known:
            if len(self._known) >= _MAX_SOURCES:
                self._known.clear()
            self._known[source] = self._book.nas_of(source)
        return self._known[source]


def silent(datagram: Datagram, message: str, where: str, reason: Reason | None, seen: str = "") -> Outcome:
    """No answer. where: the client's name, or a stranger's address."""
    return Outcome(
        protocol="radius",
        message=message,
        reply="",
        mac=b"",
        verdict=Verdict(Action.SILENT, reason, seen=seen),
        where=where,
        port=None,
        binding=None,
        via=datagram.via,
    )


def malformed(datagram: Datagram, nas: Nas, bad: Malformed, believed: RadiusPacket | None = None) -> Outcome:
    """No answer to octets that are no request: the client, and the box and line that stand in front of the fault.

    believed: the packet where it is sound, and only what it reports is not.
    """
    part = believed or sound_part(datagram.data)
    message = NAMES[part.code] if part else "RADIUS"
    outcome = silent(datagram, message, nas.name, Reason.MALFORMED, str(bad))
    if part is None:
        return outcome
    named = read_request(part, nas.reading)
    return outcome._replace(mac=named.mac, port=named.port)


def stranger(datagram: Datagram, seen: NasCounts, port: str, now: float) -> Outcome:
    """No answer to a source that is no client (RFC 2865 3). port: AUTHENTICATION or ACCOUNTING."""
    seen.secrets.is_wrong("", datagram.source, port, Reason.UNKNOWN_NAS, now)
    return silent(datagram, "RADIUS", ip_text(datagram.source), Reason.UNKNOWN_NAS)


def forged(datagram: Datagram, message: str, nas: Nas, seen: NasCounts, port: str, now: float) -> Outcome:
    """No answer to a request that the client's secret does not bear out; what it says of boxes is nothing."""
    seen.secrets.is_wrong(nas.name, datagram.source, port, Reason.BAD_AUTHENTICATOR, now)
    return silent(datagram, message, nas.name, Reason.BAD_AUTHENTICATOR, ip_text(datagram.source))


class Believed(Protocol):
    """A request that was read."""

    @property
    def mac(self) -> bytes: ...
    @property
    def datagram(self) -> Datagram: ...
    @property
    def nas(self) -> Nas: ...
    @property
    def port(self) -> PortId | None: ...


def unanswered(message: str, question: Believed, reason: Reason) -> Outcome:
    """A request that was believed and cannot be decided: no answer, and whose it was."""
    outcome = silent(question.datagram, message, question.nas.name, reason)
    return outcome._replace(mac=question.mac, port=question.port)


def again(datagram: Datagram, message: str, nas: Nas, given: bytes) -> Outcome:
    """RFC 5080 2.2.2: the same answer again; while it is being made (b""), nothing."""
    outcome = silent(datagram, message, nas.name, Reason.DUPLICATE)
    if not given:
        return outcome
    to = Destination(datagram.source, datagram.source_port)
    return outcome._replace(reply=NAMES[given[CODE]], answer=given, to=to)
