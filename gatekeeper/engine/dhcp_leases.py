"""The leases that come of DHCP's verdicts, and what is noted with them."""

from typing import Final

from gatekeeper.engine.dhcp_question import DhcpQuestion
from gatekeeper.model import HELD, AddressDeclined, Effect, Lease, LeaseBound, PortLearned, StbidDiffers, TwoMakes
from gatekeeper.policy.binding import learns_port
from gatekeeper.policy.dhcp import DhcpCase
from gatekeeper.wire.text import printable

_VENDOR_CLASS: Final = 60
_CLIENT_ID: Final = 61
_MOST_MAKES: Final = 4  # that are told of a box which says several


def declined(
    address: int, mac: bytes, account: str, now: int, quarantine_s: int, probed: bool = False
) -> AddressDeclined:
    """Nobody gets the address for so long; the box, or our own probe, found somebody else there."""
    lease = Lease(address, mac, account, "", "declined", now + quarantine_s, now, now, b"", b"")
    return AddressDeclined(lease, probed)


def acknowledged(
    case: DhcpCase, address: int, question: DhcpQuestion, agent: bytes | None, owned: bool
) -> tuple[Effect, ...]:
    """What the ACK of an address brings about. agent, owned: as below."""
    bound = _lease_bound(case, address, question, agent, owned)
    effects: tuple[Effect, ...] = (bound,)
    if learns_port(case):
        binding, port = case.binding, case.port
        assert binding and port
        effects += (PortLearned(binding.account, case.mac, port, "dhcp", int(case.now)),)
    if bound.lease.first_seen == bound.lease.last_seen:  # said once a lease, not at each renewal
        if case.differs:
            effects += (StbidDiffers(bound.lease, *case.differs),)
        makes = question.message.instances.get(_VENDOR_CLASS)
        if makes:
            effects += (TwoMakes(bound.lease, tuple(map(printable, makes[:_MOST_MAKES]))),)
    return effects


def _lease_bound(case: DhcpCase, address: int, question: DhcpQuestion, agent: bytes | None, owned: bool) -> LeaseBound:
    """The lease of an acknowledged address. agent: Option 82 of this message, where it is believed; owned: as in
    LeaseBound.

    A unicast renewal carries no Option 82 (RFC 3046 2.1): the one that came with the lease is kept.
    """
    last, now = case.lease, int(case.now)
    same = last is not None and last.address == address
    binding, subnet = case.binding, case.subnet
    assert binding and subnet
    port = question.port.text if question.port else last.port if last and same else ""
    agent = agent or (last.agent if last and same else b"")
    first_seen = last.first_seen if last and same else now
    ends = now + subnet.lease_s
    client_id = question.message.options.get(_CLIENT_ID) or (last.client_id if last and same else b"")
    lease = Lease(address, case.mac, binding.account, port, "active", ends, first_seen, now, agent, client_id)
    return LeaseBound(lease, last.address if last and not same and last.state in HELD else 0, owned)
