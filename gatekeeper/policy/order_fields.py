"""The fields of an order, a row each, and reading them. Whatever a BSS, a CSV file or a person wrote is read here and
nowhere else.

Command line, CSV, HTTP, TMF641 and README take names and meanings from ``FIELDS``. A new field is a row at its end, a
part at the end of ``Order``, and whatever decides on it.
"""

import difflib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Reason
from gatekeeper.value import Value, values_of
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import mac_text, parse_ip, parse_mac, stbid_mac

KINDS: Final = ("install", "amend", "swap", "move", "rate", "suspend", "resume", "cancel")
_WRITING: Final = ("install", "amend", "swap", "move", "rate")  # they write what they name into the account
_OF_A_BOX: Final = ("install", "amend", "swap")
_MAX_TEXT: Final = 256
_OCTETS: Final = re.compile(r"0[xX](?:[0-9A-Fa-f]{2})+")
# So that the URL alone fits option 43 or 125 in every dialect.
_MAX_URL: Final = 246
_MAX_KBPS: Final = 1_000_000_000
_MAX_BOXES: Final = 1000
_MAX_NAME: Final = 64
# Stores hold the contents of orders with as many fields; those that came later are told only where an order has them.
_ALWAYS_TOLD: Final = 14

Part = str | bytes | int


class OrderRefused(Exception):  # noqa: N818 - the order was refused, nothing broke
    """An order that cannot be applied: why, in one word and in one sentence."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Order(Value):
    """One work order, read; its parts stand in the sequence of ``FIELDS``. Absent: "" or b"", -1 for numbers, 0 for
    the address."""

    __slots__ = (
        "number",
        "kind",
        "account",
        "subscriber",
        "mac",
        "stbid",
        "old_mac",
        "port",
        "rate_down_kbps",
        "rate_up_kbps",
        "address",
        "acs_url",
        "boxes",
        "plan",
    )

    def __init__(
        self,
        number: str,
        kind: str,
        account: str,
        subscriber: str,
        mac: bytes,
        stbid: str,
        old_mac: bytes,
        port: str,
        rate_down_kbps: int,
        rate_up_kbps: int,
        address: int,
        acs_url: str,
        boxes: int,
        plan: str,
    ) -> None:
        self.number: Final = number
        self.kind: Final = kind
        self.account: Final = account
        self.subscriber: Final = subscriber
        self.mac: Final = mac
        self.stbid: Final = stbid
        self.old_mac: Final = old_mac
        self.port: Final = port
        self.rate_down_kbps: Final = rate_down_kbps
        self.rate_up_kbps: Final = rate_up_kbps
        self.address: Final = address
        self.acs_url: Final = acs_url
        self.boxes: Final = boxes
        self.plan: Final = plan

    def contents(self) -> str:
        """What makes two orders of one number the same order."""
        parts = list(values_of(self))
        while len(parts) > _ALWAYS_TOLD and parts[-1] == FIELDS[len(parts) - 1].form.absent:
            parts.pop()
        told = [part.hex() if isinstance(part, bytes) else part for part in parts]
        return json.dumps(told, ensure_ascii=False)

    @classmethod
    def of(cls, contents: str) -> "Order":
        """The order that has these contents. Raises ValueError for more of them than there are fields."""
        told = json.loads(contents)
        absent = [row.form.absent for row in FIELDS]
        pairs = zip(told, absent[: len(told)], strict=True)
        parts: list[Any] = [bytes.fromhex(part) if isinstance(none, bytes) else part for part, none in pairs]
        return cls(*parts + absent[len(parts) :])


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Form(Value):
    """What a field may hold. read: the texts of all fields, and the name of this one -> its part of the Order; raises
    OrderRefused. is_number: JSON may have it as a number too."""

    __slots__ = ("read", "absent", "is_number")

    def __init__(self, read: Callable[[Mapping[str, str], str], Part], absent: Part, is_number: bool = False) -> None:
        self.read: Final = read
        self.absent: Final = absent
        self.is_number: Final = is_number


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Field(Value):
    """One field, as everybody names it. meaning: a sentence for people. kinds: the orders that use it; others let it
    pass. option: on the command line, "" = the verb says it. unit: of what stands behind the option, "" = text. shown:
    the listing that has a column of its name, "" = none. required: no order is without it."""

    __slots__ = ("name", "form", "meaning", "kinds", "option", "unit", "shown", "required")

    def __init__(
        self,
        name: str,
        form: Form,
        meaning: str,
        kinds: tuple[str, ...],
        option: str,
        unit: str = "",
        shown: str = "",
        required: bool = False,
    ) -> None:
        self.name: Final = name
        self.form: Final = form
        self.meaning: Final = meaning
        self.kinds: Final = kinds
        self.option: Final = option
        self.unit: Final = unit
        self.shown: Final = shown
        self.required: Final = required


def read(fields: Mapping[str, object]) -> Order:
    """Fields as text (CSV, command line, JSON) -> Order. Empty = absent. Raises OrderRefused."""
    unknown = fields.keys() - _KNOWN
    if unknown:
        name = min(unknown)[:_MAX_NAME]
        raise OrderRefused(Reason.BAD_FIELD, f"unknown field {name!r}: {meant(name) or 'there are ' + ' '.join(NAMES)}")
    texts = {name: _text(name, fields.get(name)) for name in NAMES}
    for row in FIELDS:
        if row.required and not texts[row.name]:
            raise OrderRefused(Reason.MISSING_FIELD, f"{row.name} is missing")
    parts: list[Any] = [row.form.read(texts, row.name) for row in FIELDS]
    return Order(*parts)


def meant(name: str) -> str:
    """Which field a misspelled name was perhaps to be, as a question; "" = it is like none."""
    near = difflib.get_close_matches(name, NAMES, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise OrderRefused(Reason.BAD_FIELD, f"{name} must be text or a number")
    text = str(value).strip()
    if len(text) > _MAX_TEXT or not text.isprintable():
        raise OrderRefused(Reason.BAD_FIELD, f"{name} must be at most {_MAX_TEXT} printable characters")
    return text


def _plain(texts: Mapping[str, str], name: str) -> str:
    return texts[name]


def _kind(texts: Mapping[str, str], name: str) -> str:
    if texts[name] not in KINDS:
        raise OrderRefused(Reason.BAD_FIELD, f"{name} {texts[name]!r} is none of {' '.join(KINDS)}")
    return texts[name]


def _mac(texts: Mapping[str, str], name: str) -> bytes:
    return _mac_of(name, texts[name]) if texts[name] else b""


def _mac_of(name: str, text: str) -> bytes:
    try:
        mac = parse_mac(text)
    except ValueError:
        raise OrderRefused(Reason.BAD_MAC, f"{name} {text!r} is not a MAC address") from None
    if mac[0] & 1 or mac == bytes(6):
        raise OrderRefused(Reason.BAD_MAC, f"{name} {text!r} is a group or null address, no box has it")
    return mac


def _box_mac(texts: Mapping[str, str], name: str) -> bytes:
    """The MAC of the box, by itself or as its STBID has it; where both are given they are the same."""
    mac, stbid = _mac(texts, name), texts["stbid"]
    if not stbid:
        return mac
    try:
        from_stbid = stbid_mac(stbid)
    except ValueError as error:
        raise OrderRefused(Reason.BAD_MAC, f"stbid: {error}") from None
    if mac and mac != from_stbid:
        raise OrderRefused(Reason.STBID_MISMATCH, f"mac {mac_text(mac)}, but the STBID ends in {mac_text(from_stbid)}")
    return mac or _mac_of("stbid", stbid[20:])


def _stbid(texts: Mapping[str, str], name: str) -> str:
    """``_box_mac`` has looked at it."""
    return texts[name].upper()


def _port(texts: Mapping[str, str], name: str) -> str:
    """The canonical spelling; blanks round the bar are a person's, not the line's."""
    text = texts[name]
    node, bar, line = text.partition("|")
    line = line.strip() if bar else text
    if text and not line:
        raise OrderRefused(Reason.BAD_FIELD, f"{name} {text!r} names an access node and no line")
    if line[:2] in ("0x", "0X") and not _OCTETS.fullmatch(line):
        raise OrderRefused(Reason.BAD_FIELD, f"{name} {line!r} begins as octets and is none: two hex digits each")
    return port_from_text(f"{node.strip()}|{line}" if bar else text).text if text else ""


def _number(texts: Mapping[str, str], name: str, most: int) -> int:
    text = texts[name]
    if not text:
        return -1
    if not (text.isascii() and text.isdigit()) or int(text) > most:
        raise OrderRefused(Reason.BAD_FIELD, f"{name} {text!r} is not a whole number from 0 to {most}")
    return int(text)


def _rate(texts: Mapping[str, str], name: str) -> int:
    return _number(texts, name, _MAX_KBPS)


def _boxes(texts: Mapping[str, str], name: str) -> int:
    return _number(texts, name, _MAX_BOXES)


def _address(texts: Mapping[str, str], name: str) -> int:
    try:
        return parse_ip(texts[name]) if texts[name] else 0
    except ValueError as error:
        raise OrderRefused(Reason.BAD_FIELD, f"{name}: {error}") from None


def _url(texts: Mapping[str, str], name: str) -> str:
    text = texts[name]
    fits = text.isascii() and text.startswith(("http://", "https://")) and len(text) <= _MAX_URL and " " not in text
    if text and not fits:
        raise OrderRefused(
            Reason.BAD_FIELD, f"{name} {text!r} is no http(s) URL of at most {_MAX_URL} ASCII characters"
        )
    return text


_TEXT: Final = Form(_plain, "")
_RATE: Final = Form(_rate, -1, is_number=True)

FIELDS: Final = (
    Field("order", _TEXT, "The order's number, its key: the same one again changes nothing.", KINDS, "--order",
          shown="orders", required=True),
    Field("kind", Form(_kind, ""), f"One of {' '.join(KINDS)}.", KINDS, "", shown="orders", required=True),
    Field("account", _TEXT, "Broadband account.", KINDS, "--account", shown="bindings", required=True),
    Field("subscriber", _TEXT, "Subscriber id.", _WRITING, "--subscriber", shown="bindings"),
    Field("mac", Form(_box_mac, b""), "The box's MAC, in any usual spelling.", _OF_A_BOX, "--mac", shown="bindings"),
    Field("stbid", Form(_stbid, ""), "32 characters, the last 12 are the MAC.", _OF_A_BOX, "--stbid", shown="bindings"),
    Field("old_mac", Form(_mac, b""), "swap: the box that goes.", ("swap",), "--old-mac"),
    Field("port", Form(_port, ""), "Access line, as Option 82 or NAS-Port-Id spells it.", _WRITING, "--port",
          shown="bindings"),
    Field("rate_down_kbps", _RATE, "Rate to the subscriber, kbit/s.", _WRITING, "--down", "KBPS", shown="bindings"),
    Field("rate_up_kbps", _RATE, "Rate from the subscriber, kbit/s.", _WRITING, "--up", "KBPS", shown="bindings"),
    Field("address", Form(_address, 0), "Fixed IPv4 address.", _WRITING, "--address", shown="bindings"),
    Field("acs_url", Form(_url, ""), "ITMS URL of this account.", _WRITING, "--acs-url", shown="bindings"),
    Field("boxes", Form(_boxes, -1, is_number=True), "How many boxes the account may have.", _WRITING, "--boxes"),
    Field("plan", _TEXT, "Name of the plan.", _WRITING, "--plan"),
)  # fmt: skip
NAMES: Final = tuple(row.name for row in FIELDS)
_KNOWN: Final = frozenset(NAMES)
