"""The accounting mouth, of RADIUS: its requests are answered when what they say is on disk (RFC 2866 2)."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Nas, Policybook
from gatekeeper.engine.limits import radius_limit, throttle_of
from gatekeeper.engine.radius_door import Clients, again, forged, malformed, silent, stranger, unanswered
from gatekeeper.engine.radius_status import answer_status
from gatekeeper.model import (
    HELD,
    Action,
    Binding,
    Datagram,
    Destination,
    Effect,
    Outcome,
    PortId,
    Reason,
    Session,
    SessionReported,
    SessionsEnded,
    Verdict,
)
from gatekeeper.reply.radius import accounting_reply
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.nas_secrets import ACCOUNTING
from gatekeeper.state.replies import Replies, RequestKey
from gatekeeper.state.world import World
from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.nas_request import read_request
from gatekeeper.wire.radius import ACCOUNTING_REQUEST, NAMES, STATUS_SERVER, RadiusPacket, decode
from gatekeeper.wire.radius_accounting import CLASS, OFF, ON, STATUS_NAMES, STOP, Report, read_report
from gatekeeper.wire.radius_seal import signature_is_right
from gatekeeper.wire.session_class import Decision, read_class

_STATUS: Final = {1: "start", 2: "stop", 3: "interim"}


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AccountingQuestion(Value):
    """A report that is believed and waits for the facts of its box. mac: b"" = it names none."""

    __slots__ = ("mac", "report", "decision", "packet", "datagram", "nas", "port", "key")

    def __init__(
        self,
        mac: bytes,
        report: Report,
        decision: Decision | None,
        packet: RadiusPacket,
        datagram: Datagram,
        nas: Nas,
        port: PortId | None,
        key: RequestKey,
    ) -> None:
        self.mac: Final = mac
        self.report: Final = report
        self.decision: Final = decision
        self.packet: Final = packet
        self.datagram: Final = datagram
        self.nas: Final = nas
        self.port: Final = port
        self.key: Final = key


class AccountingEngine:
    """Accounting for one Policybook over one World. The time comes with each call."""

    def __init__(self, book: Policybook, world: World, kept: Replies, seen: NasCounts) -> None:
        """kept: answers already given; seen: what clients send, counted. Both outlive a reload."""
        self._world = world
        self._kept = kept
        self._seen = seen
        self._clients = Clients(book)
        self._throttle = throttle_of(book.limits)
        self._stale_after, self._stale_s = book.stale_after(), book.stale_session_s

    def read(self, datagram: Datagram, now: float) -> AccountingQuestion | Outcome:
        """Decode and verify. What is not believed, cannot be read, or was answered before, becomes an Outcome."""
        nas = self._clients.of(datagram.source)
        if nas is None:
            return stranger(datagram, self._seen, ACCOUNTING, now)
        try:
            packet = decode(datagram.data)
        except Malformed as bad:
            return malformed(datagram, nas, bad)
        name = NAMES[packet.code]
        if packet.code == STATUS_SERVER:
            return answer_status(self._seen, datagram, packet, nas, now, accounting=True)
        if packet.code != ACCOUNTING_REQUEST:
            return silent(datagram, name, nas.name, Reason.UNSUPPORTED)
        if not signature_is_right(packet, nas.secret):
            return forged(datagram, name, nas, self._seen, ACCOUNTING, now)
        self._seen.secrets.is_right(nas.name, datagram.source, ACCOUNTING, now)
        try:
            report = read_report(packet, datagram.source, now)
        except Malformed as bad:
            return malformed(datagram, nas, bad, packet)
        key = datagram.source, datagram.source_port, packet.identifier, datagram.via.name
        given = self._kept.find(key, packet.authenticator, now)
        decision = read_class(packet.attributes.get(CLASS, b""))
        named = read_request(packet, nas.reading)
        mac, port = named.mac, named.port
        if self._throttle:
            limit = radius_limit(self._throttle, mac, port, datagram, now)
            if limit:
                refused = silent(datagram, name, nas.name, Reason.RATE_LIMITED)
                return refused._replace(mac=mac, port=port, verdict=limit)
        if given is not None:
            return again(datagram, name, nas, given)
        self._kept.keep(key, packet.authenticator, b"", now)
        # What we said when we let the box in tells more than what the NAS calls it.
        whose = decision.mac if decision else mac
        return AccountingQuestion(whose, report, decision, packet, datagram, nas, port, key)

    def answer(self, question: AccountingQuestion, now: float) -> Outcome:
        """What is to be kept, and the answer for when it is. The facts of question.mac are known to the world."""
        report, nas, datagram = question.report, question.nas, question.datagram
        facts = self._world.facts(question.mac)
        effects: tuple[Effect, ...] = ()
        if report.status in (ON, OFF):
            effects = (SessionsEnded(nas.name, report.device, report.at),)
        elif report.status in _STATUS:
            lease = facts.lease
            address = report.address or (lease.address if lease and lease.state in HELD else 0)
            session = _session(question, facts.binding, address)
            until = int(now) + self._stale_after.get(nas.name, self._stale_s)
            effects = (SessionReported(session, _STATUS[report.status], int(now), until),)
        # Other kinds (RFC 2867) speak of tunnels, of which there are none here: they are counted, and so acknowledged.
        self._world.apply(effects, 0, now)
        status = STATUS_NAMES.get(report.status, f"status {report.status}")
        return Outcome(
            protocol="radius",
            message="Accounting-Request",
            reply="Accounting-Response",
            mac=question.mac,
            verdict=Verdict(Action.RECORD, seen=f"{status} {report.session}".strip(), address=report.address),
            where=nas.name,
            port=question.port,
            binding=facts.binding,
            effects=effects,
            answer=accounting_reply(question.packet, nas),
            to=Destination(datagram.source, datagram.source_port),
            via=datagram.via,
            durable=bool(effects),
            token=question,
        )

    def sent(self, outcome: Outcome, now: float) -> None:
        """The answer leaves: a duplicate of the request gets it again."""
        if isinstance(outcome.token, AccountingQuestion):
            self._kept.keep(outcome.token.key, outcome.token.packet.authenticator, outcome.answer, now)

    def unanswered(self, question: AccountingQuestion, reason: Reason) -> Outcome:
        """The outcome of a report that cannot be kept: silence."""
        return unanswered("Accounting-Request", question, reason)

    def forget(self, question: AccountingQuestion) -> None:
        """It was not recorded, so it is not answered: the NAS's next try is a new request."""
        self._kept.drop(question.key)


def _session(question: AccountingQuestion, binding: Binding | None, address: int) -> Session:
    report, nas = question.report, question.nas
    return Session(
        session=report.session,
        nas=nas.name,
        device=report.device,
        source=question.datagram.source,
        mac=question.mac,
        account=binding.account if binding else "",
        port=question.port.text if question.port else "",
        address=address,
        order=question.decision.order if question.decision else "",
        started=report.at - report.lasted_s,
        last_seen=report.at,
        bytes_in=report.octets_in,
        bytes_out=report.octets_out,
        cause=report.cause or "no cause told" if report.status == STOP else "",
        keys=report.keys,
    )
