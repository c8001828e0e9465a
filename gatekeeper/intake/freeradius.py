"""FreeRADIUS's ``users`` file, ``mods-config/files/authorize`` (users(5)): entries whose name is a MAC, or which a
check of Calling-Station-Id ties to one.

An entry is a name with check items, and lines that begin with white space with reply items. The rate attributes are
those that ``wire.nas`` sends, read backwards; Framed-IP-Address is the fixed address. Attributes are named in any case,
as in FreeRADIUS's dictionaries.
"""

import re
import string
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from gatekeeper.intake.entry import Entry, is_address, is_mac, not_taken
from gatekeeper.intake.order_file import Line, unreadable
from gatekeeper.wire.nas import DIALECTS
from gatekeeper.wire.text import parse_mac

_NAME: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_ITEM: Final = re.compile(
    r'\s*([A-Za-z0-9][\w.:-]*)\s*(:=|\+=|==|!=|>=|<=|=~|!~|=\*|!\*|=|>|<)\s*("(?:[^"\\]|\\.)*"|\'[^\']*\'|[^\s,#]+)\s*(,|$|(?=#))'
)
_PASSWORDS: Final = ("cleartext-password", "user-password")
_NO_CONDITIONS: Final = frozenset({*_PASSWORDS, "auth-type", "service-type"})
# RFC 2865 5.8: which address a session gets is left to the user, to the NAS.
_ANY_ADDRESS: Final = {"255.255.255.255": "the user chooses", "255.255.255.254": "the NAS chooses"}
_UNITS: Final = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_HOLES: Final = {
    "up_bps": r"(?P<up_bps>\d{1,15})",
    "down_bps": r"(?P<down_bps>\d{1,15})",
    "up_kbps": r"(?P<up_kbps>\d{1,12})",
    "down_kbps": r"(?P<down_kbps>\d{1,12})",
    "up_text": r"(?P<up_text>\d{1,15}[kMG]?)",
    "down_text": r"(?P<down_text>\d{1,15}[kMG]?)",
}


class _Item(NamedTuple):
    """One attribute of an entry. key: its name in small letters."""

    key: str
    name: str
    operator: str
    value: str


class _Entry(NamedTuple):
    """One entry: the line of its name, its check items and its reply items. problem: "" or what cannot be read."""

    number: int
    name: str
    checks: list[_Item]
    replies: list[_Item]
    problem: str


def _pattern(template: str) -> re.Pattern[str]:
    """What a value made from the template looks like; holes that say nothing of the rate may hold anything."""
    parts: list[str] = []
    seen: set[str] = set()
    for literal, hole, _, _ in string.Formatter().parse(template):
        parts.append(re.escape(literal))
        if hole:
            parts.append(f"(?P={hole})" if hole in seen else _HOLES.get(hole, r"\S+?"))
            seen |= {hole} & _HOLES.keys()
    return re.compile("".join(parts), re.ASCII)


def _readers() -> dict[str, list[re.Pattern[str]]]:
    """attribute in small letters -> patterns of its values, of all dialects."""
    found: dict[str, list[re.Pattern[str]]] = {}
    for dialect in DIALECTS.values():
        for row in dialect.rates:
            found.setdefault(row.attribute.lower(), []).append(_pattern(row.template))
    return found


_READERS: Final = _readers()
# Attributes on whose unit sources contradict each other -> as what they are read.
_DISPUTED: Final = {
    row.attribute: dialect.disputed_unit
    for dialect in DIALECTS.values()
    if dialect.disputed_unit
    for row in dialect.rates
}


def read(text: IO[str]) -> Iterator[Entry | Line]:
    """The entries of a file."""
    for entry in _entries(text):
        yield _order(entry)


def _entries(text: IO[str]) -> Iterator[_Entry]:
    """Entries, and what stands where one should, as an entry with a problem."""
    entry: _Entry | None = None
    for number, line in enumerate(text, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] in " \t":
            if entry is None:
                yield _Entry(number, "", [], [], "reply items without an entry above them")
                continue
            problem = _read_items(line, entry.replies)
            entry = entry._replace(problem=entry.problem or problem)
            continue
        if entry:
            yield entry
        entry = _begin(number, line)
    if entry:
        yield entry


def _begin(number: int, line: str) -> _Entry:
    name = _NAME.match(line)
    if not name:
        return _Entry(number, "", [], [], "no name of an entry")
    checks: list[_Item] = []
    problem = "" if line.startswith("$INCLUDE") else _read_items(line[name.end() :], checks)
    return _Entry(number, name[1] or name[2] or "", checks, [], problem)


def _read_items(line: str, items: list[_Item]) -> str:
    """Append the items of the line; what cannot be read, "" = all could be."""
    at = 0
    while at < len(line) and line[at:].strip() and not line[at:].lstrip().startswith("#"):
        match = _ITEM.match(line, at)
        if not match:
            # Not what stands there: it may be a password.
            return "an item that is no attribute with a value"
        value = match[3]
        items.append(_Item(match[1].lower(), match[1], match[2], value[1:-1] if value[0] in "\"'" else value))
        at = match.end()
    return ""


def _order(entry: _Entry) -> Entry | Line:
    number, name = entry.number, entry.name
    if name == "$INCLUDE":
        return not_taken(number, "$INCLUDE: what it names is not read: import it by itself")
    if entry.problem:
        return unreadable(number, entry.problem)
    default = name.upper() == "DEFAULT"
    station = next((one for one in entry.checks if one.key == "calling-station-id" and one.operator == "=="), None)
    try:
        mac = parse_mac(station.value if station else name)
    except ValueError:
        what = "DEFAULT is for everybody" if default else f"{name[:40]!r} is not named by a MAC"
        return not_taken(number, f"entry {what}: orders name each box")
    for check in entry.checks:
        if check is station:
            continue
        if check.key == "auth-type" and check.value.lower() == "reject":
            return not_taken(number, "Auth-Type Reject: FreeRADIUS lets this box in nowhere")
        if check.key not in _NO_CONDITIONS:
            return not_taken(number, f"check item {check.name}: gatekeeper has no such condition")
    fields: dict[str, str] = {}
    password = next((one.value for one in entry.checks if one.key in _PASSWORDS), name)
    ignored = [what for item in entry.replies if (what := _take(item, fields))]
    # Which password a box has is said once for all boxes of a NAS: [[radius.client]] mac_password.
    ignored += ["a password that is not the MAC"] if password != name else []
    assumed = "; ".join(f"{one.name} read as {_DISPUTED[one.name]}/s" for one in entry.replies if one.name in _DISPUTED)
    address = fields.pop("address", "")
    account = "" if default or is_mac(name) else name
    kept = tuple(dict.fromkeys(ignored))
    return Entry(
        number, (mac,), address=address, account=account, fields=tuple(fields.items()), ignored=kept, assumed=assumed
    )


def _take(item: _Item, fields: dict[str, str]) -> str:
    """Write the item into the fields; the first of several stays. What of it has no place in an order, "" = nothing."""
    if item.key == "framed-ip-address":
        return _take_address(item.value, fields)
    for pattern in _READERS.get(item.key, ()):
        match = pattern.match(item.value)
        # What follows the rate (RouterOS: bursts) is not taken over.
        if match and (match.end() == len(item.value) or item.value[match.end()] == " "):
            for hole, value in match.groupdict().items():
                direction, unit = hole.split("_")
                fields.setdefault(f"rate_{direction}_kbps", str(_kbps(value, unit)))
            return ""
    return "" if item.key == "service-type" else item.name


def _take_address(value: str, fields: dict[str, str]) -> str:
    """The address that an account is given; what says none, or is a further one, is told."""
    if value in _ANY_ADDRESS:
        return f"Framed-IP-Address {value} ({_ANY_ADDRESS[value]}, RFC 2865 5.8)"
    if not is_address(value) or fields.setdefault("address", value) != value:
        return f"Framed-IP-Address {value[:40]}"
    return ""


def _kbps(value: str, unit: str) -> int:
    """1 kbit/s = 1000 bit/s (contract 10.3). Less than that is not no limit."""
    if unit == "kbps":
        return int(value)
    bits = int(value.rstrip("kMG")) * _UNITS[value.lstrip("0123456789")]
    return max(bits // 1000, min(bits, 1))
