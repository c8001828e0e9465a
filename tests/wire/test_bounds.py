"""Every bound at its last allowed value and at the next: what one octet more or less would cost a real box or NAS."""

import pytest

from gatekeeper.reply.radius import option_43_body
from gatekeeper.wire.aaa import AaaQuestion, access_request
from gatekeeper.wire.dhcp_options import encode_value
from gatekeeper.wire.line_forms import read_cisco
from gatekeeper.wire.names import encode_name, encode_names, read_names
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.nas_rates import DHCP_ENTERPRISE, check_template, encode_attribute
from gatekeeper.wire.radius import NAS_PORT_ID, RadiusPacket, attribute, decode, vendor_values
from gatekeeper.wire.radius_accounting import ACCT_DELAY_TIME, EVENT_TIMESTAMP, read_report
from gatekeeper.wire.radius_seal import Secret
from gatekeeper.wire.session_class import Decision, class_value, read_class
from gatekeeper.wire.text import is_host_name

MAC = bytes.fromhex("d4c1c8ee9b1f")
NOW = 1_800_000_000
DAY_S = 86_400
LABEL = "a" * 63


def _report(*attributes: bytes) -> RadiusPacket:
    body = b"".join((attribute(40, b"\0\0\0\1"), attribute(44, b"s1"), *attributes))
    return decode(bytes((4, 1)) + (20 + len(body)).to_bytes(2, "big") + bytes(16) + body)


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


@pytest.mark.parametrize(("size", "kept"), [(235, 235), (236, 236), (237, 236)])
def test_rfc2865_5_25_a_class_has_253_octets_at_most_and_keeps_its_box(size: int, kept: int) -> None:
    """Of an order's number the end goes; without the bound the Accept could not be made."""
    value = class_value(MAC, "n" * size)
    assert len(value) == 17 + kept <= 253
    assert read_class(value) == Decision(MAC, "n" * kept)
    attribute(25, value)


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        (LABEL, True), (LABEL + "a", False),
        (f"{LABEL}.{LABEL}.{LABEL}.{'b' * 61}", True), (f"{LABEL}.{LABEL}.{LABEL}.{'b' * 62}", False),
    ],
    ids=["label of 63", "label of 64", "name of 255", "name of 256"],
)  # fmt: skip
def test_rfc1035_2_3_4_a_label_has_63_octets_and_a_name_255(name: str, fits: bool) -> None:
    """Length octets and the empty label among them; reading has the same bounds as writing."""
    written = b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"
    if fits:
        assert encode_name(name) == written
        assert read_names(written) == [name]
    else:
        with pytest.raises(ValueError, match="a domain name is wanted"):
            encode_name(name)
        with pytest.raises(ValueError, match=r"255 octets|runs over|does not lead back"):
            read_names(written)


@pytest.mark.parametrize(("shift", "size"), [(1, 2), (0, 8)], ids=["offset 16383", "offset 16384"])
def test_rfc1035_4_1_4_a_pointer_reaches_to_offset_16383(shift: int, size: int) -> None:
    """The next one has no place in 14 bits: a name that begins there is written out again."""
    before = [f"{number:062d}" for number in range(255)] + ["x" * (62 - shift)]
    written = encode_names([*before, "behind", "behind"])
    assert len(encode_names([*before, "behind"])) == 16_384 - shift + 8
    assert len(written) == 16_384 - shift + 8 + size
    assert read_names(written)[-2:] == ["behind", "behind"]


@pytest.mark.parametrize(("size", "is_one"), [(1, True), (253, True), (254, False)])
def test_rfc1123_2_1_a_host_name_has_253_characters_at_most(size: int, is_one: bool) -> None:
    assert is_host_name("a" * size) is is_one


@pytest.mark.parametrize(
    ("vlan", "is_one"), [("0000", False), ("0001", True), ("0ffe", True), ("0fff", False)],
    ids=["0", "1", "4094", "4095"],
)  # fmt: skip
def test_802_1q_a_cisco_line_is_on_vlan_1_to_4094(vlan: str, is_one: bool) -> None:
    """0 is a priority alone and 4095 reserved: octets that say so only look alike."""
    assert bool(read_cisco(f"0x0004{vlan}0107")) is is_one


@pytest.mark.parametrize("kind", ["vendor-class", "vendor"])
def test_rfc3925_4_data_behind_one_octet_of_length_have_255_at_most(kind: str) -> None:
    """255 would be 0 one further, and the rest read as another vendor's."""
    room = 255 if kind == "vendor-class" else 253

    def data(size: int) -> object:
        return {"9": "d" * size} if kind == "vendor-class" else {"9": {"1": "d" * size}}

    assert len(encode_value(kind, data(room))) == 260
    with pytest.raises(ValueError, match="255 at most"):
        encode_value(kind, data(room + 1))


def test_rfc2865_5_26_a_rate_in_a_vendors_attribute_has_247_octets_at_most() -> None:
    """What is longer would be cut to another rate, without a word."""
    code = AttributeCode(9, 1, "string")
    check_template("r" * 247, code)
    with pytest.raises(ValueError, match="248 octets, 247 at most"):
        check_template("r" * 248, code)


@pytest.mark.parametrize(("octets", "most"), [((1, 1), 247), ((2, 1), 246), ((2, 2), 245), ((4, 0), 245)])
def test_rfc2865_5_26_a_vendors_own_header_takes_its_room(octets: tuple[int, int], most: int) -> None:
    """Type and length: Lucent has 2 and 1, Starent 2 and 2, USR 4 and none (FreeRADIUS, format=)."""
    code = AttributeCode(429, 5, "string", "", False, -1, *octets)
    told = encode_attribute(code, bytes(most))
    length = (sum(octets) + most).to_bytes(octets[1], "big") if octets[1] else b""
    head = b"\x1a\xff" + (429).to_bytes(4, "big") + (5).to_bytes(octets[0], "big") + length
    assert (len(told), told[: len(head)]) == (255, head)
    with pytest.raises(ValueError, match=f"{most + 1} octets, {most} at most"):
        encode_attribute(code, bytes(most + 1))


@pytest.mark.parametrize(
    ("carrier", "most"),
    [(AttributeCode(2011, 43, "octets"), 247), (AttributeCode(DHCP_ENTERPRISE, 0, "octets", type_octets=2), 246)],
    ids=["a vendor's own", "format 2,1"],
)  # fmt: skip
def test_rfc2865_5_26_an_option_43_fills_its_carrier_to_the_last_octet(carrier: AttributeCode, most: int) -> None:
    """One more is not sent at all, for a box would read half of it."""
    assert len(option_43_body(carrier, 43, bytes(most))) == 255
    assert option_43_body(carrier, 43, bytes(most + 1)) == b""


@pytest.mark.parametrize(
    ("size", "line", "circuit"), [(247, True, True), (248, True, False), (253, True, False), (254, False, False)]
)
def test_rfc2865_5_a_line_is_told_to_aaa_whole_or_not_at_all(size: int, line: bool, circuit: bool) -> None:
    """253 octets of NAS-Port-Id, 247 of ADSL-Agent-Circuit-Id: a cut line would be another line."""
    asked = AaaQuestion(MAC, "name", b"p" * size, b"")
    packet = decode(access_request(asked, b"", "gate", 1, bytes(16), Secret(b"secret")))
    assert packet.attributes.get(NAS_PORT_ID) == (asked.circuit_id if line else None)
    assert vendor_values(packet, 3561, 1) == ([asked.circuit_id] if circuit else [])


@pytest.mark.parametrize("sign", [-1, 1])
def test_rfc2869_5_3_a_clock_is_believed_up_to_a_week(sign: int) -> None:
    """Beyond, the packet's arrival is: a NAS that begins in 1970 must not date its sessions so."""
    just, over = NOW + sign * (7 * DAY_S - 1), NOW + sign * 7 * DAY_S
    assert read_report(_report(attribute(EVENT_TIMESTAMP, _number(just))), 1, NOW).at == just
    assert read_report(_report(attribute(EVENT_TIMESTAMP, _number(over))), 1, NOW).at == NOW


@pytest.mark.parametrize("delay_s", [0, 7 * DAY_S, 7 * DAY_S + 1, 0xFFFFFFFF])
def test_rfc2866_5_2_a_delay_of_more_than_a_week_is_a_week(delay_s: int) -> None:
    assert read_report(_report(attribute(ACCT_DELAY_TIME, _number(delay_s))), 1, NOW).at == NOW - min(
        delay_s, 7 * DAY_S
    )
