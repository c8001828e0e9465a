"""What [dhcp] relays leaves open: told by check and at the start."""

from gatekeeper.book import Policybook
from gatekeeper.config.schema import FileSchema
from gatekeeper.wire.text import ip_text


def relay_notes(schema: FileSchema, book: Policybook) -> list[str]:
    """Where Option 82 decides and anybody outside the subnets may send it; and relays whose address a box may get."""
    dhcp = schema.dhcp
    if dhcp.relays:
        named = [network.network for network in dhcp.relays if network.mask == 0xFFFFFFFF]
        given = [ip_text(address) for address in named if _is_given(address, book)]
        return [f"[dhcp] relays: {address} is in a pool: a box that is given it plays relay" for address in given]
    decides = schema.binding.port != "off" or dhcp.authorize == "radius"
    if not (dhcp.listen and dhcp.subnet and decides):
        return []
    return [
        "[dhcp] relays is not set: Option 82 is believed from outside every [[dhcp.subnet]], from routers, and from a"
        " giaddr that is in no pool; name the addresses that relays send from. One of a pair that sends from an address"
        " of a subnet with another giaddr, such as a virtual one, is refused until it is named"
    ]


def _is_given(address: int, book: Policybook) -> bool:
    """True if a dynamic range has it."""
    subnet = book.subnet_of(address)
    return subnet is not None and any(first <= address <= last for first, last in subnet.ranges)
