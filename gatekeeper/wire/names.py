"""Domain names as DNS writes them (RFC 1035 3.1), with compression (RFC 1035 4.1.4, in DHCP: RFC 3397 2)."""

import re
from typing import Final

_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST: Final = 255  # RFC 1035 2.3.4
_POINTER: Final = 0xC0


def _labels(name: str) -> list[str]:
    labels = name.strip().removesuffix(".").split(".")
    if not all(map(_LABEL.fullmatch, labels)) or sum(map(len, labels)) + len(labels) >= _LONGEST:
        raise ValueError(f"a domain name is wanted (labels of 1 to 63 letters, digits, hyphens), not {name[:80]!r}")
    return labels


def encode_name(name: str) -> bytes:
    """``sip.example.net`` -> labels and the empty one; no compression. Raises ValueError."""
    return b"".join(bytes((len(label),)) + label.encode() for label in _labels(name)) + b"\0"


def encode_names(names: list[str]) -> bytes:
    """Names in sequence; an ending that was written before becomes a pointer to it. Raises ValueError."""
    if not names:
        raise ValueError("domain names are wanted")
    value = bytearray()
    known: dict[tuple[str, ...], int] = {}
    for name in names:
        labels = _labels(name)
        for at, label in enumerate(labels):
            ending = tuple(part.lower() for part in labels[at:])
            if ending in known:
                value += (_POINTER << 8 | known[ending]).to_bytes(2, "big")
                break
            if len(value) < 1 << 14:
                known[ending] = len(value)
            value += bytes((len(label),)) + label.encode()
        else:
            value.append(0)
    return bytes(value)


def read_names(value: bytes) -> list[str]:
    """All names of the value. Raises ValueError where one is empty, cut, too long, or points anywhere but back."""
    names, at = [], 0
    while at < len(value):
        name, at = _read_name(value, at)
        names.append(name)
    return names


def _read_name(value: bytes, at: int) -> tuple[str, int]:
    """The name at this place, and the place behind it."""
    labels: list[str] = []
    behind = 0
    while True:
        size = value[at] if at < len(value) else 64
        if size == 0:
            if not labels:
                # The root is nothing to search in and nobody's host: it is what an empty label in a name leaves behind.
                raise ValueError("an empty name, or an empty label within one")
            return ".".join(labels), behind or at + 1
        if size >= _POINTER:
            target = int.from_bytes(value[at : at + 2], "big") & 0x3FFF
            # Pointers lead back, and a name has 255 octets at most: so this loop ends.
            if len(value) < at + 2 or target >= at:
                raise ValueError("a pointer that does not lead back")
            behind, at = behind or at + 2, target
            continue
        label = value[at + 1 : at + 1 + size]
        if size > 63 or len(label) < size:
            raise ValueError("a label runs over the end")
        labels.append(label.decode("ascii", "backslashreplace"))
        if sum(map(len, labels)) + len(labels) >= _LONGEST:
            raise ValueError("a name of more than 255 octets")
        at += 1 + size
