"""The DHCP mouth: one datagram in, one Outcome out."""

from collections.abc import Iterable, Sequence
from typing import Final

from gatekeeper.book import Policybook, Subnet
from gatekeeper.engine.agent import read_agent
from gatekeeper.engine.dhcp_door import DhcpDoor
from gatekeeper.engine.dhcp_leases import acknowledged, declined
from gatekeeper.engine.dhcp_question import DhcpQuestion, malformed, refused, silent
from gatekeeper.engine.leasequery import LeaseQueries, LeaseQuestion
from gatekeeper.engine.limits import dhcp_limit, throttle_of
from gatekeeper.engine.remaining import deferred, young
from gatekeeper.model import (
    Action,
    AddressOffered,
    Asked,
    Datagram,
    Destination,
    Effect,
    Facts,
    Lease,
    LeaseReleased,
    OfferForgotten,
    Outcome,
    PortId,
    Reason,
    Verdict,
    Via,
)
from gatekeeper.policy.dhcp import DhcpCase, gather, misfits, state_of
from gatekeeper.policy.dhcp_rules import judge_dhcp
from gatekeeper.policy.lenient import NOBODY, loosened
from gatekeeper.reply.dhcp import DhcpReplies, destination
from gatekeeper.state.world import World
from gatekeeper.wire import Malformed
from gatekeeper.wire.aaa import AaaQuestion, Grant
from gatekeeper.wire.dhcp import ACK, DISCOVER, INFORM, LEASEQUERY, NAK, NAMES, OFFER, DhcpMessage, decode
from gatekeeper.wire.relay_agent import NO_RELAY_INFO, RelayInfo
from gatekeeper.wire.text import ip_text

_AGENT: Final = 82
_CLIENT_ID: Final = 61
_REQUESTED_IP: Final = 50
_SERVER_ID: Final = 54
_ANY: Final = bytes(4)
_RAPID_COMMIT: Final = 80
_AUTO_CONFIGURE: Final = 116
_OFFER: Final = Action.OFFER
_ACK: Final = Action.ACK
_DENY: Final = Action.DENY
# States in which a box names its server (RFC 2131 table 5).
_NAMING: Final = ("selecting", "decline")
_DURABLE: Final = (Action.ACK, Action.FREE, Action.QUARANTINE)
_REPLY: Final = {Action.OFFER: OFFER, Action.ACK: ACK, Action.NAK: NAK, Action.INFORM: INFORM, Action.DENY: OFFER}
_NO_AGENT: Final[tuple[RelayInfo, PortId | None]] = NO_RELAY_INFO, None


class DhcpEngine:
    """DHCP for one Policybook over one World. The time comes with each call."""

    def __init__(self, book: Policybook, world: World, own_ids: Sequence[int]) -> None:
        """own_ids: addresses that a box may name as its server (option 54)."""
        self._book = book
        self._world = world
        said = (book.server_id, *(subnet.server for subnet in book.subnets))
        self._own_ids = frozenset({*own_ids, *(address for address in said if address)})
        self._replies = DhcpReplies(book)
        self._kinds = self._replies.kinds
        # What is asked for every packet, at hand.
        self._trusted, self._port_key = book.trusted, book.binding.port_key
        self._lines = book.binding.lines
        self._lenient = book.lenient
        self._rapid_commit, self._denies = book.rapid_commit, book.deny_auto_configure
        self._throttle = throttle_of(book.limits)
        self._remaining = 0
        self._door = DhcpDoor(book, world.pools)
        self._queries = LeaseQueries(book, world.pools, self._door.relays, self._throttle)

    def read(self, datagram: Datagram, now: float) -> DhcpQuestion | LeaseQuestion | Outcome:
        """Decode. What cannot be served becomes an Outcome at once."""
        door = datagram.via
        try:
            message = decode(datagram.data)
            refusal = self._door.disbelieved(message, datagram, now)
            if refusal:
                return refused(datagram, message, refusal)
            giaddr, options = message.giaddr, message.options
            # Without a relay, Option 82 is believed only where an access node is known to put it in (RFC 3046 2.1).
            agent = self._agent(message, door)
            relay, port = read_agent(agent, giaddr, self._port_key, self._lines) if agent else _NO_AGENT
        except Malformed as bad:
            return malformed(datagram, bad)
        if message.kind == LEASEQUERY:
            return self._queries.read(message, datagram, relay.source_port, now)
        where = ip_text(giaddr) if giaddr else door.name
        state, note = state_of(message, door.raw, relay.unicast), relay.odd
        server_id, named = 0, options.get(_SERVER_ID)
        if named is not None and len(named) == 4:
            server_id = int.from_bytes(named, "big")
        misplaced = named is not None and state in _NAMING and (message.ciaddr or server_id in NOBODY)
        if (misplaced or not state) and self._lenient:
            by_unicast = relay.unicast or not (door.raw or giaddr)
            meant = loosened(message, server_id, self._is_this(server_id, relay, door.local), by_unicast)
            state = meant.state
            note = f"{meant.why}; {note}" if meant.why and note else meant.why or note
        if len(options.get(_REQUESTED_IP, _ANY)) != 4 or (named is not None and len(named) != 4):
            note = "; ".join(filter(None, (note, misfits(options))))
        if self._rapid_commit and state == "discover" and options.get(_RAPID_COMMIT) == b"":
            state = "rapid"
        refusal = self._door.distrusted(message, datagram, state)
        if refusal:
            return refused(datagram, message, refusal, port)
        if self._throttle:
            refusal = dhcp_limit(self._throttle, message.mac, port, giaddr, datagram, now)
            if refusal:
                return refused(datagram, message, refusal, port)
        return DhcpQuestion(message.mac, message, datagram, state, port, where, server_id, relay, note)

    def _agent(self, message: DhcpMessage, door: Via) -> bytes | None:
        """Option 82 where it is believed."""
        return message.options.get(_AGENT) if message.giaddr or door.name in self._trusted else None

    def to_ask(self, question: DhcpQuestion, now: float) -> AaaQuestion | None:
        """Whom AAA must be asked about first: nobody, the orders decide. Its facts are known to the world."""
        return None

    def learn(self, asked: AaaQuestion, grant: Grant, now: float) -> None:
        """AAA's answer: see ``engine.aaa``."""

    def ask_again(self, macs: Iterable[bytes] | None) -> None:
        """What AAA said of these is old; None = of all."""

    def answer(self, question: DhcpQuestion, now: float) -> Outcome:
        """Decide, render, apply. The facts of question.mac are known to the world."""
        case = self.case(question, now)
        verdict = judge_dhcp(case)
        if verdict.reason and self._denies:
            verdict = self._denied(question, verdict)
        if question.note and not verdict.seen:
            verdict = verdict._replace(seen=question.note)
        effects, left_s = self._effects(case, verdict, question)
        outcome = self._render(question, case, verdict, effects, left_s)
        # Last, so that what cannot be rendered has changed nothing.
        if effects:
            self._world.apply(effects, case.subnet.number if case.subnet else 0, now)
        return outcome

    def answer_query(self, question: LeaseQuestion, leases: Sequence[Lease] | None, now: float) -> Outcome:
        """leases: those on record for question.sought; None = the store cannot be read."""
        return self._queries.answer(question, leases, now)

    def _denied(self, question: DhcpQuestion, verdict: Verdict) -> Verdict:
        """RFC 2563 2.3: a refused box that asks whether it may make up an address (option 116) is told not to."""
        asks = question.message.kind == DISCOVER and _AUTO_CONFIGURE in question.message.options
        asks = asks and verdict.reason is not Reason.AAA_UNREACHABLE  # trouble of ours forbids nobody anything
        return verdict._replace(action=Action.DENY) if asks and verdict.action is Action.SILENT else verdict

    def case(self, question: DhcpQuestion, now: float) -> DhcpCase:
        """All that decides this message; reads only."""
        return self._case(question, self._world.facts(question.mac), now)

    def _case(self, question: DhcpQuestion, facts: Facts, now: float, aaa: Verdict | None = None) -> DhcpCase:
        message = question.message
        case = gather(
            message,
            question.state,
            self._link(question),
            self._is_ours(question),
            facts,
            question.port,
            self._world.crowd(facts.binding, question.port),
            self._book,
            self._world.pools,
            now,
            aaa,
        )
        return self._for_its_kind(case, message) if self._kinds.leases_differ else case

    def _for_its_kind(self, case: DhcpCase, message: DhcpMessage) -> DhcpCase:
        """The case with the lease time of the box's class or plan."""
        if case.subnet is None:
            return case
        kind = self._kinds[self._kinds.number_of(message, case.binding.plan if case.binding else "")]
        return case._replace(subnet=case.subnet._replace(lease_s=kind.lease_s(case.subnet)))

    def _link(self, question: DhcpQuestion) -> int:
        # RFC 3527: link selection says which subnet; giaddr stays the address to answer to.
        return question.relay.link or question.message.giaddr or question.datagram.via.local

    def _is_ours(self, question: DhcpQuestion) -> bool:
        """True if the server that the message names is this one, under its own address or one that a relay lent it."""
        named = question.server_id
        if named in self._own_ids:
            return True
        if question.state == "decline" and self._lenient and named in NOBODY:
            return True
        return self._is_this(named, question.relay, question.datagram.via.local)

    def _is_this(self, server_id: int, relay: RelayInfo, local: int) -> bool:
        return server_id in self._own_ids or (server_id != 0 and server_id in (relay.server_id, local))

    def _effects(self, case: DhcpCase, verdict: Verdict, question: DhcpQuestion) -> tuple[tuple[Effect, ...], int]:
        """And the seconds that remain of the lease on disk, where the box goes on with that; else 0."""
        if verdict.action is not _ACK and verdict.action is not _OFFER:
            return self._other_effects(case, verdict), 0
        agent = self._agent(question.message, question.datagram.via)
        goes_on = young(self._world, case, verdict, question, agent)
        if goes_on:
            self._remaining += 1
            return (goes_on,), int(goes_on.until - case.now)
        if verdict.action is _OFFER:
            return (AddressOffered(case.mac, verdict.address, int(case.now) + self._book.offer_s),), 0
        owned = case.subnet is not None and self._world.pools.owns(case.subnet.number, verdict.address)
        return acknowledged(case, verdict.address, question, agent, owned), 0

    def _other_effects(self, case: DhcpCase, verdict: Verdict) -> tuple[Effect, ...]:
        if verdict.action is Action.FREE and case.lease:
            now = int(case.now)
            return (LeaseReleased(case.lease._replace(state="released", expires_at=now, last_seen=now)),)
        if verdict.action is Action.QUARANTINE:
            account = case.binding.account if case.binding else ""
            return (declined(verdict.address, case.mac, account, int(case.now), self._book.quarantine_s),)
        if verdict.reason is Reason.OTHER_SERVER:
            return (OfferForgotten(case.mac),)
        return ()

    def _render(
        self, question: DhcpQuestion, case: DhcpCase, verdict: Verdict, effects: tuple[Effect, ...], left_s: int
    ) -> Outcome:
        """left_s: what remains of the lease, 0 = all."""
        message, datagram, binding = question.message, question.datagram, case.binding
        kind = _REPLY.get(verdict.action, 0)
        answer, to = b"", None
        if kind:
            server_id = self._server_id(question, case.subnet)
            if verdict.action is _DENY:
                answer = self._replies.denial(message, server_id)
            elif kind == NAK:
                answer = self._replies.nak(message, server_id, str(verdict.reason))
            elif case.subnet:
                of_account = (binding.acs_url, binding.plan) if binding else ("", "")
                answer = self._replies.grant(
                    kind, message, verdict.address, server_id, case.subnet, *of_account, left_s
                )
            door = datagram.via
            routed = kind == NAK and not door.raw and self._is_out_of_earshot(message.ciaddr, case, door)
            # The ACK to an INFORM gives no address; one without ciaddr is answered at the address it came from.
            address = datagram.source if kind == INFORM else verdict.address
            to = destination(message, kind, address, door.raw, routed)
            if question.relay.source_port and to.address == message.giaddr:
                to = Destination(message.giaddr, datagram.source_port)  # RFC 8357 5.1
        reply = NAMES.get(ACK if kind == INFORM else kind, "")
        durable = verdict.action in _DURABLE and left_s == 0
        asked = Asked(question.state, self._link(question), case.wanted) if verdict.reason else None
        return Outcome(
            "dhcp", NAMES[message.kind], reply, question.mac, verdict, question.where, question.port,
            binding, effects, answer, to, datagram.via, durable, None, asked,
        )  # fmt: skip

    def _is_out_of_earshot(self, ciaddr: int, case: DhcpCase, door: Via) -> bool:
        """True if no broadcast of ours gets to the box: it is on another subnet, or came to its lease by a relay."""
        lease = case.lease
        relayed = lease is not None and lease.agent != b"" and door.name not in self._trusted
        return relayed or self._book.is_behind_router(ciaddr, door.local)

    def _server_id(self, question: DhcpQuestion, subnet: Subnet | None) -> int:
        # RFC 5107: the relay wants us known by its own address, so that renewals pass through it.
        if question.relay.server_id:
            return question.relay.server_id
        # A box that named one of our addresses is answered under that name.
        if question.server_id in self._own_ids:
            return question.server_id
        return (subnet.server if subnet else 0) or self._book.server_id or question.datagram.via.local

    def deferred(self, question: DhcpQuestion, outcome: Outcome, until: int, since: int, now: float) -> Outcome | None:
        """What leaves of an acknowledged extension that is not on disk; None = silence. As in ``remaining``."""
        subnet = self._book.subnet_of(outcome.verdict.address)
        server_id = self._server_id(question, subnet)
        return deferred(self._replies, subnet, server_id, question, outcome, until, since, now) if subnet else None

    def conflict(self, offer: Outcome, now: float) -> Outcome:
        """Somebody else was found to use an address that this outcome offers: quarantine it, as after a DECLINE."""
        subnet = self._book.subnet_of(offer.verdict.address)
        account = offer.binding.account if offer.binding else ""
        effects = (declined(offer.verdict.address, offer.mac, account, int(now), self._book.quarantine_s, True),)
        self._world.apply(effects, subnet.number if subnet else 0, now)
        seen = ip_text(offer.verdict.address)
        verdict = Verdict(Action.QUARANTINE, Reason.ADDRESS_CONFLICT, seen=seen, address=offer.verdict.address)
        return offer._replace(reply="", verdict=verdict, effects=effects, answer=b"", to=None, durable=True)

    def drain_counts(self) -> dict[tuple[str, ...], int]:
        """What was counted here since the last time, by name: what replies had no room for, and those that told what
        remains of a lease."""
        counts, remaining = self._replies.drain_counts(), self._remaining
        if remaining:
            counts["dhcp", "remaining-time"] = remaining
        self._remaining = 0
        return counts

    def unanswered(self, question: DhcpQuestion, reason: Reason) -> Outcome:
        """The outcome of a question that cannot be decided: silence."""
        name = NAMES[question.message.kind]
        refused = silent(question.datagram, name, question.mac, Verdict(Action.SILENT, reason), question.where)
        return refused._replace(port=question.port)

    def sent(self, outcome: Outcome, now: float) -> None:
        """The answer leaves. DHCP keeps no answers: a repeated message is decided anew."""

    def forget(self, question: DhcpQuestion) -> None:
        """No answer comes of it."""
