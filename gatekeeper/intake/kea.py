"""Kea's ``reservations`` (Kea ARM 8.3, Host Reservations), global, of subnets and of shared networks.

A file may be the server's whole configuration, a part of it, a list of reservations, or what Kea's control channel
answers to ``config-get``, ``reservation-get``, ``reservation-get-all`` and ``reservation-get-page``, whose lists are
called ``hosts``. Kea's JSON has comments (``//``, ``#``, ``/* */``) and commas behind the last item, and may include
files, which are not read here.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from json import decoder, scanner
from typing import IO, Any, Final, TypeGuard

from gatekeeper.intake.entry import Entry, mac_of, not_taken
from gatekeeper.intake.order_file import Line, OrderFileError

# Text first, so that a sign in a URL is no comment.
_SKIPPED: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/|(?://|#)[^\n]*', re.DOTALL)
_LAST_COMMA: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|,(?=\s*(?:[\]}]|\Z))')
_INCLUDE: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|<\?include\b[^\n]*?\?>')
_MOST: Final = 1 << 27  # a million reservations
_LINE: Final = "\0line"  # no key of JSON that a person writes
_NONE: Final = "0.0.0.0"  # noqa: S104
_IDENTIFIERS: Final = ("client-id", "circuit-id", "duid", "flex-id")
_LISTS: Final = ("reservations", "hosts")
_HOLDERS: Final = frozenset({*_LISTS, "arguments", "result", "Dhcp4", "subnet4", "subnet"})
_TAKEN: Final = frozenset({"hw-address", "ip-address", "hostname", "user-context", "subnet-id", _LINE})


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


def read(file: IO[str]) -> Iterator[Entry | Line]:
    """The reservations of a file, which is read as a whole, as Kea does. Raises OrderFileError."""
    text = file.read(_MOST + 1)
    if len(text) > _MOST:
        raise OrderFileError(f"1: longer than {_MOST >> 20} Mi characters: part it")
    text = _SKIPPED.sub(_blank, text)
    included: list[Line] = []
    text = _INCLUDE.sub(lambda match: _leave_out(match, included), text)
    text = _LAST_COMMA.sub(lambda match: " " if match[0] == "," else match[0], text)
    if text.lstrip().startswith('"'):
        text = "{" + text + "}"  # a part of a configuration, as it is included
    try:
        found = _Decoder(text).decode(text)
    except json.JSONDecodeError as error:
        raise OrderFileError(f"{error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise OrderFileError("1: not a Kea configuration: nested too deep") from None
    reservations = found if _is_list(found) else list(_reservations(found, 0))
    if not reservations and not included:
        raise OrderFileError(f"1: there are no reservations in it{_answer(found)}")
    return chain(included, map(_entry, reservations))


def _blank(match: re.Match[str]) -> str:
    """A comment becomes its line ends; text stays."""
    return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])


def _leave_out(match: re.Match[str], included: list[Line]) -> str:
    """An included file is said and becomes nothing, or null where it is a value; text stays."""
    if match[0].startswith('"'):
        return match[0]
    number = match.string.count("\n", 0, match.start()) + 1
    included.append(not_taken(number, f"{match[0][:80]}: it is not read: import it by itself"))
    is_value = match.string[: match.start()].rstrip().endswith(":")
    return "null" if is_value else ""


def _answer(found: object) -> str:
    """What Kea's control channel says with its answer, "" = it is none."""
    one = found[0] if isinstance(found, list) and found else found
    return f": Kea answers {str(one['text'])[:80]!r}" if isinstance(one, dict) and "text" in one else ""


def _is_list(found: object) -> TypeGuard[list[object]]:
    """True for a list of reservations; one of answers, subnets or shared networks has them further inside."""
    return isinstance(found, list) and not any(isinstance(one, dict) and one.keys() & _HOLDERS for one in found)


def _reservations(found: object, depth: int) -> Iterator[object]:
    """Every item of every list of reservations of DHCPv4, and every object that is one by its identifier."""
    if depth > 8 or not isinstance(found, dict | list):
        return
    if isinstance(found, list):
        for item in found:
            yield from _reservations(item, depth + 1)
        return
    if any(name in found for name in ("hw-address", *_IDENTIFIERS)):
        yield found
        return
    for key, value in found.items():
        if key in _LISTS and isinstance(value, list):
            yield from value
        elif key not in ("Dhcp6", "user-context", "leases"):
            yield from _reservations(value, depth + 1)


def _entry(one: object) -> Entry | Line:
    if not isinstance(one, dict):
        return not_taken(1, f"{str(one)[:40]!r} is no reservation")
    number = one[_LINE]
    if "hw-address" not in one:
        by = ", ".join(key for key in one if key in _IDENTIFIERS) or "nothing"
        return not_taken(number, f"the reservation has no hw-address, it is by {by}")
    classes = one.get("client-classes")
    if isinstance(classes, list) and "DROP" in classes:
        return not_taken(number, "client class DROP: Kea does not serve this box")
    try:
        mac = mac_of(str(one["hw-address"]))
    except ValueError:
        return not_taken(number, f"{str(one['hw-address'])[:40]!r} is no Ethernet address")
    context = one.get("user-context")
    told = context if isinstance(context, dict) else {}
    address, name = (str(one.get(key) or "") for key in ("ip-address", "hostname"))
    boxes = told.get("boxes")
    return Entry(
        number,
        (mac,),
        name,
        "" if address == _NONE else address,
        account=str(told.get("account") or ""),
        fields=(("boxes", str(boxes)),) if boxes else (),
        ignored=tuple(key for key, value in one.items() if key not in _TAKEN and value not in ("", [], {}, _NONE)),
    )
