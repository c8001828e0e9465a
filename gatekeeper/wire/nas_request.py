"""One client's way of asking, compiled from its dialect and its keys: where its requests name box and line."""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from gatekeeper.model import PortId, make
from gatekeeper.wire.line_id import cut_port, port_from_wire, whole_port
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.nas_identity import mac_in
from gatekeeper.wire.nas_name import mac_of_parts, name_parts
from gatekeeper.wire.nas_port import line_of_bits
from gatekeeper.wire.radius import CALLING_STATION_ID, NAS_PORT_ID, USER_NAME, RadiusPacket, vendor_table

Vendors = dict[tuple[int, int], list[bytes]]
_NONE: Final[Vendors] = {}


class MacSource(NamedTuple):
    """An attribute that may name the box. joined: its instances are parts of one value."""

    code: AttributeCode
    read: Callable[[bytes], bytes]
    joined: bool = False


class PortSource(NamedTuple):
    """An attribute that may name the line, with the one of its remote id; fields: NAS-Port as bits."""

    code: AttributeCode
    read: Callable[[bytes, str], bytes]
    remote: AttributeCode | None = None
    fields: tuple[tuple[str, int], ...] = ()
    joined: bool = False


class Reading(NamedTuple):
    """How the requests of one client are read. node: what qualifies its lines. name: User-Name's template, compiled.

    ``plain_macs``, ``plain_ports``: those of the sources that need no vendor's attribute. ``name_line``: the part of
    User-Name that is the line, "" = none. ``cuts``: NAS-Port-Id may be what is left of a line.
    """

    node: str
    port_key: str
    macs: tuple[MacSource, ...]
    ports: tuple[PortSource, ...]
    plain_macs: tuple[MacSource, ...]
    plain_ports: tuple[PortSource, ...]
    cuts: bool = False
    name: re.Pattern[str] | None = None
    template: str = ""
    name_line: str = ""
    is_plain: bool = False  # what needs no vendor's attribute is Calling-Station-Id and NAS-Port-Id as they stand


class Named(NamedTuple):
    """Whom and where a request names. mac: b"" = nobody, or two. fits: User-Name fits the client's template."""

    mac: bytes
    port: PortId | None
    fits: bool = True


def read_request(packet: RadiusPacket, reading: Reading) -> Named:
    """Box and line of a request."""
    vendors = vendor_table(packet) if packet.vendor else _NONE
    user = packet.attributes.get(USER_NAME, b"")
    if reading.name is None:
        if reading.is_plain and not vendors:
            return make(Named, (*_plain(packet, reading, mac_in(user)), True))
        mac = _agreed(packet, vendors, reading, mac_in(user))
        return make(Named, (mac, _port(packet, vendors, reading), True))
    parts = name_parts(reading.name, user)
    line = parts.get(reading.name_line, "") if parts else ""
    port = _told(line.encode("latin-1"), reading, False) if line else _port(packet, vendors, reading)
    if parts is None:
        return Named(b"", port, False)
    named, sound = mac_of_parts(parts)
    return Named(_agreed(packet, vendors, reading, named) if sound else b"", port)


def _plain(packet: RadiusPacket, reading: Reading, mac: bytes) -> tuple[bytes, PortId | None]:
    """What the general way says where there is nothing but Calling-Station-Id and NAS-Port-Id, as in most requests."""
    station, line = packet.attributes.get(CALLING_STATION_ID), packet.attributes.get(NAS_PORT_ID)
    if station:
        other = mac_in(station)
        mac = (mac if mac == other or not other else b"") if mac else other
    return mac, _told(line, reading, True) if line else None


def _agreed(packet: RadiusPacket, vendors: Vendors, reading: Reading, mac: bytes) -> bytes:
    """The one MAC that all sources name, mac among them; b"" if none does, or two disagree."""
    for code, read, joined in reading.macs if vendors else reading.plain_macs:
        values = _values(packet, vendors, code)
        for value in (b"".join(values),) if joined else values:
            other = read(value)
            if other and mac and other != mac:
                return b""
            mac = mac or other
    return mac


def _port(packet: RadiusPacket, vendors: Vendors, reading: Reading) -> PortId | None:
    """The first source that says something."""
    for source in reading.ports if vendors else reading.plain_ports:
        values = _values(packet, vendors, source.code)
        if values or source.remote:
            line = _line(packet, vendors, source, values, reading.port_key)
            if line:
                return _told(line, reading, source.code.code == NAS_PORT_ID and not source.code.vendor)
    return None


def _line(packet: RadiusPacket, vendors: Vendors, source: PortSource, values: Sequence[bytes], port_key: str) -> bytes:
    _, read, remote, fields, joined = source
    if remote is not None:
        return _line_of_pair(values, _values(packet, vendors, remote), port_key)
    if fields:
        return line_of_bits(values[0], fields)
    for value in (b"".join(values),) if joined else values:
        line = read(value, port_key)
        if line:
            return line
    return b""


def _line_of_pair(circuit: Sequence[bytes], remote: Sequence[bytes], port_key: str) -> bytes:
    """As the same two are put together out of Option 82, or DHCP and RADIUS would not agree."""
    if port_key == "both":
        return b" ".join(part for part in (*circuit[:1], *remote[:1]) if part)
    chosen = circuit if port_key == "circuit-id" else remote
    return chosen[0] if chosen else b""


def _values(packet: RadiusPacket, vendors: Vendors, code: AttributeCode) -> Sequence[bytes]:
    vendor, kind = code.vendor, code.code
    if vendor:
        return vendors.get((vendor, kind), ())
    value = packet.attributes.get(kind)
    return (value,) if value else ()


def _told(line: bytes, reading: Reading, by_itself: bool) -> PortId:
    if not reading.cuts:
        return port_from_wire(line, reading.node)
    return cut_port(line, reading.node) if by_itself else whole_port(line, reading.node)
