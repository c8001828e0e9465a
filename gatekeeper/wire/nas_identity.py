"""How a MAC stands in the attributes of each NAS. A form reads one value; b"" = it names no box."""

import re
from collections.abc import Callable
from typing import Final

from gatekeeper.wire.nas_port import option_of, wide_option_of
from gatekeeper.wire.text import parse_mac

_CLIENT_ID: Final = 61
_BETWEEN_PAIRS: Final = {sign: bytes((sign,)) * 5 for sign in b":-. "}
_ETHERNET: Final = 1
# RouterOS: the client identifier, hardware type first, octets without their leading zero.
_LOOSE: Final = re.compile(r"(?:1:)?([0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5})")


def mac_in(value: bytes) -> bytes:
    """``MAC``, or ``MAC@domain``, in any usual spelling."""
    size = len(value)
    # The two spellings that most NASes use, at a third of the price of the general way.
    if size == 12 or (size == 17 and value[2::3] == _BETWEEN_PAIRS.get(value[2])):
        try:
            mac = bytes.fromhex((value if size == 12 else value.translate(None, value[2:3])).decode("ascii"))
        except ValueError:
            mac = b""
        if len(mac) == 6:  # fromhex passes over blanks
            return mac
    text = value.decode("ascii", "replace")
    try:
        # A BRAS may append its domain to the name.
        return parse_mac(text.partition("@")[0])
    except ValueError:
        return b""


def _in_client_id(value: bytes) -> bytes:
    """``1:d4:c1:c8:ee:9b:1f`` (RouterOS manual, DHCP server with RADIUS), ``0:c:29:1:2:3``, or any usual spelling."""
    match = _LOOSE.fullmatch(value.decode("ascii", "replace"))
    return bytes(int(octet, 16) for octet in match[1].split(":")) if match else mac_in(value)


def _in_last_word(value: bytes) -> bytes:
    """``10.20.1.7 d4:c1:c8:ee:9b:1f`` (H3C-Ip-Host-Addr)."""
    return mac_in(value.rpartition(b" ")[2])


def mac_of_client_id(value: bytes) -> bytes:
    """Option 61 of hardware type 1 (RFC 2132 9.14) -> its MAC."""
    return value[1:] if len(value) == 7 and value[0] == _ETHERNET else b""


def _in_options(value: bytes) -> bytes:
    """DHCP options as the box sent them, its client identifier among them."""
    return mac_of_client_id(option_of(value, _CLIENT_ID))


def _in_wide_options(value: bytes) -> bytes:
    """HW-DHCP-Option: one option, two octets of type before its value."""
    return mac_of_client_id(wide_option_of(value, _CLIENT_ID))


_CLIENT_MAC: Final = b"client-mac-address="


def _in_av_pair(value: bytes) -> bytes:
    """``client-mac-address=0200.5e10.0001`` (Cisco ISG)."""
    return mac_in(value[len(_CLIENT_MAC) :]) if value.startswith(_CLIENT_MAC) else b""


FORMS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "text": mac_in,
    "client-id": _in_client_id,
    "last-word": _in_last_word,
    "av-pair": _in_av_pair,
    "options": _in_options,
    "wide-options": _in_wide_options,
}
