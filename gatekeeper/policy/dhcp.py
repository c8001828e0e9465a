"""One DHCP message as a case: which client state it comes from, and every fact that decides it (RFC 2131 4.3).

The rules over these facts are rows, in ``dhcp_rules``.
"""

from collections.abc import Callable
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import BindingPolicy, Policybook, Subnet
from gatekeeper.model import HELD, Binding, Facts, Lease, PortId, Verdict
from gatekeeper.policy.binding import Rule
from gatekeeper.policy.stbid import stbid_difference
from gatekeeper.state.pools import Pools
from gatekeeper.value import Value
from gatekeeper.wire.dhcp import DECLINE, DISCOVER, INFORM, RELEASE, REQUEST, DhcpMessage

_HOST_NAME: Final = 12
_REQUESTED_IP: Final = 50
_SERVER_ID: Final = 54


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class DhcpCase(Value):
    """One DHCP message with all that decides it; the facts of ``binding.AnyCase`` among them."""

    __slots__ = (
        "state",
        "mac",
        "wanted",
        "ours",
        "binding",
        "lease",
        "subnet",
        "pools",
        "port",
        "renewal",
        "policy",
        "crowd",
        "now",
        "aaa",
        "differs",
    )

    def __init__(
        self,
        state: str,  # discover rapid selecting init-reboot renewing rebinding release decline inform
        mac: bytes,
        wanted: int,  # the address that it speaks of, 0 = none
        ours: bool,  # the box speaks to this server, or to any
        binding: Binding | None,
        lease: Lease | None,
        subnet: Subnet | None,
        pools: Pools,
        port: PortId | None,
        renewal: bool,
        policy: BindingPolicy,
        crowd: int,
        now: float,
        aaa: Verdict | None = None,  # what AAA said, where it decides; None = the orders do
        differs: tuple[str, str] | None = None,  # the STBID that the box should say, and the one that it says
    ) -> None:
        self.state: Final = state
        self.mac: Final = mac
        self.wanted: Final = wanted
        self.ours: Final = ours
        self.binding: Final = binding
        self.lease: Final = lease
        self.subnet: Final = subnet
        self.pools: Final = pools
        self.port: Final = port
        self.renewal: Final = renewal
        self.policy: Final = policy
        self.crowd: Final = crowd
        self.now: Final = now
        self.aaa: Final = aaa
        self.differs: Final = differs


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class State(Value):
    """What must hold of a message of one state, and what comes of it then.

    gives: case, and what the last rule answered -> verdict. holds: what is asked, at hand; beside: of who is usual.
    """

    __slots__ = ("rules", "gives", "holds", "beside")

    def __init__(
        self,
        rules: tuple[Rule[DhcpCase], ...],
        gives: Callable[[DhcpCase, int], Verdict],
        holds: tuple[Callable[[DhcpCase], int], ...],
        beside: tuple[Callable[[DhcpCase], int], ...],
    ) -> None:
        self.rules: Final = rules
        self.gives: Final = gives
        self.holds: Final = holds
        self.beside: Final = beside


def state_of(message: DhcpMessage, broadcast: bool, relayed_unicast: bool = False) -> str:
    """Which client state sent this (RFC 2131 4.3.2, table 4); "" = one that is not served."""
    if message.kind == DISCOVER:
        return "discover"
    if message.kind == RELEASE:
        return "release" if message.ciaddr else ""
    if message.kind == DECLINE:
        # RFC 2131 table 5: a DHCPDECLINE names address and server.
        return "decline" if _SERVER_ID in message.options and names_address(message) else ""
    if message.kind == INFORM:
        return "inform"
    if message.kind != REQUEST:
        return ""
    if _SERVER_ID in message.options:
        return "selecting" if names_address(message) else ""
    if message.ciaddr:
        # Both carry ciaddr alone; a renewal is unicast, a rebinding broadcast. A relay says so, if at all (RFC 5010).
        return "rebinding" if broadcast or (message.giaddr and not relayed_unicast) else "renewing"
    return "init-reboot" if names_address(message) else ""


def names_address(message: DhcpMessage) -> bool:
    """True if option 50 is an address. One of another length (RFC 2132 9.1) says nothing: no part of it is read."""
    return len(message.options.get(_REQUESTED_IP, b"")) == 4


def misfits(options: dict[int, bytes]) -> str:
    """For people: options of one address that have another length, and so say nothing (RFC 2132 9.1, 9.7)."""
    lengths = {code: len(options[code]) for code in (_REQUESTED_IP, _SERVER_ID) if code in options}
    return "; ".join(f"option {code} has {size} octets, not 4" for code, size in lengths.items() if size != 4)


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
    aaa: Verdict | None = None,
) -> DhcpCase:
    """Collect what decides.

    link: giaddr, or our address where the box was heard; names_us: option 54 is ours; crowd and aaa: as in the case.
    """
    if state in ("renewing", "release"):
        # A unicast renewal comes from the box's own address and tells nothing else of where it is.
        subnet = book.subnet_of(message.ciaddr)
    elif state == "inform" and not message.giaddr:
        # So does an INFORM, but its address is from elsewhere (RFC 2131 4.3.5) and need not be in a subnet of ours.
        subnet = book.subnet_of(message.ciaddr) or book.subnet_of(link)
    else:
        subnet = book.subnet_of(link)
    wanted = _spoken_of(message, state, facts, pools, now)
    if subnet and len(subnet.link) > 1:
        begins = state in ("discover", "rapid")
        subnet = _on_shared_network(subnet, book, facts, wanted, begins, pools, message.mac, now)
    ours = names_us or state not in ("selecting", "decline")
    binding, lease = facts.binding, facts.lease
    policy = book.binding
    differs = None
    if policy.stbid != "off" and binding and _HOST_NAME in message.options:
        differs = stbid_difference(message.options[_HOST_NAME], message.mac, binding.stbid)
    renewal, mac = state in ("renewing", "inform"), message.mac
    return DhcpCase(
        state, mac, wanted, ours, binding, lease, subnet, pools, port, renewal, policy, crowd, now, aaa, differs
    )


def _spoken_of(message: DhcpMessage, state: str, facts: Facts, pools: Pools, now: float) -> int:
    """The address that the message is about; 0 = none."""
    if state != "selecting":
        return message.ciaddr or address_in(message, _REQUESTED_IP)
    # ciaddr is 0 by RFC 2131 4.3.2. A lenient server meets others, and boxes that do not repeat what they were offered.
    said = address_in(message, _REQUESTED_IP) or message.ciaddr or pools.offered_to(message.mac, now)
    binding, lease = facts.binding, facts.lease
    return said or (lease.address if lease else 0) or (binding.address if binding else 0)


def _on_shared_network(
    subnet: Subnet, book: Policybook, facts: Facts, wanted: int, begins: bool, pools: Pools, mac: bytes, now: float
) -> Subnet:
    """Which of the subnets on one link is this box's: where it has, was offered or asks for an address, else the first
    with one left. begins: wanted is no more than a wish."""
    subnets = [book.subnets[number] for number in subnet.link]
    fixed = facts.binding.address if facts.binding else 0
    held = facts.lease.address if facts.lease else 0
    for one in subnets:
        if fixed and fixed & one.mask == one.network:
            return one
    # What it has counts where it may keep it: a range may have been taken out of the configuration since.
    for address in (held, pools.offered_to(mac, now), wanted):
        for one in subnets:
            if address and pools.gives(one.number, address):
                return one
    for one in subnets:
        if not begins and wanted & one.mask == one.network:
            return one
    for one in subnets:
        # What is not read yet may have an address left, which comes before those of the next subnet.
        if pools.choose(one.number, mac, (), now) or not pools.has_read(one.number):
            return one
    return subnet


def is_unread(case: DhcpCase) -> bool:
    """True if what decides about the address is on record and was not read yet."""
    pools, subnet = case.pools, case.subnet
    if subnet is None or not pools.is_reading():
        return False
    if case.state in ("discover", "rapid"):
        return not pools.has_read(subnet.number)
    return pools.gives(subnet.number, case.wanted) and not pools.is_read(case.wanted)


def has_record(case: DhcpCase) -> bool:
    """True if this server has given or offered the box an address."""
    return case.lease is not None or case.pools.offered_to(case.mac, case.now) != 0


def fixed_here(case: DhcpCase) -> int:
    """The account's fixed address where it fits the subnet; 0 = none."""
    fixed, subnet = case.binding.address if case.binding else 0, case.subnet
    return fixed if fixed and subnet and fixed & subnet.mask == subnet.network else 0


def own_fixed(case: DhcpCase) -> int:
    """The fixed address that fits the subnet, where no other box of the account has it; 0 = none."""
    fixed = fixed_here(case)
    return fixed if fixed and case.pools.is_free_for(fixed, case.mac, case.now) else 0


def keeps(case: DhcpCase) -> int:
    """The address on record that its pool still gives, 0 = none: what was taken out of the configuration, or is ordered
    no longer, is not prolonged."""
    lease, subnet = case.lease, case.subnet
    return lease.address if lease and subnet and case.pools.gives(subnet.number, lease.address) else 0


def is_its_own(case: DhcpCase) -> bool:
    """True if the address spoken of is the box's: fixed, on record, or on offer to it; and nobody else's."""
    subnet, wanted = case.subnet, case.wanted
    if subnet is None or wanted & subnet.mask != subnet.network:
        return False
    fixed = own_fixed(case)
    if fixed or case.pools.is_fixed(wanted):
        return wanted == fixed
    pools = case.pools
    is_given = keeps(case) == wanted or pools.offered_to(case.mac, case.now) == wanted
    return is_given and pools.is_free_for(wanted, case.mac, case.now)


def takes_unclaimed(case: DhcpCase) -> bool:
    """True if the address spoken of may have been given to this very box by a commit that was lost: a recovery keeps it
    for whoever says first that it is his, and the box has no other one."""
    subnet, lease, wanted = case.subnet, case.lease, case.wanted
    if subnet is None or not case.pools.is_unclaimed(wanted, case.now):
        return False
    has_other = lease is not None and lease.state in HELD and lease.expires_at > case.now
    is_given = case.pools.gives(subnet.number, wanted) and not case.pools.is_fixed(wanted)
    return is_given and not has_other and own_fixed(case) == 0


def is_free_in_pool(case: DhcpCase) -> bool:
    """True if the address spoken of could be given to the box now."""
    subnet = case.subnet
    return subnet is not None and case.pools.choose(subnet.number, case.mac, (case.wanted,), case.now) == case.wanted


def choose_address(case: DhcpCase) -> int:
    """RFC 2131 4.3.1: the fixed one, that on record, that on offer, that asked for, the next; 0 = none left."""
    subnet, lease = case.subnet, case.lease
    if subnet is None:
        return 0
    fixed = own_fixed(case)
    if fixed:
        return fixed
    preferred = (lease.address if lease else 0, case.pools.offered_to(case.mac, case.now), case.wanted)
    return case.pools.choose(subnet.number, case.mac, preferred, case.now)
