"""Which addresses are no box's, and what becomes of an order that names one.

What an operator's subnets use themselves would take a whole link down if a box had it; what RADIUS takes for "any"
orders nothing.
"""

from collections.abc import Iterable
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Policybook, Subnet
from gatekeeper.model import Reason
from gatekeeper.policy.order_fields import OrderRefused
from gatekeeper.value import Value
from gatekeeper.wire.option_types import routers_in
from gatekeeper.wire.text import ip_text

# RFC 2865 5.8: the user, or the NAS, is to choose.
_ANY: Final = frozenset({0xFFFFFFFF, 0xFFFFFFFE})
_FIRST_HOST: Final = 0x01000000
_LOOPBACK: Final = 127
_MULTICAST: Final = 0xE0000000
# (network, length, what its addresses are)
_RANGES: Final = (
    (0x00000000, 8, "of 0.0.0.0/8, which is no host's (RFC 1122 3.2.1.3)"),
    (_LOOPBACK << 24, 8, "a loopback address (RFC 1122 3.2.1.3)"),
    (_MULTICAST, 4, "a multicast address (RFC 1112 4)"),
    (0xF0000000, 4, "of 240.0.0.0/4, which is reserved (RFC 1112 4)"),
)
_ROUTED: Final = frozenset({3, 33, 121, 249})  # options that name routers


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AddressRules(Value):
    """What the configuration says of ordered addresses.

    never: those that are no box's, and what each is; networks: (network, mask) of the subnets; strict: an address in
    none of them is refused, and not only remarked on.
    """

    __slots__ = ("never", "networks", "strict")

    def __init__(self, never: dict[int, str], networks: tuple[tuple[int, int], ...], strict: bool) -> None:
        self.never: Final = never
        self.networks: Final = networks
        self.strict: Final = strict


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class OrderedAddress(Value):
    """What an order's address comes to. address: 0 = none; any_: it says that none is ordered; note: for people."""

    __slots__ = ("address", "any_", "note")

    def __init__(self, address: int, any_: bool, note: str) -> None:
        self.address: Final = address
        self.any_: Final = any_
        self.note: Final = note


ANYWHERE: Final = AddressRules({}, (), False)
_NONE: Final = OrderedAddress(0, False, "")


def address_rules(book: Policybook) -> AddressRules:
    """The rules of this Policybook."""
    networks = tuple((subnet.network, subnet.mask) for subnet in book.subnets)
    return AddressRules(never_a_box(book), networks, book.strict_addresses)


def never_a_box(book: Policybook) -> dict[int, str]:
    """Addresses that no box may have, whoever says so, and what each is."""
    found = no_machines(book)
    for subnet in book.subnets:
        found.update(dict.fromkeys(routers_of(subnet), f"the router of {subnet.text}"))
    found.update(dict.fromkeys(book.own, "our own address"))
    return found


def no_machines(book: Policybook) -> dict[int, str]:
    """Addresses of the subnets that are no single machine's, and what each is."""
    found: dict[int, str] = {}
    for subnet in book.subnets:
        found[subnet.network] = f"the network address of {subnet.text}"
        found[subnet.network | ~subnet.mask & 0xFFFFFFFF] = f"the broadcast address of {subnet.text}"
    return found


def routers_of(subnet: Subnet) -> Iterable[int]:
    """Those of the subnet that one of its options names."""
    named = [at for code, value in subnet.options if code in _ROUTED for at in routers_in(code, value)]
    return [address for address in named if address & subnet.mask == subnet.network]


def is_no_hosts(address: int) -> str:
    """What an address of no host is, as "a multicast address"; "" = it may be one's."""
    if _FIRST_HOST <= address < _MULTICAST and address >> 24 != _LOOPBACK:
        return ""  # as of nearly every one: this is asked for packets too
    for network, length, what in _RANGES:
        if address >> (32 - length) == network >> (32 - length):
            return what
    return ""


def is_loopback(address: int) -> bool:
    """True of 127.0.0.0/8 (RFC 1122 3.2.1.3)."""
    return address >> 24 == _LOOPBACK


def ordered_address(address: int, rules: AddressRules) -> OrderedAddress:
    """What becomes of the address that an order names, 0 = none. Raises OrderRefused where it is no box's."""
    if not address:
        return _NONE
    text = ip_text(address)
    if address in _ANY:
        return OrderedAddress(0, True, f"{text} means any address (RFC 2865 5.8): none is ordered")
    what = rules.never.get(address) or is_no_hosts(address)
    if what:
        raise OrderRefused(Reason.BAD_FIELD, f"address {text} is {what}: no box may have it")
    if not rules.networks or any(address & mask == network for network, mask in rules.networks):
        return OrderedAddress(address, False, "")
    where = f"{text} is in no [[dhcp.subnet]]"
    if rules.strict:
        raise OrderRefused(Reason.BAD_FIELD, f'address {where}, and [orders] address is "strict"')
    return OrderedAddress(address, False, f"{where}: DHCP never gives it")
