"""What a text would be read as, if an access node or a NAS named a line by it."""

from collections.abc import Iterator
from typing import Final

from gatekeeper.model import PortId
from gatekeeper.wire.line_id import Lines, read_as

_NODE: Final = "node"  # any that is not named in the text itself
_NO_LINE: Final = "names a session and no line: nothing is learned or compared"


def reading_text(text: str, lines: Lines) -> Iterator[str]:
    """Lines for a terminal. text: as it stands in a packet, or as an order spells it."""
    octets = text.encode()
    by_node, by_nas = lines.of_agent(octets, _NODE), lines.of_nas(octets, _NODE, "port")
    yield text
    yield f"  from an access node (Option 82, RFC 4679): {_told(by_node)}"
    yield f"  as NAS-Port-Id: {_told(by_nas) if by_nas else _NO_LINE}"
    ordered = lines.of_text(text)
    if ordered.also:
        yield f"  in an order: also the octets {' or '.join(ordered.also)}"


def _told(port: PortId) -> str:
    form = read_as(port.text) or "as it came"
    told = [f"{form}, compared by {port.key!r}"]
    inner, pvc = port.tags
    tags = [f"{name} {tag}" for name, tag in (("inner VLAN", inner), ("PVC", pvc)) if tag]
    if tags:
        told.append(f"{' and '.join(tags)} where the other side tells it too")
    if port.vague:
        told.append("which many lines may have in common: never learned, held against an ordered port only")
    elif port.qualifier:
        told.append("together with the relay's address or the NAS's name, which port_names joins")
    else:
        told.append("its access node is named in it")
    return "; ".join(told)
