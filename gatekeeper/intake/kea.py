"""Kea's ``reservations`` (Kea ARM 8.3, Host Reservations), global, of subnets and of shared networks.

A file may be the server's whole configuration, an object that has ``reservations``, or a list of them. Kea's JSON has
comments (``//``, ``#``, ``/* */``) and may include files, which are not read here.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from json import decoder, scanner
from typing import IO, Any, Final

from gatekeeper.intake.entry import install, not_taken, note_of
from gatekeeper.intake.order_file import Line, OrderFileError
from gatekeeper.wire.text import parse_mac

# Text first, so that a sign in a URL is no comment.
_SKIPPED: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/|(?://|#)[^\n]*', re.DOTALL)
_INCLUDE: Final = re.compile(r"<\?include\b")
_MOST: Final = 1 << 27  # a million reservations
_LINE: Final = "\0line"  # no key of JSON that a person writes
_NONE: Final = "0.0.0.0"  # noqa: S104
_TAKEN: Final = frozenset({"hw-address", "ip-address", "hostname", "user-context", _LINE})


class _Decoder(json.JSONDecoder):
    """JSON whose objects know the line that they begin on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        ends = [at for at, sign in enumerate(text) if sign == "\n"]

        def parse_object(begin: tuple[str, int], *rest: Any) -> tuple[dict[str, Any], int]:
            found, end = decoder.JSONObject(begin, *rest)  # type: ignore[attr-defined]
            found[_LINE] = bisect_right(ends, begin[1] - 1) + 1
            return found, end

        self.parse_object = parse_object
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def read(file: IO[str]) -> Iterator[Line]:
    """The reservations of a file, which is read as a whole, as Kea does. Raises OrderFileError."""
    text = file.read(_MOST + 1)
    if len(text) > _MOST:
        raise OrderFileError(f"1: longer than {_MOST >> 20} Mi characters: part it")
    text = _SKIPPED.sub(_blank, text)
    included = _INCLUDE.search(text)
    if included:
        at = text.count("\n", 0, included.start()) + 1
        raise OrderFileError(f"{at}: included files are not read: put them in place first")
    try:
        found = _Decoder(text).decode(text)
    except json.JSONDecodeError as error:
        raise OrderFileError(f"{error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise OrderFileError("1: not a Kea configuration: nested too deep") from None
    reservations = found if isinstance(found, list) else list(_reservations(found, 0))
    if not reservations:
        raise OrderFileError("1: there are no reservations in it")
    return chain.from_iterable(map(_entry, reservations))


def _blank(match: re.Match[str]) -> str:
    """A comment becomes its line ends; text stays."""
    return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])


def _reservations(found: object, depth: int) -> Iterator[object]:
    """Every item of every ``reservations`` list of DHCPv4."""
    if depth > 8 or not isinstance(found, dict | list):
        return
    if isinstance(found, list):
        for item in found:
            yield from _reservations(item, depth + 1)
        return
    for key, value in found.items():
        if key == "reservations" and isinstance(value, list):
            yield from value
        elif key not in ("Dhcp6", "user-context"):
            yield from _reservations(value, depth + 1)


def _entry(one: object) -> Iterator[Line]:
    if not isinstance(one, dict):
        yield not_taken(1, f"{str(one)[:40]!r} is no reservation")
        return
    number = one[_LINE]
    if "hw-address" not in one:
        by = ", ".join(key for key in one if key in ("client-id", "circuit-id", "duid", "flex-id")) or "nothing"
        yield not_taken(number, f"the reservation has no hw-address, it is by {by}")
        return
    classes = one.get("client-classes")
    if isinstance(classes, list) and "DROP" in classes:
        yield not_taken(number, "client class DROP: Kea does not serve this box")
        return
    try:
        mac = parse_mac(str(one["hw-address"]))
    except ValueError:
        yield not_taken(number, f"{str(one['hw-address'])[:40]!r} is no Ethernet address")
        return
    context = one.get("user-context")
    account = context.get("account", "") if isinstance(context, dict) else ""
    address, name = (str(one.get(key) or "") for key in ("ip-address", "hostname"))
    ignored = [key for key, value in one.items() if key not in _TAKEN and value not in ("", [], {}, _NONE)]
    note = note_of(ignored)
    fields = install("kea", mac, str(account) or name, address="" if address == _NONE else address)
    yield Line(number, fields, note=note)
