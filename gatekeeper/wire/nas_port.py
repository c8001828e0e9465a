"""How an access line stands in the attributes of each NAS. A form reads one value; b"" = it names no line."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from gatekeeper.wire import Malformed
from gatekeeper.wire.relay_agent import read_relay_info

_AGENT: Final = 82
_BITS: Final = re.compile(r"([a-z]\w{0,15}):(\d{1,2})")
# The words of the slot=;subslot=;port= form, in which vlanid is the inner tag and vlanid2 the outer.
_WORDS: Final = {
    "slot": "slot",
    "subslot": "subslot",
    "port": "port",
    "vlan": "vlanid",
    "vlan2": "vlanid2",
    "vpi": "vpi",
    "vci": "vci",
}


def option_of(value: bytes, code: int) -> bytes:
    """One option's value out of DHCP options as they stand in a packet; b"" = not there, or they cannot be read."""
    at = 0
    while at < len(value) and value[at] != 255:
        if value[at] == 0:
            at += 1
            continue
        start = at + 2
        if start > len(value) or start + value[at + 1] > len(value):
            return b""
        if value[at] == code:
            return value[start : start + value[at + 1]]
        at = start + value[at + 1]
    return b""


def wide_option_of(value: bytes, code: int) -> bytes:
    """HW-DHCP-Option (NetEngine 26-187): the option's value behind two octets of type; b"" = another option."""
    return value[2:] if int.from_bytes(value[:2], "big") == code else b""


def _line(value: bytes, port_key: str) -> bytes:
    return value


def _option_82(value: bytes, port_key: str) -> bytes:
    """The whole of Option 82, read as DHCP reads it."""
    try:
        return read_relay_info(value, port_key).line
    except Malformed:
        return b""


def _options(value: bytes, port_key: str) -> bytes:
    return _option_82(option_of(value, _AGENT), port_key)


def _wide_options(value: bytes, port_key: str) -> bytes:
    return _option_82(wide_option_of(value, _AGENT), port_key)


_TAGS: Final = {"circuit-id": b"circuit-id-tag=", "remote-id": b"remote-id-tag="}


def _av_pair(value: bytes, port_key: str) -> bytes:
    """All of a request's Cisco-AVPair, a line each. ISG tells circuit-id and remote-id apart; the octets in
    hexadecimal."""
    pairs = value.split(b"\n")
    keys = ("circuit-id", "remote-id") if port_key == "both" else (port_key,)
    found = [next((pair[len(_TAGS[key]) :] for pair in pairs if pair.startswith(_TAGS[key])), b"") for key in keys]
    return b" ".join(part for part in found if part)


FORMS: Final[dict[str, Callable[[bytes, str], bytes]]] = {
    "line": _line,
    "option-82": _option_82,
    "options": _options,
    "wide-options": _wide_options,
    "av-pair": _av_pair,
}
# What stands between the instances of an attribute that are read as one value.
JOINED_BY: Final = {"options": b"", "av-pair": b"\n"}


def bit_fields(text: str) -> tuple[tuple[str, int], ...]:
    """``slot:8 subslot:4 port:8 vlan:12`` -> ((word, bits), …), the highest first. Raises ValueError."""
    fields: dict[str, int] = {}
    for part in text.split():
        match = _BITS.fullmatch(part)
        if not match or match[1] not in _WORDS:
            raise ValueError(f"{part!r} is no field: NAME:BITS, of {' '.join(_WORDS)}")
        if _WORDS[match[1]] in fields:
            raise ValueError(f"{match[1]} is there twice")
        fields[_WORDS[match[1]]] = int(match[2])
    bits = sum(fields.values())
    if bits != 32 or not all(fields.values()):
        raise ValueError(f"the fields have {bits} bits, NAS-Port has 32 (RFC 2865 5.5)")
    return tuple(fields.items())


def line_of_bits(value: bytes, fields: Sequence[tuple[str, int]]) -> bytes:
    """NAS-Port -> ``slot=1;subslot=0;port=7;vlanid=100;``; b"" for 0 and for what is not 4 octets."""
    number = int.from_bytes(value, "big") if len(value) == 4 else 0
    if not number:
        return b""
    parts = []
    left = 32
    for word, bits in fields:
        left -= bits
        parts.append(f"{word}={number >> left & (1 << bits) - 1};")
    return "".join(parts).encode()
