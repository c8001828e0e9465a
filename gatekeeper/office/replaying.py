"""How an answer differs from the one that a capture, or another policy, has."""

from gatekeeper.wire import Malformed
from gatekeeper.wire import dhcp as dhcp_wire
from gatekeeper.wire import radius as radius_wire
from gatekeeper.wire.dhcp_options import BY_CODE, show_value
from gatekeeper.wire.text import ip_text


def difference(ours: bytes, theirs: bytes, protocol: str) -> str:
    """What two answers differ in, by field, for people; "" where they are the same octets."""
    if ours == theirs:
        return ""
    fields = _dhcp_fields if protocol == "dhcp" else _radius_fields
    try:
        mine, other = fields(ours), fields(theirs)
    except Malformed as bad:
        return f"unreadable: {bad}"
    names = [
        name for name in (*mine, *(name for name in other if name not in mine)) if mine.get(name) != other.get(name)
    ]
    return (
        ", ".join(f"{name} {mine.get(name, '-')} was {other.get(name, '-')}" for name in names) or "padding or sequence"
    )


def _dhcp_fields(data: bytes) -> dict[str, str]:
    if not data:
        return {"answer": "none"}
    message = dhcp_wire.decode(data)
    fields = {name: ip_text(getattr(message, name)) for name in ("ciaddr", "yiaddr", "siaddr", "giaddr")}
    fields |= {"answer": dhcp_wire.NAMES.get(message.kind, str(message.kind)), "flags": f"0x{message.flags:04x}"}
    for code, value in message.options.items():
        fields[BY_CODE[code].name if code in BY_CODE else f"option {code}"] = show_value(code, value)
    return fields


def _radius_fields(data: bytes) -> dict[str, str]:
    if not data:
        return {"answer": "none"}
    packet = radius_wire.decode(data)
    fields = {"answer": radius_wire.NAMES[packet.code]}
    fields |= {
        f"attribute {kind}": "0x" + value.hex() for kind, value in packet.attributes.items() if kind not in (26, 80)
    }
    return fields | {f"vendor attribute {at}": "0x" + value.hex() for at, value in enumerate(packet.vendor)}
