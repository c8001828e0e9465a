"""Where most requests take a short way, it says what the general way says."""

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire.line_id import NO_CONFIGURATION, port_from_wire
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.nas_identity import FORMS as MAC_FORMS
from gatekeeper.wire.nas_identity import mac_in
from gatekeeper.wire.nas_port import FORMS as PORT_FORMS
from gatekeeper.wire.nas_request import MacSource, PortSource, Reading, read_request
from gatekeeper.wire.radius import HEADER, attribute, decode
from gatekeeper.wire.text import parse_mac, printable

_STATION, _LINE = AttributeCode(0, 31, "string"), AttributeCode(0, 87, "string")
_MACS, _PORTS = (MacSource(_STATION, MAC_FORMS["text"]),), (PortSource(_LINE, PORT_FORMS["line"], tells="port"),)
PLAIN = Reading("bras1", NO_CONFIGURATION, "circuit-id", _MACS, _PORTS, _MACS, _PORTS, is_plain=True)
_HEX = st.text("0123456789abcdefABCDEF:-. ", min_size=10, max_size=18).map(str.encode)
_SPELLED = st.builds(
    lambda mac, sign, upper: (
        (mac.hex(sign).upper() if upper else mac.hex(sign)).encode() if sign else mac.hex().encode()
    ),
    st.sampled_from([b"\xd4\xc1\xc8\xee\x9b\x1f", b"\x02\0\0\0\0\x01"]),
    st.sampled_from(["", ":", "-", "."]),
    st.booleans(),
)
values = st.one_of(st.just(b""), _SPELLED, _HEX, st.binary(max_size=20))


@given(value=st.one_of(_SPELLED, _HEX, st.binary(max_size=18)))
def test_a_mac_is_read_as_the_strict_parser_reads_it(value: bytes) -> None:
    """Blanks, mixed separators and stray signs make no MAC of it."""
    text = value.decode("ascii", "replace").partition("@")[0]
    try:
        expected = parse_mac(text)
    except ValueError:
        expected = b""
    assert mac_in(value) == expected


@given(
    user=values,
    station=values,
    line=st.one_of(st.just(b""), st.just(b"ge 1/0/7"), st.binary(max_size=12)),
    cuts=st.booleans(),
)
def test_a_plain_request_is_read_as_any_other(user: bytes, station: bytes, line: bytes, cuts: bool) -> None:
    """Two names that differ are no identity, whichever way they are read."""
    body = b"".join(attribute(kind, value) for kind, value in ((1, user), (31, station), (87, line)) if value)
    packet = decode(HEADER.pack(1, 1, 20 + len(body), bytes(16)) + body)
    reading = PLAIN._replace(cuts=cuts)
    assert read_request(packet, reading) == read_request(packet, reading._replace(is_plain=False))


@given(value=st.binary(max_size=20))
def test_a_line_is_printed_where_it_can_be(value: bytes) -> None:
    """Printable ASCII as it is, C's ends taken off; else all of its octets in hex."""
    text = value.rstrip(b"\0")
    shown = printable(text) if text.isascii() and text.decode().isprintable() else printable(value)
    assert port_from_wire(value, "n").text.endswith(shown)
