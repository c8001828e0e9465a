"""The name under which AAA is asked about a box: a template over what its DHCP message says.

The spellings of a MAC are those that access equipment sends as User-Name (see ``wire.text``). What a box or a relay
wrote stands in the name as it is where it is printable ASCII, else as ``0x…``.
"""

import difflib
import re
from collections.abc import Callable
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.text import ip_text, printable, stbid_mac

LONGEST: Final = 253  # RFC 2865 5.1
_PART: Final = re.compile(r"\{([^{}]*)\}|([^{}]+)")
_HOST_NAME: Final = 12
_VENDOR_CLASS: Final = 60
_CLIENT_ID: Final = 61


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Said(Value):
    """What a DHCP message says of its box. circuit_id, remote_id: parts of Option 82; giaddr: 0 = no relay."""

    __slots__ = ("mac", "options", "circuit_id", "remote_id", "giaddr")

    def __init__(self, mac: bytes, options: dict[int, bytes], circuit_id: bytes, remote_id: bytes, giaddr: int) -> None:
        self.mac: Final = mac
        self.options: Final = options
        self.circuit_id: Final = circuit_id
        self.remote_id: Final = remote_id
        self.giaddr: Final = giaddr


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class NamePart(Value):
    """Either a text that stands for itself, or a field."""

    __slots__ = ("text", "field")

    def __init__(self, text: str, field: str) -> None:
        self.text: Final = text
        self.field: Final = field


def _stbid(said: Said) -> str:
    """Option 12, where it is an STBID whose MAC is the box's."""
    text = printable(said.options.get(_HOST_NAME, b""))
    try:
        return text if stbid_mac(text) == said.mac else ""
    except ValueError:
        return ""


def _shown(value: bytes) -> str:
    return printable(value) if value else ""


_MACS: Final[dict[str, Callable[[bytes], str]]] = {
    "mac": lambda mac: mac.hex(),
    "mac-": lambda mac: mac.hex("-"),
    "mac:": lambda mac: mac.hex(":"),
    "mac.": lambda mac: mac.hex(".", 2),
    "mac-4": lambda mac: mac.hex("-", 2),
    "MAC": lambda mac: mac.hex().upper(),
    "MAC-": lambda mac: mac.hex("-").upper(),
    "MAC:": lambda mac: mac.hex(":").upper(),
    "MAC.": lambda mac: mac.hex(".", 2).upper(),
    "MAC-4": lambda mac: mac.hex("-", 2).upper(),
}
_OTHERS: Final[dict[str, Callable[[Said], str]]] = {
    "option12": lambda said: _shown(said.options.get(_HOST_NAME, b"")),
    "option60": lambda said: _shown(said.options.get(_VENDOR_CLASS, b"")),
    "option61": lambda said: _shown(said.options.get(_CLIENT_ID, b"")),
    "circuit_id": lambda said: _shown(said.circuit_id),
    "remote_id": lambda said: _shown(said.remote_id),
    "giaddr": lambda said: ip_text(said.giaddr) if said.giaddr else "",
    "stbid": _stbid,
}
FIELDS: Final = (*_MACS, *_OTHERS)


def parse_template(template: str) -> tuple[NamePart, ...]:
    """``{mac}@itv`` -> its parts. Raises ValueError: an unknown field, or a brace that has no other."""
    parts: list[NamePart] = []
    at = 0
    while at < len(template):
        match = _PART.match(template, at)
        if not match:
            raise ValueError(f"a brace without its other half in {template!r}")
        field, text = match.groups()
        if text is None and field not in FIELDS:
            near = difflib.get_close_matches(field, FIELDS, n=1)
            hint = f"did you mean {{{near[0]}}}?" if near else f"there are {' '.join(FIELDS)}"
            raise ValueError(f"{{{field}}} is no field: {hint}")
        parts.append(NamePart(text or "", field or ""))
        at = match.end()
    return tuple(parts)


def mac_field(parts: tuple[NamePart, ...]) -> str:
    """The first field that is a MAC; "" = none."""
    return next((part.field for part in parts if part.field in _MACS), "")


def spell_mac(field: str, mac: bytes) -> str:
    """The MAC as this field spells it."""
    return _MACS[field](mac)


def render_name(parts: tuple[NamePart, ...], said: Said) -> tuple[str, str]:
    """(the name, ""), or ("", the field that the message says nothing of)."""
    name = ""
    for part in parts:
        field = part.field
        value = part.text if not field else _MACS[field](said.mac) if field in _MACS else _OTHERS[field](said)
        if not value:
            return "", field
        name += value
    return name, ""
