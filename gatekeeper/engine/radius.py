"""The authentication mouth, of RADIUS: one datagram in, one Outcome out."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Nas, Policybook
from gatekeeper.engine.limits import radius_limit, throttle_of
from gatekeeper.engine.radius_door import Clients, again, forged, malformed, silent, stranger, unanswered
from gatekeeper.engine.radius_status import answer_status
from gatekeeper.model import (
    Action,
    AddressTold,
    Datagram,
    Destination,
    Effect,
    Outcome,
    PortId,
    PortLearned,
    Reason,
    Verdict,
)
from gatekeeper.policy.binding import Case, judge, learns_port
from gatekeeper.policy.radius import distrust, framed_address, no_identity
from gatekeeper.policy.radius_eap import Challenge, EapMd5
from gatekeeper.policy.radius_methods import GARBLED, method_refusal
from gatekeeper.reply.radius import RadiusReplies, challenge_reply
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.nas_secrets import AUTHENTICATION
from gatekeeper.state.replies import Replies, RequestKey
from gatekeeper.state.world import World
from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.nas_request import read_request
from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_REJECT,
    ACCESS_REQUEST,
    CODE,
    EAP_MESSAGE,
    NAMES,
    STATUS_SERVER,
    USER_PASSWORD,
    RadiusPacket,
    decode,
)

_ONE_HOST: Final = 0xFFFFFFFF
_ACCEPT: Final = Action.ACCEPT
_FORGED: Final = Reason.BAD_AUTHENTICATOR


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class RadiusQuestion(Value):
    """A request that is believed and waits for its facts."""

    __slots__ = ("mac", "packet", "datagram", "nas", "port", "key")

    def __init__(
        self, mac: bytes, packet: RadiusPacket, datagram: Datagram, nas: Nas, port: PortId | None, key: RequestKey
    ) -> None:
        self.mac: Final = mac
        self.packet: Final = packet
        self.datagram: Final = datagram
        self.nas: Final = nas
        self.port: Final = port
        self.key: Final = key


class RadiusEngine:
    """RADIUS authentication for one Policybook over one World. The time comes with each call."""

    def __init__(self, book: Policybook, world: World, kept: Replies, seen: NasCounts, key: bytes) -> None:
        """kept: answers already given; seen: what clients send, counted; key: random octets that seal State. All of
        these outlive a reload."""
        self._book = book
        self._world = world
        self._kept = kept
        self._seen = seen
        self._replies = RadiusReplies(book)
        self._eap = EapMd5(key)
        self._clients = Clients(book)
        self._sealed: set[str] = set()
        self._throttle = throttle_of(book.limits)
        self._stale_after, self._stale_s = book.stale_after(), book.stale_session_s

    def read(self, datagram: Datagram, now: float) -> RadiusQuestion | Outcome:
        """Decode and verify. What is not believed, not served, or was answered before, becomes an Outcome at once."""
        nas = self._clients.of(datagram.source)
        if nas is None:
            return stranger(datagram, self._seen, AUTHENTICATION, now)
        try:
            packet = decode(datagram.data)
        except Malformed as bad:
            return malformed(datagram, nas, bad)
        name = NAMES[packet.code]
        if packet.code == STATUS_SERVER:
            return answer_status(self._seen, datagram, packet, nas, now)
        if packet.code != ACCESS_REQUEST:
            return silent(datagram, name, nas.name, Reason.UNSUPPORTED)
        doubt = distrust(packet, nas, nas.name in self._sealed)
        if doubt is _FORGED:
            return forged(datagram, name, nas, self._seen, AUTHENTICATION, now)
        self._seen.asked(nas.name, bool(packet.seal_at), datagram.source, now)
        if doubt:
            outcome = silent(datagram, name, nas.name, doubt)
            # Nobody vouches for what it says; but who looks for this box must find why it hears nothing.
            named = read_request(packet, nas.reading)
            return outcome._replace(mac=named.mac, port=named.port)
        if packet.seal_at and nas.mask == _ONE_HOST and EAP_MESSAGE not in packet.attributes:
            # As FreeRADIUS 3.2.9 does it: a network of clients is never taken for one that learnt better, and the seal
            # that EAP demands says nothing of the client's other requests.
            self._sealed.add(nas.name)
        key = datagram.source, datagram.source_port, packet.identifier, datagram.via.name
        given = self._kept.find(key, packet.authenticator, now)
        named = read_request(packet, nas.reading)
        mac, port = named.mac, named.port
        if self._throttle:
            # A duplicate counts too. What is refused is not marked as being answered: the next try is a new request.
            limit = radius_limit(self._throttle, mac, port, datagram, now)
            if limit:
                refused = silent(datagram, name, nas.name, Reason.RATE_LIMITED)
                return refused._replace(mac=mac, port=port, verdict=limit)
        if given is not None:
            return again(datagram, name, nas, given)
        self._kept.keep(key, packet.authenticator, b"", now)
        return RadiusQuestion(mac, packet, datagram, nas, port, key)

    def answer(self, question: RadiusQuestion, now: float) -> Outcome:
        """Decide, render, apply. The facts of question.mac are known to the world."""
        case = self.case(question)
        verdict = self._judge(question, case, now)
        if not question.packet.seal_at:
            self._weigh_secret(question, verdict, now)
        if isinstance(verdict, Challenge):
            return self._challenge(question, case, verdict)
        effects: tuple[Effect, ...] = ()
        address, nas = 0, question.nas
        if verdict.action is _ACCEPT and case.binding:
            if learns_port(case):
                assert case.port
                effects = (PortLearned(case.binding.account, question.mac, case.port, "radius", int(now)),)
            address = framed_address(nas, case.binding, question.mac, self._world.pools, now)
        outcome = self._render(question, case, verdict, effects, address)
        if address:
            lasts_s = nas.session_timeout_s or self._stale_after.get(nas.name, self._stale_s)
            effects += (AddressTold(question.mac, address, int(now) + lasts_s),)
        # Last, so that what cannot be rendered has changed nothing.
        if effects:
            self._world.apply(effects, 0, now)
        return outcome

    def case(self, question: RadiusQuestion) -> Case:
        """All that the shared rules read."""
        mac, port, world = question.mac, question.port, self._world
        binding = world.facts(mac).binding if mac else None
        return Case(binding, port, False, self._book.binding, world.crowd(binding, port))

    def _judge(self, question: RadiusQuestion, case: Case, now: float) -> Verdict | Challenge:
        packet, nas, mac = question.packet, question.nas, question.mac
        if EAP_MESSAGE in packet.attributes:
            return self._eap.step(packet, nas, question.datagram.source, mac, now) or judge(case)
        if not mac:
            return no_identity(packet, nas)
        return method_refusal(packet, nas, mac) or judge(case)

    def _weigh_secret(self, question: RadiusQuestion, verdict: Verdict | Challenge, now: float) -> None:
        """Without a seal only a password shows whether the secret is right."""
        packet, nas, source = question.packet, question.nas, question.datagram.source
        if nas.password == "any" or USER_PASSWORD not in packet.attributes:  # noqa: S105 - a mode
            return
        if verdict == GARBLED:
            self._seen.secrets.is_wrong(nas.name, source, AUTHENTICATION, Reason.BAD_PASSWORD, now)
        elif isinstance(verdict, Verdict) and verdict.action is Action.ACCEPT:
            self._seen.secrets.is_right(nas.name, source, AUTHENTICATION, now)

    def _challenge(self, question: RadiusQuestion, case: Case, asked: Challenge) -> Outcome:
        packet, nas, datagram = question.packet, question.nas, question.datagram
        return Outcome(
            protocol="radius",
            message="Access-Request",
            reply="Access-Challenge",
            mac=question.mac,
            verdict=Verdict(Action.CHALLENGE),
            where=nas.name,
            port=question.port,
            binding=case.binding,
            answer=challenge_reply(packet, nas, asked.eap, asked.state),
            to=Destination(datagram.source, datagram.source_port),
            via=datagram.via,
            token=question,
        )

    def _render(
        self, question: RadiusQuestion, case: Case, verdict: Verdict, effects: tuple[Effect, ...], address: int
    ) -> Outcome:
        """effects: those that must last. address: Framed-IP-Address, 0 = it is told none."""
        packet, nas, datagram = question.packet, question.nas, question.datagram
        if verdict.action is _ACCEPT and case.binding:
            reply, answer = "Access-Accept", self._replies.accept(packet, nas, question.mac, case.binding, address)
        else:
            reply, answer = "Access-Reject", self._replies.reject(packet, nas, str(verdict.reason))
        to = Destination(datagram.source, datagram.source_port, b"")
        return Outcome(
            "radius",
            "Access-Request",
            reply,
            question.mac,
            verdict,
            nas.name,
            question.port,
            case.binding,
            effects,
            answer,
            to,
            datagram.via,
            bool(effects),
            question,
        )

    def sent(self, outcome: Outcome, now: float) -> None:
        """The answer leaves: a duplicate of the request gets it again."""
        if isinstance(outcome.token, RadiusQuestion):
            self._kept.answer(outcome.token.key, outcome.token.packet.authenticator, outcome.answer, now)
            if outcome.answer[CODE] in (ACCESS_ACCEPT, ACCESS_REJECT):
                self._seen.answered(outcome.where, outcome.answer[CODE] == ACCESS_ACCEPT)

    def unanswered(self, question: RadiusQuestion, reason: Reason) -> Outcome:
        """The outcome of a request that cannot be decided: silence, never a Reject."""
        return unanswered("Access-Request", question, reason)

    def drain_counts(self) -> dict[tuple[str, ...], int]:
        """What was counted here since the last time, by name: rates that an attribute had too few bits for, and
        attributes that had to be left out."""
        counts: dict[tuple[str, ...], int] = {}
        kinds = ("rate-clamped", self._replies.clamped), ("attribute-left-out", self._replies.left_out)
        for kind, counted in kinds:
            counts |= {("radius", kind, nas, name): times for (nas, name), times in counted.items()}
            counted.clear()
        return counts

    def forget(self, question: RadiusQuestion) -> None:
        """No answer comes of it: the NAS's next try is a new request."""
        self._kept.drop(question.key)
