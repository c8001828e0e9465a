"""The DHCP mouth: one datagram in, one Outcome out."""

from collections.abc import Sequence
from typing import NamedTuple

from gatekeeper.book import BindingPolicy, Policybook
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
_REPLY = {Action.OFFER: OFFER, Action.ACK: ACK, Action.NAK: NAK}


class DhcpQuestion(NamedTuple):
    """A message that was read and waits for its facts."""

    mac: bytes
    message: DhcpMessage
    datagram: Datagram
    state: str
    port: PortId | None
    via: str


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
        try:
            message = decode(datagram.data)
            if message.op != BOOTREQUEST:
                raise Malformed("op is not BOOTREQUEST", 0)
            if datagram.via.raw and message.giaddr:
                # Relays speak to us by unicast; a giaddr in a broadcast is a box that plays relay.
                raise Malformed("giaddr in a broadcast", 24)
            port = self._port(message)
        except Malformed as bad:
            return _silent(datagram, "DHCP", b"", Verdict(Action.SILENT, Reason.MALFORMED, seen=str(bad)))
        name = NAMES.get(message.kind, f"DHCP type {message.kind}")
        via = ip_text(message.giaddr) if message.giaddr else datagram.via.name
        if message.htype != 1 or len(message.mac) != 6:
            return _silent(datagram, name, b"", Verdict(Action.SILENT, Reason.UNSUPPORTED, seen="not Ethernet"), via)
        state = state_of(message, datagram.via.raw)
        refusal = self._distrust(message, datagram, state)
        if refusal:
            return _silent(datagram, name, message.mac, refusal, via)
        return DhcpQuestion(message.mac, message, datagram, state, port, via)

    def _distrust(self, message: DhcpMessage, datagram: Datagram, state: str) -> Verdict | None:
        if not state:
            return Verdict(Action.SILENT, Reason.UNSUPPORTED)
        if not datagram.via.raw:
            return None
        if self._book.check_source_mac and datagram.source_mac != message.mac:
            return Verdict(Action.SILENT, Reason.MAC_SPOOFED, message.mac.hex(":"), datagram.source_mac.hex(":"))
        if _AGENT in message.options and datagram.via.name not in self._book.trusted:
            return Verdict(Action.SILENT, Reason.UNTRUSTED_OPTION_82, seen=datagram.via.name)
        return None

    def _port(self, message: DhcpMessage) -> PortId | None:
        agent = message.options.get(_AGENT)
        return port_of_agent(agent, message.giaddr, self._book.binding) if agent else None

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
            self._own_ids,
            self._world.facts(question.mac),
            question.port,
            self._book,
            self._world.pools,
            now,
        )

    def _effects(self, case: DhcpCase, verdict: Verdict, question: DhcpQuestion) -> tuple[Effect, ...]:
        if verdict.action is Action.OFFER:
            return (AddressOffered(case.mac, verdict.address, int(case.now) + self._book.offer_s),)
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
        lease = Lease(
            address,
            case.mac,
            binding.account,
            question.port.text if question.port else last.port if last and same else "",
            "active",
            now + subnet.lease_s,
            last.first_seen if last and same else now,
            now,
            # A unicast renewal carries no Option 82 (RFC 3046 2.1): the one that came with the lease is kept.
            options.get(_AGENT) or (last.agent if last and same else b""),
            options.get(_CLIENT_ID, b""),
        )
        return LeaseBound(lease, last.address if last and not same and last.state == "active" else 0)

    def _render(self, question: DhcpQuestion, case: DhcpCase, verdict: Verdict, effects: tuple[Effect, ...]) -> Outcome:
        message, datagram = question.message, question.datagram
        kind = _REPLY.get(verdict.action, 0)
        answer, to = b"", None
        if kind:
            server_id = self._server_id(message, datagram)
            if kind == NAK:
                answer = self._replies.nak(message, server_id, str(verdict.reason))
            elif case.subnet:
                answer = self._replies.grant(
                    kind, message, verdict.address, server_id, case.subnet, _acs_url(case.facts.binding)
                )
            to = destination(message, kind, verdict.address, datagram.via.raw)
        return Outcome(
            protocol="dhcp",
            message=NAMES[message.kind],
            reply=NAMES.get(kind, ""),
            mac=question.mac,
            verdict=verdict,
            via=question.via,
            port=question.port,
            binding=case.facts.binding,
            effects=effects,
            answer=answer,
            to=to,
            door=datagram.via,
            durable=verdict.action in (Action.ACK, Action.FREE),
        )

    def _server_id(self, message: DhcpMessage, datagram: Datagram) -> int:
        named = address_in(message, _SERVER_ID)
        return named if named in self._own_ids and named else self._book.server_id or datagram.via.local

    def sent(self, outcome: Outcome, now: float) -> None:
        """The answer has left. DHCP keeps no answers: a repeated message is decided anew."""

    def lost(self, outcome: Outcome) -> None:
        """The answer will not leave."""


def port_of_agent(agent: bytes, giaddr: int, policy: BindingPolicy) -> PortId | None:
    """The access line in an Option 82; None where the wanted sub-option is absent or empty. Raises Malformed."""
    parts = suboptions(agent)
    circuit, remote = parts.get(_CIRCUIT_ID, b""), parts.get(_REMOTE_ID, b"")
    value = {"circuit-id": circuit, "remote-id": remote}.get(policy.port_key)
    if value is None:
        value = b" ".join(part for part in (circuit, remote) if part)
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
