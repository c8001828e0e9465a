"""Types of RADIUS attributes (RFC 2865 5, RFC 2868 3, RFC 8044 3) as FreeRADIUS dictionaries name them: text of a
configuration -> the octets of a value.

The rows of ``TYPES`` go by FreeRADIUS 3's names, ``SPELLINGS`` has what version 4 and RFC 8044 call the same.
"""

import ipaddress
import re
from collections.abc import Callable
from functools import partial
from typing import Final

from gatekeeper.wire.text import parse_ip, parse_mac, parse_octets

_TAGGED_OCTETS: Final = 3  # RFC 2868 3.1: the tag stands in the first of an integer's four

_WHOLE: Final = re.compile(r"-?[0-9]{1,20}|0[xX][0-9A-Fa-f]{1,16}")


def _number(text: str, octets: int, signed: bool = False) -> bytes:
    """Decimal, or hexadecimal with 0x."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"the attribute is a number, not {text!r}")
    try:
        return int(text, 16 if "x" in text.lower() else 10).to_bytes(octets, "big", signed=signed)
    except OverflowError:
        bits = 8 * octets - signed
        raise ValueError(f"{text} is outside {-(1 << bits) if signed else 0} to {(1 << bits) - 1}") from None


def _text(text: str) -> bytes:
    return text.encode()


def _octets(text: str) -> bytes:
    """As FreeRADIUS reads them: 0x and hexadecimal digits, else the text's own."""
    return parse_octets(text) if text.startswith("0x") else text.encode()


def _raw(text: str) -> bytes:
    if not text.startswith("0x"):
        raise ValueError(f"octets as 0x… are wanted, not {text!r}")
    return parse_octets(text)


def _ipv4(text: str) -> bytes:
    return parse_ip(text).to_bytes(4, "big")


def _ipv6(text: str) -> bytes:
    return ipaddress.IPv6Address(text).packed


def _either(text: str) -> bytes:
    return _ipv6(text) if ":" in text else _ipv4(text)


def _ipv4_prefix(text: str) -> bytes:
    """RFC 8044 3.11: 0, the length, the prefix."""
    network = ipaddress.IPv4Network(text)
    return bytes((0, network.prefixlen)) + network.network_address.packed


def _ipv6_prefix(text: str) -> bytes:
    """RFC 3162 2.3."""
    network = ipaddress.IPv6Network(text)
    return bytes((0, network.prefixlen)) + network.network_address.packed


def _interface_id(text: str) -> bytes:
    """RFC 3162 2.2: eight octets, written in four groups."""
    groups = text.split(":")
    if len(groups) != 4 or not all(0 < len(group) <= 4 for group in groups):
        raise ValueError(f"an interface id is written 1:2:3:4, not {text!r}")
    return b"".join(int(group, 16).to_bytes(2, "big") for group in groups)


def _flag(text: str) -> bytes:
    words = {"yes": 1, "true": 1, "1": 1, "no": 0, "false": 0, "0": 0}
    if text.lower() not in words:
        raise ValueError(f"yes or no is wanted, not {text!r}")
    return bytes((words[text.lower()],))


# Unsigned whole numbers, and their octets. What a rate comes to is cut to the largest that fits.
NUMBERS: Final = {"byte": 1, "short": 2, "integer": 4, "integer64": 8, "date": 4}
TYPES: Final[dict[str, Callable[[str], bytes]]] = {
    **{name: partial(_number, octets=octets) for name, octets in NUMBERS.items()},
    "signed": partial(_number, octets=4, signed=True),
    "string": _text,
    "octets": _octets,
    "ipaddr": _ipv4,
    "ipv6addr": _ipv6,
    "combo-ip": _either,
    "ipv4prefix": _ipv4_prefix,
    "ipv6prefix": _ipv6_prefix,
    "ifid": _interface_id,
    "ether": parse_mac,
    "bool": _flag,
    "abinary": _raw,
}
# What holds other attributes: known by name, and never written as one value.
CONTAINERS: Final = frozenset(
    {"tlv", "struct", "vsa", "vendor", "evs", "extended", "long-extended", "group", "union", "attribute"}
)
SPELLINGS: Final = {
    "text": "string",
    "uint8": "byte",
    "uint16": "short",
    "uint32": "integer",
    "uint64": "integer64",
    "int32": "signed",
    "time": "date",
    "ipv4addr": "ipaddr",
    "ethernet": "ether",
    "combo-ipaddr": "combo-ip",
}


def encode_value(kind: str, text: str, tag: int, is_tagged: bool) -> bytes:
    """One value. tag: -1 = none is written where that can be. Raises ValueError: what is wanted, or does not fit.

    RFC 2868 3.1, 3.6: a tagged number always has its octet, of which 0 says nothing; in front of text it may lack.
    """
    if is_tagged and kind == "integer":
        return bytes((max(tag, 0),)) + _number(text, _TAGGED_OCTETS)
    value = TYPES[kind](text)
    return bytes((tag,)) + value if tag >= 0 else value


def most(kind: str, is_tagged: bool) -> int:
    """The largest number that an attribute of this kind can hold; 0 = it is no number."""
    octets = _TAGGED_OCTETS if is_tagged and kind == "integer" else NUMBERS.get(kind, 0)
    return (1 << 8 * octets) - 1
