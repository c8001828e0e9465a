"""What an order changes. ``read`` turns fields into an Order, ``decide`` an order and the situation into changes.

Both refuse with ``OrderRefused``: a reason of the one vocabulary and a sentence. Nothing here touches the store.
"""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from gatekeeper.model import Reason
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


class OrderRecord(NamedTuple):
    """An order and its outcome, as kept and shown. state: applied refused."""

    order: str
    kind: str
    account: str
    mac: str
    state: str
    reason: str
    detail: str
    received: int
    effects: str


class Account(NamedTuple):
    """An account as the store keeps it. boxes: 0 = as configured."""

    account: str
    subscriber: str = ""
    state: str = "active"
    rate_down_kbps: int = 0
    rate_up_kbps: int = 0
    port: str = ""
    port_state: str = "unlearned"
    address: int = 0
    acs_url: str = ""
    boxes: int = 0
    plan: str = ""
    last_order: str = ""


class Situation(NamedTuple):
    """What the store says about the nouns that an order names."""

    account: Account | None
    macs: tuple[bytes, ...]  # boxes of the account
    mac_owner: str  # account of order.mac, "" = none
    address_owner: str  # who holds order.address, "" = nobody
    boxes_per_account: int


class Changes(NamedTuple):
    """What to write. ``effects`` says the same for people."""

    account: Account
    add: tuple[tuple[bytes, str], ...]  # (MAC, STBID)
    drop: tuple[bytes, ...]
    effects: str
    disconnect: tuple[bytes, ...] = ()  # boxes whose running sessions must end
    change: tuple[bytes, ...] = ()  # boxes whose running sessions get the account's new rate


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


def decide(order: Order, situation: Situation) -> Changes:
    """What this order changes here. Raises OrderRefused."""
    account = situation.account
    if order.kind != "install" and (account is None or (account.state == "cancelled" and order.kind != "cancel")):
        raise OrderRefused(Reason.UNKNOWN_ACCOUNT, f"account {order.account} is not installed")
    if order.address and situation.address_owner not in ("", order.account):
        raise OrderRefused(Reason.ADDRESS_IN_USE, f"the address is held by {situation.address_owner}")
    if order.mac and order.kind in ("install", "amend", "swap") and situation.mac_owner not in ("", order.account):
        raise OrderRefused(Reason.MAC_IN_USE, f"{mac_text(order.mac)} belongs to account {situation.mac_owner}")
    known = account or Account(order.account)
    return _DECIDE[order.kind](order, known, situation)


def _merged(order: Order, known: Account) -> Account:
    """The account with every field that the order gives."""
    return known._replace(
        subscriber=order.subscriber or known.subscriber,
        rate_down_kbps=order.rate_down_kbps if order.rate_down_kbps >= 0 else known.rate_down_kbps,
        rate_up_kbps=order.rate_up_kbps if order.rate_up_kbps >= 0 else known.rate_up_kbps,
        port=order.port or known.port,
        port_state="ordered" if order.port else known.port_state,
        address=order.address or known.address,
        acs_url=order.acs_url or known.acs_url,
        boxes=order.boxes if order.boxes >= 0 else known.boxes,
        plan=order.plan or known.plan,
        last_order=order.number,
    )


def _install(order: Order, known: Account, situation: Situation) -> Changes:
    if known.state == "cancelled":
        known = Account(order.account)
    account = _merged(order, known)
    adds = bool(order.mac) and order.mac not in situation.macs
    most = account.boxes or situation.boxes_per_account
    if adds and len(situation.macs) >= most:
        raise OrderRefused(
            Reason.TOO_MANY_BOXES, f"account {order.account} has {len(situation.macs)} boxes and may have {most}"
        )
    add = ((order.mac, order.stbid),) if order.mac else ()
    moved = known.port not in ("", account.port)
    faster = (known.rate_down_kbps, known.rate_up_kbps) != (account.rate_down_kbps, account.rate_up_kbps)
    return Changes(
        account,
        add,
        (),
        f"box {mac_text(order.mac)} bound" if adds else "account written",
        disconnect=situation.macs if moved else (),
        change=situation.macs if faster and not moved else (),
    )


def _swap(order: Order, known: Account, situation: Situation) -> Changes:
    if not order.mac or not order.old_mac:
        raise OrderRefused(Reason.MISSING_FIELD, "a swap names old_mac and mac (or stbid)")
    if order.old_mac not in situation.macs:
        raise OrderRefused(Reason.UNKNOWN_MAC, f"{mac_text(order.old_mac)} is no box of account {order.account}")
    if order.mac == order.old_mac:
        raise OrderRefused(Reason.BAD_FIELD, "old_mac and mac are the same box")
    effects = f"box {mac_text(order.old_mac)} unbound, box {mac_text(order.mac)} bound"
    return Changes(
        _merged(order, known), ((order.mac, order.stbid),), (order.old_mac,), effects, disconnect=(order.old_mac,)
    )


def _move(order: Order, known: Account, situation: Situation) -> Changes:
    cleared = known._replace(port="", port_state="unlearned")
    effects = f"port {'set' if order.port else 'cleared'}"
    return Changes(_merged(order, cleared), (), (), effects, disconnect=situation.macs)


def _rate(order: Order, known: Account, situation: Situation) -> Changes:
    if order.rate_down_kbps < 0 and order.rate_up_kbps < 0:
        raise OrderRefused(Reason.MISSING_FIELD, "a rate order names rate_down_kbps or rate_up_kbps")
    account = _merged(order, known)
    effects = f"rate {account.rate_down_kbps}/{account.rate_up_kbps} kbit/s"
    return Changes(account, (), (), effects, change=situation.macs)


def _suspend(order: Order, known: Account, situation: Situation) -> Changes:
    account = known._replace(state="suspended", last_order=order.number)
    return Changes(account, (), (), "account suspended", disconnect=situation.macs)


def _resume(order: Order, known: Account, situation: Situation) -> Changes:
    return Changes(known._replace(state="active", last_order=order.number), (), (), "account active")


def _cancel(order: Order, known: Account, situation: Situation) -> Changes:
    account = known._replace(state="cancelled", port="", port_state="unlearned", address=0, last_order=order.number)
    effects = f"{len(situation.macs)} boxes deregistered"
    return Changes(account, (), situation.macs, effects, disconnect=situation.macs)


_DECIDE: dict[str, Callable[[Order, Account, Situation], Changes]] = {
    "install": _install,
    "amend": _install,  # the same merge of fields; that the account is known was asked before
    "swap": _swap,
    "move": _move,
    "rate": _rate,
    "suspend": _suspend,
    "resume": _resume,
    "cancel": _cancel,
}
