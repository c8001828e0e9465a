"""Text of a configuration -> octets of an attribute, by the types of FreeRADIUS dictionaries and RFC 8044 3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire.attribute_types import CONTAINERS, NUMBERS, SPELLINGS, TYPES, encode_value, most

VALUES = [
    ("byte", "255", "ff"),
    ("short", "0x100", "0100"),
    ("integer", "600", "00000258"),
    ("integer", "007", "00000007"),
    ("integer64", "18446744073709551615", "ff" * 8),
    ("date", "1800000000", "6b49d200"),
    ("signed", "-1", "ffffffff"),
    ("string", "中 0x41", "e4b8ad2030783431"),
    ("octets", "0x0A14", "0a14"),
    ("octets", "text", "74657874"),
    ("ipaddr", "10.20.1.7", "0a140107"),
    ("ipv6addr", "2001:db8::7", "20010db8" + "00" * 11 + "07"),
    ("combo-ip", "10.20.1.7", "0a140107"),
    ("combo-ip", "::7", "00" * 15 + "07"),
    ("ipv4prefix", "10.20.0.0/16", "00100a140000"),  # RFC 8044 3.11
    ("ipv6prefix", "2001:db8::/32", "002020010db8" + "00" * 12),  # RFC 3162 2.3
    ("ifid", "1:20:300:ffff", "000100200300ffff"),  # RFC 3162 2.2
    ("ether", "d4c1.c8ee.9b1f", "d4c1c8ee9b1f"),
    ("bool", "Yes", "01"),
    ("bool", "false", "00"),
    ("abinary", "0x01020304", "01020304"),
]


@pytest.mark.parametrize(("kind", "text", "octets"), VALUES)
def test_a_value_is_these_octets(kind: str, text: str, octets: str) -> None:
    assert encode_value(kind, text, -1, False).hex() == octets


def test_every_type_has_a_value_here_and_every_spelling_a_type() -> None:
    """A row without one is a failure."""
    assert {kind for kind, _, _ in VALUES} == TYPES.keys()
    assert set(SPELLINGS.values()) <= TYPES.keys() | CONTAINERS
    assert NUMBERS.keys() <= TYPES.keys()


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("byte", "256", "outside 0 to 255"),
        ("integer", "-1", "outside 0 to 4294967295"),
        ("signed", "2147483648", "outside -2147483648 to 2147483647"),
        *(("integer", text, "is a number, not") for text in ("", " 1", "1_0", "+1", "1.0", "0x", "٣", "1\n", "9" * 21)),
        ("ipaddr", "10.20.1", "not an IPv4 address"),
        ("ipv6addr", "10.20.1.7", "At least 3 parts"),
        ("ipv4prefix", "10.20.1.7/16", "has host bits set"),
        ("ifid", "1:2:3", "is written 1:2:3:4"),
        ("ifid", "1:2:3:g", "invalid literal"),
        ("ether", "d4c1c8", "not a MAC address"),
        ("bool", "maybe", "yes or no is wanted"),
        ("octets", "0xg0", "hexadecimal octets are wanted"),
        ("abinary", "family=ipv4", "octets as 0x… are wanted"),
    ],
)
def test_what_is_no_value_says_what_is_wanted(kind: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        encode_value(kind, text, -1, False)


@pytest.mark.parametrize(
    ("kind", "text", "tag", "octets"),
    [
        ("integer", "13", 1, "0100000d"),
        ("integer", "13", -1, "0000000d"),
        ("integer", "13", 0, "0000000d"),
        ("integer", "16777215", 31, "1fffffff"),
        ("string", "180", 1, "01313830"),
        ("string", "180", 0, "00313830"),
        ("string", "180", -1, "313830"),
    ],
)
def test_rfc2868_3_1_and_3_6_a_tag_stands_in_front(kind: str, text: str, tag: int, octets: str) -> None:
    """Of a number's four octets it is the first; text may go without."""
    assert encode_value(kind, text, tag, True).hex() == octets


def test_rfc2868_3_1_a_tagged_number_has_three_octets() -> None:
    """Beside its tag."""
    assert (most("integer", True), most("integer", False), most("byte", False), most("string", False)) == (
        0xFFFFFF, 0xFFFFFFFF, 0xFF, 0,
    )  # fmt: skip
    with pytest.raises(ValueError, match="outside 0 to 16777215"):
        encode_value("integer", "16777216", 1, True)


@given(st.sampled_from(sorted(TYPES)), st.text(max_size=40), st.integers(-1, 31), st.booleans())
def test_any_text_is_a_value_or_says_why_not(kind: str, text: str, tag: int, is_tagged: bool) -> None:
    """ValueError and nothing else: the configuration's reader has no other way to name the line."""
    try:
        value = encode_value(kind, text, tag, is_tagged)
    except ValueError:
        return
    assert len(value) <= 4 * len(text) + 18
