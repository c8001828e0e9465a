"""A RADIUS packet's attributes for people: by the names of the dictionaries."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gatekeeper.wire.radius import VENDOR_SPECIFIC, RadiusPacket
from gatekeeper.wire.text import ip_text, octets_text, printable


class Described(NamedTuple):
    """A dictionary's entry: name, FreeRADIUS type, and names of single values by their octets."""

    name: str
    kind: str
    values: dict[bytes, str]


Describe = Callable[[int, int], Described | None]


def attribute_lines(packet: RadiusPacket, describe: Describe) -> Iterator[tuple[str, str]]:
    """(name, value) of each attribute, in the packet's sequence. describe: (vendor, code) -> entry; vendor 0 = none."""
    data, at = packet.data, 20
    while at < len(data):
        kind, value = data[at], data[at + 2 : at + data[at + 1]]
        at += data[at + 1]
        if kind == VENDOR_SPECIFIC:
            yield from _vendor_lines(value, describe)
        else:
            yield _line(0, kind, value, describe)


def _vendor_lines(value: bytes, describe: Describe) -> Iterator[tuple[str, str]]:
    """RFC 2865 5.26: attributes of a vendor in the usual form; what is not, as octets."""
    vendor, rest = int.from_bytes(value[:4], "big"), value[4:]
    parts: list[tuple[int, bytes]] = []
    at = 0
    while at + 2 <= len(rest) and 2 <= rest[at + 1] <= len(rest) - at:
        parts.append((rest[at], rest[at + 2 : at + rest[at + 1]]))
        at += rest[at + 1]
    if len(value) < 4 or at != len(rest) or not parts:
        yield "Vendor-Specific", octets_text(value)
        return
    for code, inner in parts:
        yield _line(vendor, code, inner, describe)


def _line(vendor: int, code: int, value: bytes, describe: Describe) -> tuple[str, str]:
    found = describe(vendor, code)
    if found is None:
        return (f"Attr-26.{vendor}.{code}" if vendor else f"Attr-{code}"), octets_text(value)
    if value in found.values:
        return found.name, found.values[value]
    return found.name, _value(found.kind, value)


def _value(kind: str, value: bytes) -> str:
    if kind in ("integer", "date") and len(value) == 4:
        return str(int.from_bytes(value, "big"))
    if kind == "ipaddr" and len(value) == 4:
        return ip_text(int.from_bytes(value, "big"))
    if kind not in ("string", "text"):
        return octets_text(value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return octets_text(value)
    return text if text.isprintable() else printable(value)
