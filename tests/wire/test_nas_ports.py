"""Where a request names its line: sequence, keys of the client, bits of NAS-Port, and lines that a NAS has cut."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.model import PortId
from gatekeeper.wire.line_id import NO_CONFIGURATION, port_from_text, port_from_wire
from gatekeeper.wire.nas import DIALECTS
from gatekeeper.wire.nas_port import bit_fields, line_of_bits
from gatekeeper.wire.nas_request import read_request
from gatekeeper.wire.radius import HEADER, attribute, decode, vendor_attribute
from tests.config.book import load_text

CIRCUIT, REMOTE = vendor_attribute(3561, 1, b"circuit"), vendor_attribute(3561, 2, b"remote")
LINE, BITS = attribute(87, b"line"), attribute(5, bytes.fromhex("01007064"))
USER = attribute(1, b"box7 at circuit9")


def _port(folder: Path, body: bytes, keys: str = "", binding: str = "") -> str:
    text = f'[[radius.client]]\nname = "nas1"\nipaddr = "192.0.2.1"\nsecret = "s"\n{keys}\n[binding]\n{binding}\n'
    packet = decode(HEADER.pack(1, 7, 20 + len(body), bytes(16)) + body)
    port = read_request(packet, load_text(folder, text).book.clients[0].reading).port
    return port.text if port else ""


BOTH, REMOTE_KEY = 'port_key = "both"', 'port_key = "remote-id"'
FIELDS = 'nas_port = "slot:8 subslot:4 port:8 vlan:12"'
CASES = [
    (CIRCUIT + REMOTE + LINE, "", "", "nas1|circuit"),
    (REMOTE + LINE, "", "", "nas1|line"),
    (CIRCUIT + REMOTE + LINE, "", REMOTE_KEY, "nas1|remote"),
    (CIRCUIT + LINE, "", REMOTE_KEY, "nas1|line"),
    (CIRCUIT + REMOTE + LINE, "", BOTH, "nas1|circuit remote"),
    (CIRCUIT + LINE, "", BOTH, "nas1|circuit"),
    (CIRCUIT + LINE, 'port_from = ["NAS-Port-Id", "ADSL-Agent-Circuit-Id"]', "", "nas1|line"),
    (CIRCUIT, 'port_from = ["NAS-Port-Id", "ADSL-Agent-Circuit-Id"]', "", "nas1|circuit"),
    (CIRCUIT, 'port_from = ["NAS-Port-Id"]', "", ""),
    (REMOTE + CIRCUIT, 'port_from = ["ADSL-Agent-Remote-Id"]', "", "nas1|remote"),
    (attribute(31, b"dslam7 eth 1/2"), 'port_from = ["Calling-Station-Id"]', "", "dslam7 eth 1/2"),
    (BITS, "", "", ""),
    (BITS, FIELDS, "", "nas1|slot=1;subslot=0;port=7;vlanid=100;"),
    (BITS + LINE, FIELDS, "", "nas1|line"),
    (BITS + LINE, f'{FIELDS}\nport_from = ["NAS-Port", "NAS-Port-Id"]', "", "nas1|slot=1;subslot=0;port=7;vlanid=100;"),
    (attribute(5, bytes(4)) + LINE, f'{FIELDS}\nport_from = ["NAS-Port", "NAS-Port-Id"]', "", "nas1|line"),
    (USER + LINE, 'user_name = "{any} at {circuit_id}"', "", "nas1|circuit9"),
    (USER + LINE, 'user_name = "{any} at {remote_id}"', "", "nas1|line"),
    (USER + LINE, 'user_name = "{any} at {remote_id}"', REMOTE_KEY, "nas1|circuit9"),
    (USER + LINE, 'user_name = "{any} at {circuit_id}"\nport_from = ["NAS-Port-Id"]', "", "nas1|line"),
    (LINE, "", 'port_names = { "nas1" = "10.20.0.1" }', "10.20.0.1|line"),
]


@pytest.mark.parametrize(("body", "keys", "binding", "port"), CASES)
def test_the_line_is_where_dialect_and_keys_say(
    tmp_path: Path, body: bytes, keys: str, binding: str, port: str
) -> None:
    """The first source that says something; RFC 4679's before NAS-Port-Id."""
    assert _port(tmp_path, body, keys, binding) == port


def test_nas_port_is_the_same_line_as_the_form_with_words(tmp_path: Path) -> None:
    """H3C and Huawei cn-163: slot, subslot, port, inner VLAN; so it equals the China Telecom form too."""
    port = port_from_text(_port(tmp_path, BITS, FIELDS))
    assert port.covers(port_from_wire(b"eth 1/0/7:4096.100 0/0/0/0/0/0", "nas1"))
    assert not port.covers(port_from_wire(b"eth 1/0/7:4096.101 0/0/0/0/0/0", "nas1"))


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "have 0 bits"), ("slot:8 port:8", "have 16 bits"), ("slot:32 port:0", "have 32 bits"), ("slot:33", "33 bits"),
     ("rack:32", "is no field"), ("slot", "is no field"), ("slot:16 slot:16", "twice")],
)  # fmt: skip
def test_bits_of_nas_port_must_make_sense(text: str, why: str) -> None:
    """RFC 2865 5.5: 32 of them, none empty."""
    with pytest.raises(ValueError, match=why):
        bit_fields(text)


@given(st.binary(max_size=8))
def test_any_nas_port_is_a_line_or_none(value: bytes) -> None:
    """The fields hold all bits of the number."""
    line = line_of_bits(value, bit_fields("slot:8 subslot:4 port:8 vlan:12"))
    numbers = [int(part.split("=")[1]) for part in line.decode().split(";")[:-1]]
    assert (
        not numbers or (numbers[0] << 24 | numbers[1] << 20 | numbers[2] << 12 | numbers[3]).to_bytes(4, "big") == value
    )


_CODES = st.sampled_from([1, 5, 26, 31, 87])
_VENDORS = st.sampled_from([9, 54, 2011, 2352, 3561, 4874, 6527, 14988, 25506])
_KINDS = st.sampled_from([1, 2, 27, 55, 56, 60, 97, 110, 145, 159, 187])
_VSA = st.builds(vendor_attribute, _VENDORS, _KINDS, st.binary(max_size=60))
_PLAIN = st.builds(attribute, _CODES, st.one_of(st.binary(max_size=80), st.just(b"d4c1c8ee9b1f@itv")))


def _once(one: bytes) -> bytes:
    """Of each attribute but a vendor's there is one (RFC 2865 5.44): two are refused when they are read."""
    return one if one[0] == 26 else one[:1]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_attributes_name_one_box_or_none(tmp_path: Path, dialect: str) -> None:
    """Every dialect, with a template and without: six octets or nothing, and a line that is text."""
    readings = []
    for keys in (
        "",
        'user_name = "{sysname}-{mac}@{domain}"',
        'user_name = "{option61}"\nport_from = ["NAS-Port"]\n' + FIELDS,
    ):
        text = f'[[radius.client]]\nname = "a"\nipaddr = "192.0.2.1"\nsecret = "s"\nnas = "{dialect}"\n{keys}\n'
        readings.append(load_text(tmp_path, text).book.clients[0].reading)

    @given(st.lists(st.one_of(_VSA, _PLAIN), max_size=6, unique_by=_once).map(b"".join))
    @settings(max_examples=50, deadline=None)
    def reads(body: bytes) -> None:
        packet = decode(HEADER.pack(1, 7, 20 + len(body), bytes(16)) + body)
        for reading in readings:
            asked = read_request(packet, reading)
            assert len(asked.mac) in (0, 6)
            assert asked.port is None or asked.port.text.isprintable()

    reads()


def whole_port(line: bytes, node: str) -> PortId:
    """Told whole, of a node whose lines a NAS tells cut."""
    return NO_CONFIGURATION.of_agent(line, node, cuts=True)


def cut_port(line: bytes, node: str) -> PortId:
    """Told by a NAS that cuts lines."""
    port = NO_CONFIGURATION.of_nas(line, node, "copy", cuts=True)
    assert port
    return port


LONG, OTHER_LONG = b"x" * 128 + b"tail", b"x" * 128 + b"other"
HOLE, OTHER_HOLE = b"eth 0/1\0\1tail", b"eth 0/1\0\1other"
NODE = "10.20.0.1"


@pytest.mark.parametrize(
    "line", [LONG, HOLE, b"dslam7 eth 1/2:100\0\1", b"\xff" * 130], ids=["long", "NUL", "TR-101", "binary"]
)
def test_huawei_a_line_and_what_is_left_of_it_are_one(line: bytes) -> None:
    """NetEngine nas-port-id-format: 128 octets, or up to the first NUL. Bound whole and seen cut, and the other way."""
    left = line[:128].partition(b"\0")[0]
    whole, cut = whole_port(line, NODE), cut_port(left, NODE)
    assert port_from_text(whole.text).covers(cut)
    assert port_from_text(cut.text).covers(whole)


@pytest.mark.parametrize(
    ("bound", "seen"),
    [
        (LONG, whole_port(OTHER_LONG, NODE)),
        (HOLE, whole_port(OTHER_HOLE, NODE)),
        (HOLE, whole_port(b"eth 0/1", NODE)),
        (LONG, whole_port(LONG[:128], NODE)),
        (LONG, cut_port(LONG[:127], NODE)),
        (LONG, cut_port(LONG[:128], "10.20.0.9")),
        (LONG, port_from_wire(LONG[:128], NODE)),
        (LONG[:128], port_from_wire(LONG, NODE)),
        (HOLE, port_from_wire(b"eth 0/1", NODE)),
        (b"eth 0/1", port_from_wire(HOLE, NODE)),
        (b"eth 0/2", cut_port(b"eth 0/1", NODE)),
        (b"\0\4\0\x64", cut_port(b"eth 0/1", NODE)),
    ],
)
def test_huawei_no_other_lines_are_one(bound: bytes, seen: object) -> None:
    """Two whole lines never; another node's never; and nothing where no NAS that cuts has told the line."""
    assert not port_from_text(whole_port(bound, NODE).text).covers(seen)  # type: ignore[arg-type]


@given(st.binary(min_size=1, max_size=255), st.binary(min_size=1, max_size=255))
def test_two_whole_lines_are_one_only_if_they_were_before(one: bytes, two: bytes) -> None:
    """Unless one of them is what is left of the other."""
    bound, seen = port_from_text(whole_port(one, NODE).text), whole_port(two, NODE)
    if bound.covers(seen):
        assert bound.key in (seen.key, seen.short)
