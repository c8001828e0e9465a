"""Options of several vendors in one: 77 user class (RFC 3004), 124 vendor class and 125 vendor-specific (RFC 3925).

How they are written in the configuration stands in ``option_types``.
"""

from collections.abc import Callable
from typing import Final

from gatekeeper.wire.text import octets_text, parse_octets, printable, split_items

_OCTETS: Final = ("0x", "0X")  # how octets begin where text stands too


def _data(value: object) -> bytes:
    """Text, or octets behind 0x; 255 at most, as one octet counts them."""
    if not isinstance(value, str):
        raise ValueError(f'text or "0x…" is wanted, not {value!r}')
    data = parse_octets(value) if value.startswith(_OCTETS) else value.encode()
    return _sized(data)


def _sized(data: bytes) -> bytes:
    if len(data) > 255:
        raise ValueError(f"{len(data)} octets, 255 at most are wanted where one octet counts them")
    return data


def _counted(data: bytes) -> bytes:
    return bytes((len(_sized(data)),)) + data


def classes(value: object) -> bytes:
    items = split_items(value)
    if not items:
        raise ValueError("texts are wanted")
    return b"".join(_counted(_data(item)) for item in items)


def show_classes(value: bytes) -> str:
    found, at = [], 0
    while at < len(value):
        part = value[at + 1 : at + 1 + value[at]]
        if not part or len(part) < value[at]:
            return printable(value.rstrip(b"\0"))  # many boxes send one bare text
        found.append(printable(part))
        at += 1 + len(part)
    return ",".join(found)


def _table(value: object, what: str, most: int) -> list[tuple[int, object]]:
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{what} is wanted, not {value!r}")
    found = []
    for key, item in value.items():
        if not str(key).isdigit() or not int(key) <= most:
            raise ValueError(f"a number from 0 to {most} is wanted, not {key!r}")
        found.append((int(key), item))
    return found


def _by_enterprise(value: object, what: str, encode: Callable[[object], bytes]) -> bytes:
    if isinstance(value, str) and value.startswith(_OCTETS):
        octets = parse_octets(value)
        enterprises(octets)
        return octets
    table = _table(value, what, 0xFFFFFFFF)
    return b"".join(number.to_bytes(4, "big") + _counted(encode(item)) for number, item in table)


def vendor_class(value: object) -> bytes:
    return _by_enterprise(value, "{ ENTERPRISE = DATA }", _data)


def vendor(value: object) -> bytes:
    def suboptions(item: object) -> bytes:
        return b"".join(bytes((code,)) + _counted(_data(data)) for code, data in _table(item, "{ CODE = DATA }", 255))

    return _by_enterprise(value, "{ ENTERPRISE = { CODE = DATA } }", suboptions)


def enterprises(value: bytes) -> list[tuple[int, bytes]]:
    """(enterprise, data) of option 124 or 125 (RFC 3925 3, 4). Raises ValueError where one is cut."""
    found, at = [], 0
    while at < len(value):
        start = at + 5
        if start > len(value) or start + value[at + 4] > len(value):
            raise ValueError("whole enterprise data are wanted (RFC 3925)")
        found.append((int.from_bytes(value[at : at + 4], "big"), value[start : start + value[at + 4]]))
        at = start + value[at + 4]
    return found


def show_vendor_class(value: bytes) -> str:
    return ",".join(f"{number}={printable(data)}" for number, data in enterprises(value))


def show_vendor(value: bytes) -> str:
    return ",".join(f"{number}:{_show_suboptions(data)}" for number, data in enterprises(value))


def _show_suboptions(data: bytes) -> str:
    found, at = [], 0
    while at < len(data):
        start = at + 2
        if start > len(data) or start + data[at + 1] > len(data):
            return octets_text(data)
        found.append(f"{data[at]}={printable(data[start : start + data[at + 1]])}")
        at = start + data[at + 1]
    return " ".join(found)
