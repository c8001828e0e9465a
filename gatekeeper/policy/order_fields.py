"""The fields of an order -> an Order. Whatever a BSS, a CSV file or a person wrote is read here and nowhere else."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from gatekeeper.model import Reason, make
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import mac_text, parse_ip, parse_mac, stbid_mac

KINDS = ("install", "amend", "swap", "move", "rate", "suspend", "resume", "cancel")
FIELDS = (
    *("order", "kind", "account", "subscriber", "mac", "stbid", "old_mac", "port"),
    *("rate_down_kbps", "rate_up_kbps", "address", "acs_url", "boxes", "plan"),
)
_MAX_TEXT = 256
# So that the URL alone fits option 43 or 125 in every dialect.
_MAX_URL = 246
_MAX_KBPS = 1_000_000_000


_OCTETS = ("mac", "old_mac")


class OrderRefused(Exception):  # noqa: N818 - the order was refused, nothing broke
    """An order that cannot be applied: why, in one word and in one sentence."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Order(NamedTuple):
    """One work order, read. Absent: "" or b"", and -1 for numbers."""

    number: str
    kind: str
    account: str
    subscriber: str
    mac: bytes
    stbid: str
    old_mac: bytes
    port: str
    rate_down_kbps: int
    rate_up_kbps: int
    address: int
    acs_url: str
    boxes: int
    plan: str

    def contents(self) -> str:
        """What makes two orders of one number the same order."""
        return json.dumps([part.hex() if isinstance(part, bytes) else part for part in self], ensure_ascii=False)

    @classmethod
    def of(cls, contents: str) -> "Order":
        """The order that has these contents."""
        named = zip(cls._fields, json.loads(contents), strict=True)
        return make(cls, [bytes.fromhex(part) if name in _OCTETS else part for name, part in named])


def read(fields: Mapping[str, object]) -> Order:
    """Fields as text (CSV, command line, JSON) -> Order. Empty = absent. Raises OrderRefused."""
    text = {name: _text(name, fields.get(name)) for name in FIELDS}
    for name in ("order", "kind", "account"):
        if not text[name]:
            raise OrderRefused(Reason.MISSING_FIELD, f"{name} is missing")
    if text["kind"] not in KINDS:
        raise OrderRefused(Reason.BAD_FIELD, f"kind {text['kind']!r} is none of {' '.join(KINDS)}")
    return Order(
        number=text["order"],
        kind=text["kind"],
        account=text["account"],
        subscriber=text["subscriber"],
        mac=_box_mac(text["mac"], text["stbid"]),
        stbid=text["stbid"].upper(),
        old_mac=_mac("old_mac", text["old_mac"]) if text["old_mac"] else b"",
        port=_port(text["port"]),
        rate_down_kbps=_number("rate_down_kbps", text["rate_down_kbps"], _MAX_KBPS),
        rate_up_kbps=_number("rate_up_kbps", text["rate_up_kbps"], _MAX_KBPS),
        address=_address(text["address"]),
        acs_url=_url(text["acs_url"]),
        boxes=_number("boxes", text["boxes"], 1000),
        plan=text["plan"],
    )


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise OrderRefused(Reason.BAD_FIELD, f"{name} must be text or a number")
    text = str(value).strip()
    if len(text) > _MAX_TEXT or not text.isprintable():
        raise OrderRefused(Reason.BAD_FIELD, f"{name} must be at most {_MAX_TEXT} printable characters")
    return text


def _mac(name: str, text: str) -> bytes:
    try:
        mac = parse_mac(text)
    except ValueError:
        raise OrderRefused(Reason.BAD_MAC, f"{name} {text!r} is not a MAC address") from None
    if mac[0] & 1 or mac == bytes(6):
        raise OrderRefused(Reason.BAD_MAC, f"{name} {text!r} is a group or null address, no box has it")
    return mac


def _box_mac(mac_field: str, stbid: str) -> bytes:
    mac = _mac("mac", mac_field) if mac_field else b""
    if not stbid:
        return mac
    try:
        from_stbid = stbid_mac(stbid)
    except ValueError as error:
        raise OrderRefused(Reason.BAD_MAC, f"stbid: {error}") from None
    if mac and mac != from_stbid:
        raise OrderRefused(Reason.STBID_MISMATCH, f"mac {mac_text(mac)}, but the STBID ends in {mac_text(from_stbid)}")
    return mac or _mac("stbid", stbid[20:])


def _port(text: str) -> str:
    """The canonical spelling; blanks round the bar are a person's, not the line's."""
    node, bar, line = text.partition("|")
    return port_from_text(f"{node.strip()}|{line.strip()}" if bar else text).text if text else ""


def _number(name: str, text: str, most: int) -> int:
    if not text:
        return -1
    if not (text.isascii() and text.isdigit()) or int(text) > most:
        raise OrderRefused(Reason.BAD_FIELD, f"{name} {text!r} is not a whole number from 0 to {most}")
    return int(text)


def _address(text: str) -> int:
    try:
        return parse_ip(text) if text else 0
    except ValueError as error:
        raise OrderRefused(Reason.BAD_FIELD, f"address: {error}") from None


def _url(text: str) -> str:
    fits = text.isascii() and text.startswith(("http://", "https://")) and len(text) <= _MAX_URL and " " not in text
    if text and not fits:
        raise OrderRefused(
            Reason.BAD_FIELD, f"acs_url {text!r} is no http(s) URL of at most {_MAX_URL} ASCII characters"
        )
    return text
