"""The option table: each type encodes, shows, and refuses what it cannot hold."""

import pytest

from gatekeeper.wire.dhcp_options import BY_CODE, BY_NAME, RESERVED, encode_value, show_value, vendor_classes
from gatekeeper.wire.option_types import CONFIGURABLE, KINDS


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
        ("routes", "10.229.0.128/25 10.229.0.1", "190ae500800ae50001", "RFC 3442: table of examples"),
        ("homes", [], "", "RFC 2132 8.13: zero or more"),
        ("homes", "10.20.0.9", "0a140009", "RFC 2132 8.13"),
        ("u8s", [1, 3], "0103", "one octet each"),
        ("u16s", "68, 296, 1500", "0044012805dc", "RFC 2132 4.7"),
        ("u16s", [68, 296], "00440128", "RFC 2132 4.7"),
        ("pairs", "10.1.0.0 255.255.0.0", "0a010000ffff0000", "RFC 2132 4.3: address, mask"),
        ("pairs", ["10.1.0.0 255.255.0.0", "10.2.0.0 255.255.0.0"],
         "0a010000ffff00000a020000ffff0000", "RFC 2132 4.3"),
        ("hosts", "10.9.0.0 10.20.0.1", "0a0900000a140001", "RFC 2132 5.8: destination, router"),
        ("domains", "eng.apple.com., marketing.apple.com",
         "03656e67056170706c6503636f6d00096d61726b6574696e67c004", "RFC 3397 2: the example"),
        ("domains", ["example.net", "iptv.Example.NET", "example.net"],
         "076578616d706c65036e657400" "0469707476c000" "c000", "RFC 1035 4.1.4: case does not matter"),
        ("sip", ["example.com", "example.net"],
         "00076578616d706c6503636f6d00076578616d706c65036e657400", "RFC 3361 3.1: the example"),
        ("sip", "192.0.2.10, 192.0.2.11", "01c000020ac000020b", "RFC 3361 3.2"),
        ("classes", ["stb", "iptv"], "03737462" "0469707476", "RFC 3004 4"),
        ("resolvers", "10, dot1.example.org., 10.0.2.3 10.3.4.5, alpn=dot,doq",
         "002a" "000a" "12" "04646f7431" "076578616d706c65" "036f7267" "00" "08" "0a000203" "0a030405"
         "0001" "0008" "03646f74" "03646f71", "RFC 9463 5.1"),
        ("resolvers", "200, resolver.example.", "0015" "00c8" "12" "087265736f6c766572" "076578616d706c65" "00",
         "RFC 9463 5.1: the name alone"),
        ("resolvers", ["1, a, 10.0.0.1, port=8530 alpn=h2\\,h3 dohpath=/q{?dns}", "2, b"],
         "0027" "0001" "03" "0161" "00" "04" "0a000001" "0001" "0006" "026832" "026833" "0003" "0002" "2152"
         "0007" "0008" "2f717b3f646e737d" "0006" "0002" "03" "0162" "00", "RFC 9460 2.2: keys in sequence"),
        ("resolvers", "1, a, 10.0.0.1, mandatory=port,alpn no-default-alpn key667=x alpn=dot | 2, b",
         "0024" "0001" "03" "0161" "00" "04" "0a000001" "0000" "0004" "0001" "0003" "0001" "0004" "03646f74"
         "0002" "0000" "029b" "0001" "78" "0006" "0002" "03" "0162" "00", "RFC 9460 8"),
        ("vendor-class", {"3561": "dslforum.org"}, "00000de90c64736c666f72756d2e6f7267", "RFC 3925 3"),
        ("vendor-class", {"3561": "a", "9": "0x00ff"}, "00000de90161" "000000090200ff", "RFC 3925 3: several"),
        ("vendor-class", "0x00000de90161", "00000de90161", "octets"),
        ("vendor", {"3561": {"1": "0x01", "2": "0x02", "3": "0x03"}}, "00000de909010101020102030103",
         "FreeRADIUS vendor.txt"),
        ("vendor", {"3561": {"11": "http://a/", "13": "5"}}, "00000de90e" "0b09687474703a2f2f612f" "0d0135",
         "RFC 3925 4, BBF"),
    ],
)  # fmt: skip
def test_a_configured_value_becomes_these_octets(kind: str, value: object, octets: str, source: str) -> None:
    """One row per type."""
    assert encode_value(kind, value).hex() == octets


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ip", "10.20.0.1, 10.20.0.2"), ("ip", ""), ("ip", 5), ("ip", "10.20.0"), ("ips", ""), ("ips", ["x"]),
        ("u8", 256), ("u8", -1), ("u8", "a"), ("u16", 65536), ("u32", 2**32), ("i32", 2**31), ("u8", True), ("u16", ""),
        ("flag", 1), ("flag", "true"), ("text", ""), ("text", 5), ("hex", "0"), ("hex", "zz"), ("hex", 5),
        ("routes", "10.0.0.0 10.17.0.1"), ("routes", "10.0.0.0/33 10.17.0.1"), ("routes", "10.0.0.0/8"),
        ("none", "x"), ("none", True), ("text", 1.5), ("hex", 1.5), ("ips", {"a": "b"}), ("u8s", 5), ("u8s", "300"),
        ("u16s", ""), ("pairs", ""), ("pairs", "10.1.0.0"), ("pairs", ["10.1.0.0 x"]), ("routes", ""),
        ("hosts", "0.0.0.0 10.20.0.1"), ("domains", ""), ("domains", "a..b"), ("domains", "-a.b"),
        ("domains", "é.net"), ("domains", "a" * 64), ("domains", ".".join(["a" * 63] * 4)), ("domains", 5),
        ("sip", ""), ("sip", "a.net, 192.0.2.1"), ("sip", "192.0.2"), ("classes", ""), ("classes", ["a" * 256]),
        ("resolvers", ""), ("resolvers", []), ("resolvers", 5), ("resolvers", "a, b"), ("resolvers", "1"),
        ("resolvers", "65536, a"), ("resolvers", "1, a..b"), ("resolvers", "1, a, 10.0.0"), ("resolvers", "1, a | "),
        ("resolvers", "1, a, , alpn=dot"), ("resolvers", "1, a, 10.0.0.1, ipv4hint=10.0.0.1"),
        ("resolvers", "1, a, 10.0.0.1, key4=x"), ("resolvers", "1, a, 10.0.0.1, port=0"),
        ("resolvers", "1, a, 10.0.0.1, alpn="), ("resolvers", "1, a, 10.0.0.1, port=1 port=2"),
        ("resolvers", "1, a, 10.0.0.1, no-default-alpn=x"), ("resolvers", "1, a, 10.0.0.1, speed=9"),
        ("resolvers", "1, a, " + "10.0.0.1 " * 64),
        ("vendor-class", "text"), ("vendor-class", {}), ("vendor-class", {"x": "a"}), ("vendor-class", {"1": 5}),
        ("vendor-class", {"4294967296": "a"}), ("vendor-class", {"1": "a" * 256}), ("vendor-class", "0x00000de902"),
        ("vendor", {"3561": "a"}), ("vendor", {"3561": {"256": "a"}}), ("vendor", {"3561": {"1": "a" * 254}}),
        ("vendor", {"3561": {"1": "0xz"}}), ("vendor", "0x0000"),
    ],
)  # fmt: skip
def test_a_value_that_the_type_cannot_hold_is_refused(kind: str, value: object) -> None:
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
        (19, "01", "true"), (19, "00", "false"), (19, "02", "0x02"),
        (21, "0a010000ffff0000", "10.1.0.0 255.255.0.0"), (33, "0a0900000a140001", "10.9.0.0 10.20.0.1"),
        (25, "00440128", "68,296"), (25, "004401", "0x004401"), (80, "", "0x"), (68, "", "0x"),
        (77, "0373746204697074 76", "stb,iptv"), (77, "6950584500", "iPXE"), (77, "0373", "0x0373"),
        (119, "03656e67056170706c6503636f6d00096d61726b6574696e67c004", "eng.apple.com,marketing.apple.com"),
        (119, "c000", "0xc000"), (119, "0161c00000", "0x0161c00000"), (119, "0361", "0x0361"), (119, "4061", "0x4061"),
        (119, "016100c0", "0x016100c0"), (119, "0161000162c004", "0x0161000162c004"),
        (120, "01c000020a", "192.0.2.10"), (120, "00036e657400", "net"), (120, "02", "0x02"), (120, "01c0", "0x01c0"),
        (121, "000a110001180a1b810a110001", "0.0.0.0/0 10.17.0.1,10.27.129.0/24 10.17.0.1"),
        (121, "210a110001", "0x210a110001"), (121, "180a1b", "0x180a1b"),
        (162, "002a000a1204646f7431076578616d706c65036f726700080a0002030a0304050001000803646f7403646f71",
         "10, dot1.example.org, 10.0.2.3 10.3.4.5, alpn=dot,doq"),
        (162, "00060001030161000006000203016200", "1, a | 2, b"),
        (162, "001d00010301610004" "0a000001" "0000000400010003" "000300022152" "00020000",
         "1, a, 10.0.0.1, mandatory=alpn,port port=8530 no-default-alpn"),
        (162, "00060001030162", "0x00060001030162"), (162, "000700010301610004", "0x000700010301610004"),
        (162, "000b0001030161000300000000", "0x000b0001030161000300000000"),
        (162, "000f00010301610004" "0a000001" "00010005", "0x000f000103016100040a00000100010005"),
        (162, "00120001030161000" "40a00000100010003036161", "0x0012000103016100040a00000100010003036161"),
        (162, "00020001", "0x00020001"),
        (124, "00000de90c64736c666f72756d2e6f7267", "3561=dslforum.org"), (124, "00000de90c64", "0x00000de90c64"),
        (125, "00000de909010101020102030103", "3561:1=0x01 2=0x02 3=0x03"),
        # FreeRADIUS vendor.txt: a bad inner length is no list of sub-options
        (125, "0000000909 0506 61612e747874", "0x0000000909050661612e747874"),
        (125, "0000000907 0506 61612e7478", "9:0x050661612e7478"),
        (125, "0000000908 0506 61612e747874", "9:5=aa.txt"),
    ],
)  # fmt: skip
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


LONG = {
    "hex": "ff" * 300, "routes": ["10.198.122.47/32 10.17.0.1"] * 40,
    "domains": [f"{'a' * 60}{at}.net" for at in range(6)],
    "sip": [f"sip{at}.{'a' * 60}.net" for at in range(6)], "classes": ["a" * 200, "b" * 200],
    "resolvers": [f"{at}, {'a' * 60}.net, 10.0.0.{at}, alpn=dot" for at in range(1, 5)],
    "vendor-class": {"1": "a" * 200, "2": "b" * 200}, "vendor": {"1": {"1": "a" * 200}, "2": {"1": "b" * 200}},
}  # fmt: skip


@pytest.mark.parametrize("kind", LONG)
def test_rfc3396_a_type_whose_parts_are_joined_may_exceed_one_option(kind: str) -> None:
    """Up to what a reply can hold at all."""
    assert 255 < len(encode_value(kind, LONG[kind])) <= 1024
    with pytest.raises(ValueError, match="1024 at most"):
        encode_value("hex", "ff" * 1025)


def test_only_such_a_type_may() -> None:
    """Boxes do not expect it of the others."""
    assert {name for name, kind in KINDS.items() if kind.joins} == set(LONG)
    with pytest.raises(ValueError, match="256 octets, 255 at most"):
        encode_value("text", "x" * 256)


def test_every_option_of_rfc2132_is_in_the_table() -> None:
    """1 to 61 and 64 to 76, without gaps."""
    assert set(range(1, 62)) | set(range(64, 77)) <= BY_CODE.keys()
    assert all(BY_CODE[code].source.startswith("RFC 2132") for code in (*range(1, 62), *range(64, 77)))


def test_every_type_of_the_table_is_known_and_every_known_type_is_written() -> None:
    """Design 5.9."""
    assert {row.kind for row in BY_CODE.values()} <= KINDS.keys()
    assert set(CONFIGURABLE) == KINDS.keys() - {"none"}


@pytest.mark.parametrize(
    ("options", "makes"),
    [
        ({}, []),
        ({60: b"SCITV"}, [b"SCITV"]),
        ({60: b"SCITV\0"}, [b"SCITV"]),  # RFC 2132 2: a trailing NUL is taken off
        ({124: bytes.fromhex("00000de90c64736c666f72756d2e6f7267")}, [b"dslforum.org"]),  # RFC 3925 3
        ({60: b"a", 124: bytes.fromhex("00000de9016200000009026363")}, [b"a", b"b", b"cc"]),
        ({60: b"a", 124: b"\0\0\0"}, [b"a"]),
    ],
)
def test_what_a_box_says_of_its_make(options: dict[int, bytes], makes: list[bytes]) -> None:
    """Option 60, and the data of option 124; what is cut says nothing."""
    assert vendor_classes(options, {}) == makes


def test_a_box_that_says_two_makes_has_both() -> None:
    """OpenWrt's udhcpc says its own beside the one that it is given."""
    assert vendor_classes({60: b"a", 124: b"\0\0\0\x09\x01b"}, {60: (b"a", b"c\0")}) == [b"a", b"c", b"b"]


def test_of_two_vendor_classes_a_cut_one_does_not_silence_the_other() -> None:
    """RFC 3925 3: joined first; that cannot be read here."""
    whole, cut = b"\0\0\0\x09\x01b", b"\0\0\0\x09\x05b"
    assert vendor_classes({124: whole + cut}, {124: (whole, cut)}) == [b"b"]
    assert vendor_classes({124: cut + whole}, {124: (cut, whole)}) == [b"b"]
