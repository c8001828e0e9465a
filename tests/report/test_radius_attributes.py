"""A packet's attributes by the names of the shipped dictionaries."""

import pytest

from gatekeeper.config.dictionary import Dictionary
from gatekeeper.report.radius import Described, attribute_lines
from gatekeeper.wire.radius import attribute, decode, vendor_attribute
from gatekeeper.wire.radius_seal import Secret, sealed_reply

DICTIONARY = Dictionary()


def _describe(vendor: int, code: int) -> Described | None:
    found = DICTIONARY.describe(vendor, code)
    return Described(*found) if found else None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (attribute(18, b"UNKNOWN_MAC"), [("Reply-Message", "UNKNOWN_MAC")]),
        (attribute(18, "中".encode()), [("Reply-Message", "中")]),
        (attribute(18, b"\xff"), [("Reply-Message", "0xff")]),
        (attribute(18, b"a\x1b[2J"), [("Reply-Message", "0x611b5b324a")]),
        (attribute(8, b"\x0a\x14\x01\x07"), [("Framed-IP-Address", "10.20.1.7")]),
        (attribute(27, b"\0\0\x0e\x10"), [("Session-Timeout", "3600")]),
        (attribute(27, b"\0"), [("Session-Timeout", "0x00")]),
        (attribute(6, b"\0\0\0\2"), [("Service-Type", "Framed-User")]),
        (attribute(64, b"\1\0\0\x0d"), [("Tunnel-Type:1", "VLAN")]),
        (attribute(64, b"\0\0\0\x0d"), [("Tunnel-Type", "VLAN")]),
        (attribute(64, b"\x1f\0\0\x63"), [("Tunnel-Type:31", "99")]),
        (attribute(81, b"\x01180"), [("Tunnel-Private-Group-Id:1", "180")]),
        (attribute(81, b"\x00180"), [("Tunnel-Private-Group-Id:0", "180")]),
        (attribute(81, b" 180"), [("Tunnel-Private-Group-Id", " 180")]),
        (attribute(81, b""), [("Tunnel-Private-Group-Id", "")]),
        (attribute(24, b"abc"), [("State", "0x616263")]),
        (attribute(24, b""), [("State", "0x")]),
        (attribute(250, b"abc"), [("Attr-250", "0x616263")]),
        (vendor_attribute(2011, 2, b"\0\0\0\1"), [("Huawei-Input-Average-Rate", "1")]),
        (vendor_attribute(2011, 254, b"x"), [("Attr-26.2011.254", "0x78")]),
        (vendor_attribute(99999, 1, b"x"), [("Attr-26.99999.1", "0x78")]),
        (attribute(26, b"\0\0\x07\xdb\x02\x09\0"), [("Vendor-Specific", "0x000007db020900")]),
        (attribute(26, b"\0\0"), [("Vendor-Specific", "0x0000")]),
    ],
)  # fmt: skip
def test_an_attribute_is_shown_as_what_it_is(body: bytes, expected: list[tuple[str, str]]) -> None:
    """Design 8.12: wire text cannot forge a line; what cannot be read is shown in octets."""
    packet = decode(sealed_reply(2, 1, bytes(16), body, Secret(b"s")))
    assert list(attribute_lines(packet, _describe))[1:] == expected
