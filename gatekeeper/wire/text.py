"""How MACs, STBIDs and IPv4 addresses are spelled.

The MAC spellings are those that access equipment sends: 12 hex digits; pairs or quads with one separator throughout
(RFC 3580 3.21 ``00-10-A4-23-19-C0``, Cisco and Juniper ``aabb.ccdd.eeff``, Huawei and H3C ``aabb-ccdd-eeff``); halves.
"""

import re
from functools import lru_cache
from typing import Final

_MAC: Final = re.compile(
    r"[0-9A-Fa-f]{12}"
    r"|[0-9A-Fa-f]{2}([:. -])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
    r"|[0-9A-Fa-f]{4}([:.-])[0-9A-Fa-f]{4}\2[0-9A-Fa-f]{4}"
    r"|[0-9A-Fa-f]{6}[:.-][0-9A-Fa-f]{6}"
)
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_SEPARATORS: Final = str.maketrans("", "", ":.- ")
# Groups of digits with one separator throughout; dots part quads only, so that no address is taken for octets.
_OCTETS: Final = re.compile(
    r"(?:0[xX])?[0-9A-Fa-f]+(?:([: ,-])(?:0[xX])?[0-9A-Fa-f]+(?:\1(?:0[xX])?[0-9A-Fa-f]+)*)?"
    r"|(?:0[xX])?[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4})*\.(?:[0-9A-Fa-f]{2}){1,2}"
)
_GROUPS: Final = re.compile(r"[:., -]")
_AROUND_SEPARATOR: Final = re.compile(r"\s*([:,-]|\s)\s*")
_PRINTABLE: Final = re.compile(rb"[\x20-\x7e]+")


def parse_mac(text: str) -> bytes:
    """A MAC in any of the spellings above -> 6 octets. Raises ValueError for anything else."""
    if not _MAC.fullmatch(text):
        raise ValueError(f"not a MAC address: {text[:40]!r}")
    return bytes.fromhex(text.translate(_SEPARATORS))


def mac_text(mac: bytes) -> str:
    """6 octets -> ``d4:c1:c8:ee:9b:1f``."""
    return mac.hex(":")


def stbid_mac(stbid: str) -> bytes:
    """The MAC in an STBID: 32 characters, the last 12 are the MAC in hex. Raises ValueError."""
    if len(stbid) != 32 or not stbid.isascii() or not stbid.isalnum():
        raise ValueError(f"an STBID has 32 letters and digits: {stbid[:40]!r}")
    return parse_mac(stbid[20:])


def parse_ip(text: str) -> int:
    """Dotted quad -> int. Raises ValueError: four decimal numbers 0..255 without leading zeros, nothing else."""
    parts = text.split(".")
    if len(parts) != 4:
        raise ValueError(f"not an IPv4 address: {text[:40]!r}")
    value = 0
    for part in parts:
        if (
            not (part.isascii() and part.isdigit())
            or len(part) > 3
            or (len(part) > 1 and part[0] == "0")
            or int(part) > 255
        ):
            raise ValueError(f"not an IPv4 address: {text[:40]!r}")
        value = value << 8 | int(part)
    return value


@lru_cache(maxsize=4_096)
def ip_text(address: int) -> str:
    """int -> dotted quad."""
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


def printable(value: bytes) -> str:
    """Wire text for people: as it is where it is printable ASCII, else ``0x…``."""
    return value.decode("ascii") if _PRINTABLE.fullmatch(value) else "0x" + value.hex()


def is_host_name(text: str) -> bool:
    """True for what DHCP servers take as a name (RFC 1123 2.1, and the underscore)."""
    return bool(_HOST_NAME.fullmatch(text))


def split_items(value: object) -> list[str]:
    """A configured list, or one text whose items commas part. Raises ValueError for anything else."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if not isinstance(value, list):
        raise ValueError(f"text or a list is wanted, not {value!r}")
    return [str(item) for item in value]


def parse_octets(value: object) -> bytes:
    """Octets as manuals write them. Raises ValueError.

    ``0x0120ff``, ``0120ff``, ``01:20:ff``, ``1:20:ff`` (ISC dhcpd), ``01-20-ff``, ``01 20 ff`` and ``0120 ff`` (H3C),
    ``0x01, 0x20, 0xff``, ``0120.ff`` (Cisco IOS); digits in either case; a long one may go on in the next line.
    """
    text = _AROUND_SEPARATOR.sub(r"\1", value.strip()) if isinstance(value, str) else ""
    spelled = _OCTETS.fullmatch(text)
    if not spelled:
        raise ValueError(f"hexadecimal octets are wanted, not {str(value)[:80]!r}")
    groups = [group[2:] if group[:2] in ("0x", "0X") else group for group in _GROUPS.split(text)]
    # One digit is an octet only beside separators that part octets: never in 0120 f, of which a digit is lost.
    alone = len(groups) > 1 and all(len(group) <= 2 for group in groups)
    try:
        return b"".join(bytes.fromhex(group.zfill(2) if alone else group) for group in groups)
    except ValueError:
        raise ValueError(f"hexadecimal octets are wanted, two digits each, not {str(value)[:80]!r}") from None


def octets_text(value: bytes) -> str:
    """Octets -> ``0x0120ff``."""
    return "0x" + value.hex()
