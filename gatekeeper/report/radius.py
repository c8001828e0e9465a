"""A RADIUS packet's attributes for people: by the names of the dictionaries."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from gatekeeper.wire.attribute_types import NUMBERS
from gatekeeper.wire.radius import VENDOR_SPECIFIC, RadiusPacket
from gatekeeper.wire.text import ip_text, octets_text, printable

_HIGHEST_TAG: Final = 0x1F


class Described(NamedTuple):
    """A dictionary's entry: name, FreeRADIUS type, and names of single values by their octets."""

    name: str
    kind: str
    values: dict[bytes, str]
    is_tagged: bool = False


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
    name, value = _untagged(found, value)
    if value in found.values:
        return name, found.values[value]
    return name, _value(found.kind, value)


def _untagged(found: Described, value: bytes) -> tuple[str, bytes]:
    """``Tunnel-Type:1`` and the value behind the tag (RFC 2868 3.1, 3.6); a first octet over 31 is no tag."""
    if not found.is_tagged or not value or value[0] > _HIGHEST_TAG:
        return found.name, value
    tag = value[0]
    if found.kind == "integer":
        return (f"{found.name}:{tag}" if tag else found.name), b"\0" + value[1:]
    return f"{found.name}:{tag}", value[1:]


def _value(kind: str, value: bytes) -> str:
    if NUMBERS.get(kind) == len(value):
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
