"""What DHCP does with a box: the states of RFC 2131 4.3 on top of the shared rules."""

from collections.abc import Callable
from typing import NamedTuple

from gatekeeper.book import Policybook, Subnet
from gatekeeper.model import Action, Facts, PortId, Reason, Verdict, make
from gatekeeper.policy.binding import Case, judge
from gatekeeper.policy.stbid import stbid_difference
from gatekeeper.state.pools import Pools
from gatekeeper.wire.dhcp import DECLINE, DISCOVER, INFORM, RELEASE, REQUEST, DhcpMessage
from gatekeeper.wire.text import ip_text

_HOST_NAME, _REQUESTED_IP, _SERVER_ID = 12, 50, 54
# A refused box that holds a lease is told so at its next renewal, else it would keep the address until the lease ends.
_TOLD = frozenset({Reason.UNKNOWN_MAC, Reason.SUSPENDED, Reason.PORT_MISMATCH, Reason.AAA_REJECTED})


class DhcpCase(NamedTuple):
    """One DHCP message with all that decides it. ``wanted``: the address it speaks of, 0 = none; ``refused``: what
    somebody who was asked before the rules objects to."""

    state: str  # discover rapid selecting init-reboot renewing rebinding release decline inform
    mac: bytes
    wanted: int
    ours: bool  # the box speaks to this server, or to any
    facts: Facts
    subnet: Subnet | None
    pools: Pools
    shared: Case
    now: float
    refused: Verdict | None = None
    differs: tuple[str, str] | None = None  # the STBID that the box should say, and the one that it says


def state_of(message: DhcpMessage, broadcast: bool, relayed_unicast: bool = False) -> str:
    """Which client state sent this (RFC 2131 4.3.2, table 4); "" = one that is not served."""
    if message.kind == DISCOVER:
        return "discover"
    if message.kind == RELEASE:
        return "release" if message.ciaddr else ""
    if message.kind == DECLINE:
        # RFC 2131 table 5: a DHCPDECLINE names address and server.
        return "decline" if {_SERVER_ID, _REQUESTED_IP} <= message.options.keys() else ""
    if message.kind == INFORM:
        return "inform"
    if message.kind != REQUEST:
        return ""
    if _SERVER_ID in message.options:
        return "selecting" if _REQUESTED_IP in message.options else ""
    if message.ciaddr:
        # Both carry ciaddr alone; a renewal is unicast, a rebinding broadcast. A relay says so, if at all (RFC 5010).
        return "rebinding" if broadcast or (message.giaddr and not relayed_unicast) else "renewing"
    return "init-reboot" if _REQUESTED_IP in message.options else ""


def address_in(message: DhcpMessage, code: int) -> int:
    """An option that is one address; 0 where it is absent or not 4 octets."""
    value = message.options.get(code, b"")
    return int.from_bytes(value, "big") if len(value) == 4 else 0


def gather(
    message: DhcpMessage,
    state: str,
    link: int,
    names_us: bool,
    facts: Facts,
    port: PortId | None,
    crowd: int,
    book: Policybook,
    pools: Pools,
    now: float,
) -> DhcpCase:
    """Collect what decides.

    link: giaddr, or our address where the box was heard; names_us: option 54 is ours; crowd: as in Case.
    """
    if state in ("renewing", "release"):
        # A unicast renewal comes from the box's own address and tells nothing else of where it is.
        subnet = book.subnet_of(message.ciaddr)
    elif state == "inform" and not message.giaddr:
        # So does an INFORM, but its address is from elsewhere (RFC 2131 4.3.5) and need not be in a subnet of ours.
        subnet = book.subnet_of(message.ciaddr) or book.subnet_of(link)
    else:
        subnet = book.subnet_of(link)
    wanted = message.ciaddr or address_in(message, _REQUESTED_IP)
    if subnet and len(subnet.link) > 1:
        subnet = _on_shared_network(subnet, book, facts, wanted, pools, message.mac, now)
    shared = make(Case, (facts.binding, port, state in ("renewing", "inform"), book.binding, crowd))
    ours = names_us or state not in ("selecting", "decline")
    differs = None
    if book.binding.stbid != "off" and facts.binding and _HOST_NAME in message.options:
        differs = stbid_difference(message.options[_HOST_NAME], message.mac, facts.binding.stbid)
    return make(DhcpCase, (state, message.mac, wanted, ours, facts, subnet, pools, shared, now, None, differs))


def _on_shared_network(
    subnet: Subnet, book: Policybook, facts: Facts, wanted: int, pools: Pools, mac: bytes, now: float
) -> Subnet:
    """Which of the subnets on one link is this box's: where it has, was offered or asks for an address, else the first
    with one left."""
    subnets = [book.subnets[number] for number in subnet.link]
    fixed = facts.binding.address if facts.binding else 0
    held = facts.lease.address if facts.lease else 0
    for address in (fixed, held, pools.offered_to(mac, now), wanted):
        for one in subnets:
            if address and address & one.mask == one.network:
                return one
    return next((one for one in subnets if pools.choose(one.number, mac, (), now)), subnet)


def judge_dhcp(case: DhcpCase) -> Verdict:
    """The verdict: offer, ack, nak, free or silent; the last three may carry a reason."""
    return _JUDGE[case.state](case)


def _discover(case: DhcpCase) -> Verdict:
    refusal = _refusal(case)
    if refusal:
        return refusal
    address = choose_address(case)
    if not address:
        return _nothing_left(case)
    return make(Verdict, (Action.OFFER, None, "", "", address))


def _nothing_left(case: DhcpCase) -> Verdict:
    binding, subnet = case.facts.binding, case.subnet
    if binding and subnet and binding.address and binding.address & subnet.mask == subnet.network:
        return Verdict(Action.SILENT, Reason.ADDRESS_CONFLICT, seen=ip_text(binding.address))
    return Verdict(Action.SILENT, Reason.POOL_EXHAUSTED, seen=subnet.text if subnet else "")


def _rapid(case: DhcpCase) -> Verdict:
    # RFC 4039 3.1: the address is committed at once, and the answer is an ACK.
    verdict = _discover(case)
    return verdict._replace(action=Action.ACK) if verdict.action is Action.OFFER else verdict


def _selecting(case: DhcpCase) -> Verdict:
    if not case.ours:
        # RFC 2131 4.3.2: the box took another server's offer.
        return Verdict(Action.SILENT, Reason.OTHER_SERVER)
    refusal = _refusal(case)
    if refusal:
        return refusal
    # Our offer may be forgotten after a restart; what it offered is then still free.
    return _ack_or_nak(case, is_its_own(case) or is_free_in_pool(case))


def _init_reboot(case: DhcpCase) -> Verdict:
    refusal = _refusal(case)
    if refusal:
        return refusal
    subnet = case.subnet
    # RFC 2131 4.3.2: on the wrong net NAK; right net but no record: MUST remain silent.
    if subnet and case.wanted & subnet.mask == subnet.network and not case.facts.lease and not own_fixed(case):
        return Verdict(Action.SILENT, Reason.NO_LEASE, seen=ip_text(case.wanted))
    return _ack_or_nak(case, is_its_own(case))


def _renewing(case: DhcpCase) -> Verdict:
    refusal = _refusal(case)
    if refusal:
        return refusal
    # RFC 2131 4.3.2: ciaddr is trusted; a lease that we lost is granted anew while nobody else has the address.
    return _ack_or_nak(case, is_its_own(case) or (not case.facts.lease and is_free_in_pool(case)))


def _rebinding(case: DhcpCase) -> Verdict:
    refusal = _refusal(case)
    if refusal:
        return refusal
    if not case.facts.lease and not own_fixed(case):
        # It may be another server's.
        return Verdict(Action.SILENT, Reason.NO_LEASE, seen=ip_text(case.wanted))
    return _ack_or_nak(case, is_its_own(case))


def _release(case: DhcpCase) -> Verdict:
    lease = case.facts.lease
    if lease and lease.address == case.wanted and lease.state == "active":
        return Verdict(Action.FREE, address=case.wanted)
    return Verdict(Action.SILENT, Reason.NO_LEASE, seen=ip_text(case.wanted))


def _decline(case: DhcpCase) -> Verdict:
    if not case.ours:
        return Verdict(Action.SILENT, Reason.OTHER_SERVER)
    lease = case.facts.lease
    holds = lease is not None and lease.address == case.wanted and lease.state == "active"
    # Where its time is over, another box may have the address.
    holds = holds and case.pools.is_free_for(case.wanted, case.mac, case.now)
    # RFC 2131 4.3.3. Only what the box was given can it decline: else it could empty the pool by words alone.
    if holds or (case.wanted and case.pools.offered_to(case.mac, case.now) == case.wanted):
        return Verdict(Action.QUARANTINE, address=case.wanted)
    return Verdict(Action.SILENT, Reason.NO_LEASE, seen=ip_text(case.wanted))


def _inform(case: DhcpCase) -> Verdict:
    return _refusal(case) or Verdict(Action.INFORM)


def _refusal(case: DhcpCase) -> Verdict | None:
    """What the shared rules and the place object to; None = nothing."""
    shared = case.refused or judge(case.shared)
    if shared.reason:
        told = case.state not in ("discover", "rapid", "inform") and shared.reason in _TOLD and has_record(case)
        return shared._replace(action=Action.NAK if told else Action.SILENT)
    if case.differs and case.shared.policy.stbid == "refuse":
        return Verdict(Action.SILENT, Reason.STBID_MISMATCH, *case.differs)
    if case.subnet is None:
        # A renewal from an address outside every subnet: the box must start afresh.
        if case.state == "renewing":
            return Verdict(Action.NAK, Reason.WRONG_ADDRESS, seen=ip_text(case.wanted))
        return Verdict(Action.SILENT, Reason.NO_SUBNET)
    return None


def _ack_or_nak(case: DhcpCase, right: bool) -> Verdict:
    if right:
        return make(Verdict, (Action.ACK, None, "", "", case.wanted))
    bound = own_fixed(case) or (case.facts.lease.address if case.facts.lease else 0)
    return Verdict(Action.NAK, Reason.WRONG_ADDRESS, ip_text(bound) if bound else "", ip_text(case.wanted))


def has_record(case: DhcpCase) -> bool:
    """True if this server has given or offered the box an address."""
    return case.facts.lease is not None or case.pools.offered_to(case.mac, case.now) != 0


def own_fixed(case: DhcpCase) -> int:
    """The account's fixed address where it fits the subnet and no other box of the account has it; 0 = none."""
    binding, subnet = case.facts.binding, case.subnet
    if binding and subnet and binding.address and binding.address & subnet.mask == subnet.network:
        return binding.address if case.pools.is_free_for(binding.address, case.mac, case.now) else 0
    return 0


def is_its_own(case: DhcpCase) -> bool:
    """True if the address spoken of is the box's: fixed, on record, or on offer to it; and nobody else's."""
    subnet, wanted = case.subnet, case.wanted
    if subnet is None or wanted & subnet.mask != subnet.network:
        return False
    fixed = own_fixed(case)
    if fixed or case.pools.is_fixed(wanted):
        return wanted == fixed
    lease = case.facts.lease
    on_record = lease is not None and lease.address == wanted
    return (on_record or case.pools.offered_to(case.mac, case.now) == wanted) and case.pools.is_free_for(
        wanted, case.mac, case.now
    )


def is_free_in_pool(case: DhcpCase) -> bool:
    """True if the address spoken of could be given to the box now."""
    subnet = case.subnet
    return subnet is not None and case.pools.choose(subnet.number, case.mac, (case.wanted,), case.now) == case.wanted


def choose_address(case: DhcpCase) -> int:
    """RFC 2131 4.3.1: the fixed one, that on record, that on offer, that asked for, the next; 0 = none left."""
    subnet, lease = case.subnet, case.facts.lease
    if subnet is None:
        return 0
    preferred = (lease.address if lease else 0, case.pools.offered_to(case.mac, case.now), case.wanted)
    return own_fixed(case) or case.pools.choose(subnet.number, case.mac, preferred, case.now)


_JUDGE: dict[str, Callable[[DhcpCase], Verdict]] = {
    "discover": _discover,
    "rapid": _rapid,
    "selecting": _selecting,
    "init-reboot": _init_reboot,
    "renewing": _renewing,
    "rebinding": _rebinding,
    "release": _release,
    "decline": _decline,
    "inform": _inform,
}
