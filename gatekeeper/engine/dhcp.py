"""The DHCP mouth: one datagram in, one Outcome out."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from gatekeeper.book import Policybook
from gatekeeper.model import (
    Action,
    AddressOffered,
    Binding,
    Datagram,
    Effect,
    Lease,
    LeaseBound,
    LeaseReleased,
    OfferForgotten,
    Outcome,
    PortId,
    PortLearned,
    Reason,
    Verdict,
    make,
)
from gatekeeper.policy.binding import learns_port
from gatekeeper.policy.dhcp import DhcpCase, address_in, gather, judge_dhcp, state_of
from gatekeeper.reply.dhcp import DhcpReplies, destination
from gatekeeper.state.world import World
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import ACK, BOOTREQUEST, NAK, NAMES, OFFER, DhcpMessage, decode, suboptions
from gatekeeper.wire.line_id import port_from_wire
from gatekeeper.wire.text import ip_text

_AGENT, _CLIENT_ID, _SERVER_ID = 82, 61, 54
_CIRCUIT_ID, _REMOTE_ID = 1, 2
_DURABLE = (Action.ACK, Action.FREE)
_REPLY = {Action.OFFER: OFFER, Action.ACK: ACK, Action.NAK: NAK}


class DhcpQuestion(NamedTuple):
    """A message that was read and waits for its facts."""

    mac: bytes
    message: DhcpMessage
    datagram: Datagram
    state: str
    port: PortId | None
    via: str
    server_id: int  # option 54, 0 = none


class DhcpEngine:
    """DHCP for one Policybook over one World. The time comes with each call."""

    protocol = "dhcp"

    def __init__(self, book: Policybook, world: World, own_ids: Sequence[int]) -> None:
        """own_ids: addresses that a box may name as its server (option 54)."""
        self._book = book
        self._world = world
        self._own_ids = frozenset({*own_ids, *((book.server_id,) if book.server_id else ())})
        self._replies = DhcpReplies(book)

    def read(self, datagram: Datagram, now: float) -> DhcpQuestion | Outcome:
        """Decode. What cannot be served becomes an Outcome at once."""
        door = datagram.via
        try:
            message = decode(datagram.data)
            if message.op != BOOTREQUEST:
                raise Malformed("op is not BOOTREQUEST", 0)
            giaddr, options = message.giaddr, message.options
            if door.raw and giaddr:
                # Relays speak to us by unicast; a giaddr in a broadcast is a box that plays relay.
                raise Malformed("giaddr in a broadcast", 24)
            # Without a relay, Option 82 is believed only where an access node is known to put it in (RFC 3046 2.1).
            agent = options.get(_AGENT) if giaddr or door.name in self._book.trusted else None
            port = port_of_agent(agent, giaddr, self._book.binding.port_key) if agent else None
        except Malformed as bad:
            return _silent(datagram, "DHCP", b"", Verdict(Action.SILENT, Reason.MALFORMED, seen=str(bad)))
        via = ip_text(giaddr) if giaddr else door.name
        state = state_of(message, door.raw)
        refusal = self._distrust(message, datagram, state)
        if refusal:
            name = NAMES.get(message.kind, f"DHCP type {message.kind}")
            return _silent(datagram, name, message.mac if len(message.mac) == 6 else b"", refusal, via)
        server_id = address_in(message, _SERVER_ID) if _SERVER_ID in options else 0
        return make(DhcpQuestion, (message.mac, message, datagram, state, port, via, server_id))

    def _distrust(self, message: DhcpMessage, datagram: Datagram, state: str) -> Verdict | None:
        if message.htype != 1 or len(message.mac) != 6:
            return Verdict(Action.SILENT, Reason.UNSUPPORTED, seen="not Ethernet")
        if not state:
            return Verdict(Action.SILENT, Reason.UNSUPPORTED)
        if not datagram.via.raw:
            return None
        if self._book.check_source_mac and datagram.source_mac != message.mac:
            return Verdict(Action.SILENT, Reason.MAC_SPOOFED, message.mac.hex(":"), datagram.source_mac.hex(":"))
        if _AGENT in message.options and datagram.via.name not in self._book.trusted:
            return Verdict(Action.SILENT, Reason.UNTRUSTED_OPTION_82, seen=datagram.via.name)
        return None

    def answer(self, question: DhcpQuestion, now: float) -> Outcome:
        """Decide, apply, render. The facts of question.mac must have been admitted."""
        case = self.case(question, now)
        verdict = judge_dhcp(case)
        effects = self._effects(case, verdict, question)
        if effects:
            self._world.apply(effects, case.subnet.number if case.subnet else 0, now)
        return self._render(question, case, verdict, effects)

    def case(self, question: DhcpQuestion, now: float) -> DhcpCase:
        """All that decides this message; reads only."""
        message = question.message
        return gather(
            message,
            question.state,
            message.giaddr or question.datagram.via.local,
            question.server_id in self._own_ids,
            self._world.facts(question.mac),
            question.port,
            self._book,
            self._world.pools,
            now,
        )

    def _effects(self, case: DhcpCase, verdict: Verdict, question: DhcpQuestion) -> tuple[Effect, ...]:
        if verdict.action is Action.OFFER:
            return (make(AddressOffered, (case.mac, verdict.address, int(case.now) + self._book.offer_s)),)
        if verdict.action is Action.ACK:
            bound = self._lease_bound(case, verdict.address, question)
            if learns_port(case.shared):
                binding, port = case.shared.binding, case.shared.port
                assert binding and port
                return bound, PortLearned(binding.account, case.mac, port, "dhcp", int(case.now))
            return (bound,)
        if verdict.action is Action.FREE and case.facts.lease:
            now = int(case.now)
            return (LeaseReleased(case.facts.lease._replace(state="released", expires_at=now, last_seen=now)),)
        if verdict.reason is Reason.OTHER_SERVER:
            return (OfferForgotten(case.mac),)
        return ()

    def _lease_bound(self, case: DhcpCase, address: int, question: DhcpQuestion) -> LeaseBound:
        last, options, now = case.facts.lease, question.message.options, int(case.now)
        same = last is not None and last.address == address
        binding, subnet = case.facts.binding, case.subnet
        assert binding and subnet
        port = question.port.text if question.port else last.port if last and same else ""
        # A unicast renewal carries no Option 82 (RFC 3046 2.1): the one that came with the lease is kept.
        agent = options.get(_AGENT) or (last.agent if last and same else b"")
        first_seen = last.first_seen if last and same else now
        ends = now + subnet.lease_s
        client_id = options.get(_CLIENT_ID, b"")
        lease = make(
            Lease, (address, case.mac, binding.account, port, "active", ends, first_seen, now, agent, client_id)
        )
        return make(LeaseBound, (lease, last.address if last and not same and last.state == "active" else 0))

    def _render(self, question: DhcpQuestion, case: DhcpCase, verdict: Verdict, effects: tuple[Effect, ...]) -> Outcome:
        message, datagram = question.message, question.datagram
        kind = _REPLY.get(verdict.action, 0)
        answer, to = b"", None
        if kind:
            # A box that named one of our addresses is answered under that name.
            named = question.server_id
            server_id = named if named in self._own_ids else self._book.server_id or datagram.via.local
            if kind == NAK:
                answer = self._replies.nak(message, server_id, str(verdict.reason))
            elif case.subnet:
                answer = self._replies.grant(
                    kind, message, verdict.address, server_id, case.subnet, _acs_url(case.facts.binding)
                )
            to = destination(message, kind, verdict.address, datagram.via.raw)
        reply = NAMES.get(kind, "")
        what = "dhcp", NAMES[message.kind], reply, question.mac, verdict, question.via, question.port
        return make(
            Outcome, (*what, case.facts.binding, effects, answer, to, datagram.via, verdict.action in _DURABLE, None)
        )

    def sent(self, outcome: Outcome, now: float) -> None:
        """The answer has left. DHCP keeps no answers: a repeated message is decided anew."""

    def lost(self, outcome: Outcome) -> None:
        """The answer will not leave."""


# A box sends the same Option 82 with every message.
@lru_cache(maxsize=4_096)
def port_of_agent(agent: bytes, giaddr: int, port_key: str) -> PortId | None:
    """The access line in an Option 82; None where the wanted sub-option is absent or empty. Raises Malformed."""
    parts = suboptions(agent)
    circuit, remote = parts.get(_CIRCUIT_ID, b""), parts.get(_REMOTE_ID, b"")
    if port_key == "both":
        value = b" ".join(part for part in (circuit, remote) if part)
    else:
        value = circuit if port_key == "circuit-id" else remote
    return port_from_wire(value, ip_text(giaddr) if giaddr else "") if value else None


def _acs_url(binding: Binding | None) -> str:
    return binding.acs_url if binding else ""


def _silent(datagram: Datagram, message: str, mac: bytes, verdict: Verdict, via: str = "") -> Outcome:
    return Outcome(
        protocol="dhcp",
        message=message,
        reply="",
        mac=mac,
        verdict=verdict,
        via=via or datagram.via.name,
        port=None,
        binding=None,
        door=datagram.via,
    )
