"""The option table: each type encodes, shows, and refuses what it cannot hold."""

import pytest

from gatekeeper.wire.dhcp_options import BY_CODE, BY_NAME, RESERVED, Value, encode_value, show_value


@pytest.mark.parametrize(
    ("kind", "value", "octets", "source"),
    [
        ("ip", "10.20.0.1", "0a140001", "RFC 2132 3.3"),
        ("ips", "10.20.0.53, 10.20.0.54", "0a1400350a140036", "RFC 2132 3.8"),
        ("ips", ["10.20.0.53", "10.20.0.54"], "0a1400350a140036", "RFC 2132 3.8"),
        ("text", "itv.example.net", "6974762e6578616d706c652e6e6574", "RFC 2132 3.17: no trailing NUL"),
        ("u8", 64, "40", "RFC 2132 4.5"),
        ("u16", 1500, "05dc", "RFC 2132 5.1"),
        ("u16", "1500", "05dc", "RFC 2132 5.1"),
        ("u32", 1800, "00000708", "RFC 2132 9.11"),
        ("i32", 28800, "00007080", "RFC 2132 3.4"),
        ("i32", -18000, "ffffb9b0", "RFC 2132 3.4: signed"),
        ("flag", True, "01", "RFC 2132 4.1"),
        ("flag", False, "00", "RFC 2132 4.1"),
        ("hex", "0120:ff", "0120ff", "octets"),
        ("hex", "0x0120ff", "0120ff", "octets"),
        ("routes", "0.0.0.0/0 10.17.0.1", "000a110001", "RFC 3442: table of examples"),
        ("routes", "10.0.0.0/8 10.17.0.1", "080a0a110001", "RFC 3442: table of examples"),
        ("routes", "10.17.0.0/16 via 10.17.0.1", "100a110a110001", "RFC 3442: table of examples"),
        ("routes", ["10.27.129.0/24 10.17.0.1"], "180a1b810a110001", "RFC 3442: table of examples"),
        ("routes", "10.198.122.47/32 10.17.0.1", "200ac67a2f0a110001", "RFC 3442: table of examples"),
    ],
)
def test_a_configured_value_becomes_these_octets(kind: str, value: Value, octets: str, source: str) -> None:
    """One row per type."""
    assert encode_value(kind, value).hex() == octets


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ip", "10.20.0.1, 10.20.0.2"), ("ip", ""), ("ip", 5), ("ip", "10.20.0"), ("ips", ""), ("ips", ["x"]),
        ("u8", 256), ("u8", -1), ("u8", "a"), ("u16", 65536), ("u32", 2**32), ("i32", 2**31), ("u8", True), ("u16", ""),
        ("flag", 1), ("flag", "true"), ("text", ""), ("text", 5), ("hex", "0"), ("hex", "zz"), ("hex", 5),
        ("routes", "10.0.0.0 10.17.0.1"), ("routes", "10.0.0.0/33 10.17.0.1"), ("routes", "10.0.0.0/8"),
        ("none", "x"), ("u8s", "1,3"),
    ],
)  # fmt: skip
def test_a_value_that_the_type_cannot_hold_is_refused(kind: str, value: Value) -> None:
    """With a sentence that says what is wanted."""
    with pytest.raises(ValueError, match=r"wanted|not an IPv4 address|a route is written"):
        encode_value(kind, value)


@pytest.mark.parametrize(
    ("code", "octets", "text"),
    [
        (3, "0a140001", "10.20.0.1"),
        (6, "0a1400350a140036", "10.20.0.53,10.20.0.54"),
        (6, "0a14", "0x0a14"),
        (51, "00000e10", "3600"),
        (2, "ffffb9b0", "-18000"),
        (55, "0103062b", "1,3,6,43"),
        (15, "6974762e00", "itv."),
        (12, "1b5b324a", "0x1b5b324a"),
        (224, "0102", "0x0102"),
    ],
)
def test_octets_are_shown_by_the_options_type(code: int, octets: str, text: str) -> None:
    """Hex where they do not fit it."""
    assert show_value(code, bytes.fromhex(octets)) == text


def test_every_row_of_the_option_table_is_unique_and_says_its_source() -> None:
    """Design 5.9: what can be enumerated is a table. A name or an alias means one code."""
    rows = set(BY_CODE.values()) | set(BY_NAME.values())
    assert len(rows) == len(BY_CODE)
    names = [name for row in rows for name in {row.name, row.alias} - {""}]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert all(row.source and 0 < row.code < 255 for row in rows)


def test_what_gatekeeper_writes_itself_cannot_be_configured() -> None:
    """Type, server id, lease time, echoes and the two framing octets."""
    assert {0, 51, 52, 53, 54, 55, 57, 61, 82, 255} <= RESERVED
