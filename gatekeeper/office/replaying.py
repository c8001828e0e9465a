"""Replay: the store that it begins with, and how an answer differs from that of a capture or of another policy."""

from pathlib import Path

from gatekeeper.config.load import Settings
from gatekeeper.engine.order_desk import OrderDesk, rules_of
from gatekeeper.intake.order_file import OrderFile
from gatekeeper.store.opening import private_store
from gatekeeper.store.ports import Store
from gatekeeper.wire import Malformed
from gatekeeper.wire import dhcp as dhcp_wire
from gatekeeper.wire import radius as radius_wire
from gatekeeper.wire.dhcp_options import BY_CODE, show_value
from gatekeeper.wire.text import ip_text


def store_of_orders(settings: Settings, orders: Path | None, start: float) -> tuple[Store, list[str]]:
    """An empty store in memory with the orders of a CSV file applied, and the lines refused. Raises OrderFileError."""
    store = private_store()
    refused: list[str] = []
    if orders:
        desk = OrderDesk(store, rules_of(settings.book))
        with OrderFile(orders) as lines:
            for line in lines:
                record = None if line.refusal else desk.hand_in(line.fields, int(start)).record
                why = line.refusal or (record if record and record.state == "refused" else None)
                if why:
                    refused.append(f"{orders}:{line.number}: {why.reason}: {why.detail}")
    return store, refused


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
