"""One client's way of asking, compiled from its dialect and its keys: where its requests name box and line."""

from collections.abc import Callable, Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import PortId
from gatekeeper.value import Value
from gatekeeper.wire.line_id import Lines
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.nas_identity import mac_in
from gatekeeper.wire.nas_name import NameTemplate, mac_of_parts, name_parts
from gatekeeper.wire.nas_port import line_of_bits
from gatekeeper.wire.radius import CALLING_STATION_ID, NAS_PORT_ID, USER_NAME, RadiusPacket, vendor_table

Vendors = dict[tuple[int, int], list[bytes]]
_NONE: Final[Vendors] = {}


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class MacSource(Value):
    """An attribute that may name the box. joined: its instances are parts of one value."""

    __slots__ = ("code", "read", "joined")

    def __init__(self, code: AttributeCode, read: Callable[[bytes], bytes], joined: bool = False) -> None:
        self.code: Final = code
        self.read: Final = read
        self.joined: Final = joined


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class PortSource(Value):
    """An attribute that may name the line, with the one of its remote id; fields: NAS-Port as bits. joined: what stands
    between its instances where they are read as one value, None = each is one. tells: as in PortRow."""

    __slots__ = ("code", "read", "remote", "fields", "joined", "tells")

    def __init__(
        self,
        code: AttributeCode,
        read: Callable[[bytes, str], bytes],
        remote: AttributeCode | None = None,
        fields: tuple[tuple[str, int], ...] = (),
        joined: bytes | None = None,
        tells: str = "line",
    ) -> None:
        self.code: Final = code
        self.read: Final = read
        self.remote: Final = remote
        self.fields: Final = fields
        self.joined: Final = joined
        self.tells: Final = tells


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Reading(Value):
    """How the requests of one client are read. node: what qualifies its lines. name: User-Name's template, compiled.

    ``plain_macs``, ``plain_ports``: those of the sources that need no vendor's attribute. ``name_line``: the part of
    User-Name that is the line, "" = none. ``cuts``: NAS-Port-Id may be what is left of a line. ``plain_tells``: what it
    tells in the short way.
    """

    __slots__ = (
        "node",
        "lines",
        "port_key",
        "macs",
        "ports",
        "plain_macs",
        "plain_ports",
        "cuts",
        "name",
        "template",
        "name_line",
        "is_plain",
        "plain_tells",
    )

    def __init__(
        self,
        node: str,
        lines: Lines,
        port_key: str,
        macs: tuple[MacSource, ...],
        ports: tuple[PortSource, ...],
        plain_macs: tuple[MacSource, ...],
        plain_ports: tuple[PortSource, ...],
        cuts: bool = False,
        name: NameTemplate | None = None,
        template: str = "",
        name_line: str = "",
        is_plain: bool = False,  # what needs no vendor's attribute is Calling-Station-Id and NAS-Port-Id as they stand
        plain_tells: str = "port",
    ) -> None:
        self.node: Final = node
        self.lines: Final = lines
        self.port_key: Final = port_key
        self.macs: Final = macs
        self.ports: Final = ports
        self.plain_macs: Final = plain_macs
        self.plain_ports: Final = plain_ports
        self.cuts: Final = cuts
        self.name: Final = name
        self.template: Final = template
        self.name_line: Final = name_line
        self.is_plain: Final = is_plain
        self.plain_tells: Final = plain_tells


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Named(Value):
    """Whom and where a request names. mac: b"" = nobody, or two. fits: User-Name fits the client's template."""

    __slots__ = ("mac", "port", "fits")

    def __init__(self, mac: bytes, port: PortId | None, fits: bool = True) -> None:
        self.mac: Final = mac
        self.port: Final = port
        self.fits: Final = fits


def read_request(packet: RadiusPacket, reading: Reading) -> Named:
    """Box and line of a request."""
    vendors = vendor_table(packet) if packet.vendor else _NONE
    user = packet.attributes.get(USER_NAME, b"")
    if reading.name is None:
        if reading.is_plain and not vendors:
            return Named(*_plain(packet, reading, mac_in(user)), True)
        port = _port(packet, vendors, reading)
        # ISG may put the line in User-Name, whose six octets in hexadecimal look like a MAC.
        named = b"" if port and vendors and user.decode("latin-1") in _spellings(port) else mac_in(user)
        return Named(_agreed(packet, vendors, reading, named), port, True)
    parts = name_parts(reading.name, user)
    line = parts.get(reading.name_line, "") if parts else ""
    port = _told(line.encode("latin-1"), reading, "line") if line else _port(packet, vendors, reading)
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
    return mac, _told(line, reading, reading.plain_tells) if line else None


def _agreed(packet: RadiusPacket, vendors: Vendors, reading: Reading, mac: bytes) -> bytes:
    """The one MAC that all sources name, mac among them; b"" if none does, or two disagree."""
    for source in reading.macs if vendors else reading.plain_macs:
        values = _values(packet, vendors, source.code)
        for value in (b"".join(values),) if source.joined else values:
            other = source.read(value)
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
            port = _told(line, reading, source.tells) if line else None
            if port:
                return port
    return None


def _line(packet: RadiusPacket, vendors: Vendors, source: PortSource, values: Sequence[bytes], port_key: str) -> bytes:
    joined = source.joined
    if source.remote is not None:
        return _line_of_pair(values, _values(packet, vendors, source.remote), port_key)
    if source.fields:
        return line_of_bits(values[0], source.fields)
    for value in (joined.join(values),) if joined is not None else values:
        line = source.read(value, port_key)
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


def _told(line: bytes, reading: Reading, tells: str) -> PortId | None:
    """tells: as in PortRow. None where it is a session's name, and no line's."""
    if tells == "line":
        return reading.lines.of_agent(line, reading.node, reading.cuts)
    return reading.lines.of_nas(line, reading.node, tells, reading.cuts)


def _spellings(port: PortId) -> tuple[str, ...]:
    """The port, its line alone, and the line's octets in hexadecimal without their 0x."""
    line = port.text.rpartition("|")[2]
    return port.text, line, line.removeprefix("0x")
