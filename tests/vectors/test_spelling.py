"""mac.txt and stbid.txt: which spellings are a MAC, and which are not."""

import pytest

from gatekeeper.wire.text import ip_text, mac_text, parse_ip, parse_mac, parse_octets, printable, stbid_mac
from tests.vectors.reader import Vector, name_of, vectors


@pytest.mark.parametrize("vector", vectors("mac.txt"), ids=name_of)
def test_a_spelling_is_this_mac_or_none(vector: Vector) -> None:
    """Every accepted spelling gives the same six octets; everything else is refused."""
    text = vector.data.decode("latin-1")
    if vector.expected == "bad":
        with pytest.raises(ValueError, match="not a MAC address"):
            parse_mac(text)
    else:
        assert parse_mac(text).hex() == vector.expected, vector.place


@pytest.mark.parametrize("vector", vectors("stbid.txt"), ids=name_of)
def test_the_last_12_characters_of_an_stbid_are_its_mac(vector: Vector) -> None:
    """32 letters and digits, of which the last 12 are hex."""
    text = vector.data.decode("latin-1")
    if vector.expected == "bad":
        with pytest.raises(ValueError, match=r"STBID|not a MAC address"):
            stbid_mac(text)
    else:
        assert stbid_mac(text).hex() == vector.expected, vector.place


def test_a_mac_prints_as_the_contract_says() -> None:
    """Contract 6: MACs print as d4:c1:c8:ee:9b:1f."""
    assert mac_text(bytes.fromhex("D4C1C8EE9B1F")) == "d4:c1:c8:ee:9b:1f"


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.0.0.0", 0), ("10.20.1.7", 0x0A140107), ("255.255.255.255", 0xFFFFFFFF)],
)
def test_a_dotted_quad_is_read_and_written(text: str, value: int) -> None:
    """Both directions."""
    assert (parse_ip(text), ip_text(value)) == (value, text)


@pytest.mark.parametrize(
    "text",
    ["", "10.20.1", "10.20.1.7.8", "10.20.1.256", "10.20.1.-1", "010.20.1.7", "10.20.1.7\n", " 10.20.1.7", "10.20.1.٣"],
)
def test_anything_else_is_no_address(text: str) -> None:
    """Leading zeros are refused, as inet_aton would read them octal."""
    with pytest.raises(ValueError, match="not an IPv4 address"):
        parse_ip(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(b"ge 1/0/7", "ge 1/0/7"), (b"\x00\x04", "0x0004"), (b"a\n", "0x610a"), (b"\x1b[2J", "0x1b5b324a"), (b"", "0x")],
)
def test_bytes_that_are_not_printable_text_print_as_hex(value: bytes, text: str) -> None:
    """Contract 10.1."""
    assert printable(value) == text


@pytest.mark.parametrize(
    "text",
    [
        "0x0120ff",
        "0120FF",
        "0X0120ff",
        "01:20:ff",
        "0x01:20:ff",
        "1:20:ff",  # ISC dhcpd, dhcp-options(5): octets without a leading zero
        "01-20-FF",
        "01 20 ff",
        "0120 ff",  # H3C CWMP guide: blanks between quads
        "0x01 0x20 0xff",
        "0x01, 0x20, 0xff",  # as in C
        "0120.ff",  # Cisco IOS, option 43 hex: dots between quads
        " 01:20:\n   ff\n",  # a long one over several lines
    ],
)
def test_octets_are_read_as_manuals_spell_them(text: str) -> None:
    """One value in a dozen spellings."""
    assert parse_octets(text) == b"\x01\x20\xff"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "0x",
            "1",
            "012",
            "0120 f",
            "012:345",
            "zz",
            "01:2g",
            "01::20",
            "01:20:",
            ":01",
            "01,,20",
            "01,20,",
            "01:20-ff",
            "0x 01",
        ),
        *("10.20.0.1", "1.2.3.4", "0120.f", "012.0ff0", "\uff11\uff12"),  # an address is no octets
    ],
)
def test_what_lacks_a_digit_or_is_something_else_is_no_octets(text: str) -> None:
    """A digit that was lost is never guessed."""
    with pytest.raises(ValueError, match="hexadecimal octets are wanted"):
        parse_octets(text)


@pytest.mark.parametrize("value", [5, None, ["01"], True])
def test_octets_are_text(value: object) -> None:
    """In quotes."""
    with pytest.raises(ValueError, match="hexadecimal octets are wanted"):
        parse_octets(value)
