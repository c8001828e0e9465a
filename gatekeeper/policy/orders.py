"""What an order changes: ``decide`` turns an order and the situation into changes, or refuses it.

A refusal is ``OrderRefused``: a reason of the one vocabulary and a sentence. Nothing here touches the store.
"""

from collections.abc import Callable
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Reason
from gatekeeper.policy.order_addresses import ANYWHERE, AddressRules, ordered_address
from gatekeeper.policy.order_fields import FIELDS, Order, OrderRefused
from gatekeeper.value import Value, fields_of
from gatekeeper.wire.line_id import NO_CONFIGURATION, Lines
from gatekeeper.wire.text import ip_text, mac_text


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class OrderRecord(Value):
    """An order and its outcome, as kept and shown. state: applied held refused."""

    __slots__ = ("order", "kind", "account", "mac", "state", "reason", "detail", "received_ms", "effects", "held_until")

    def __init__(
        self,
        order: str,
        kind: str,
        account: str,
        mac: str,
        state: str,
        reason: str,
        detail: str,
        received_ms: int,
        effects: str,
        held_until: int = 0,
    ) -> None:
        self.order: Final = order
        self.kind: Final = kind
        self.account: Final = account
        self.mac: Final = mac
        self.state: Final = state
        self.reason: Final = reason
        self.detail: Final = detail
        self.received_ms: Final = received_ms
        self.effects: Final = effects
        self.held_until: Final = held_until


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class OrderRules(Value):
    """What the configuration says of orders. boxes_per_port: 0 = no limit; hold_s: 0 = nothing is held; lines: how an
    ordered port is read."""

    __slots__ = ("boxes_per_account", "boxes_per_port", "hold_s", "lines", "addresses")

    def __init__(
        self,
        boxes_per_account: int,
        boxes_per_port: int = 0,
        hold_s: int = 0,
        lines: Lines = NO_CONFIGURATION,
        addresses: AddressRules = ANYWHERE,
    ) -> None:
        self.boxes_per_account: Final = boxes_per_account
        self.boxes_per_port: Final = boxes_per_port
        self.hold_s: Final = hold_s
        self.lines: Final = lines
        self.addresses: Final = addresses


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Account(Value):
    """An account as the store keeps it. boxes: 0 = as configured."""

    __slots__ = (
        "account",
        "subscriber",
        "state",
        "rate_down_kbps",
        "rate_up_kbps",
        "port",
        "port_state",
        "address",
        "acs_url",
        "boxes",
        "plan",
        "last_order",
    )

    def __init__(
        self,
        account: str,
        subscriber: str = "",
        state: str = "active",
        rate_down_kbps: int = 0,
        rate_up_kbps: int = 0,
        port: str = "",
        port_state: str = "unlearned",
        address: int = 0,
        acs_url: str = "",
        boxes: int = 0,
        plan: str = "",
        last_order: str = "",
    ) -> None:
        self.account: Final = account
        self.subscriber: Final = subscriber
        self.state: Final = state
        self.rate_down_kbps: Final = rate_down_kbps
        self.rate_up_kbps: Final = rate_up_kbps
        self.port: Final = port
        self.port_state: Final = port_state
        self.address: Final = address
        self.acs_url: Final = acs_url
        self.boxes: Final = boxes
        self.plan: Final = plan
        self.last_order: Final = last_order


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Boxed(Value):
    """An account and its boxes: (MAC, STBID)."""

    __slots__ = ("account", "boxes")

    def __init__(self, account: Account, boxes: tuple[tuple[bytes, str], ...]) -> None:
        self.account: Final = account
        self.boxes: Final = boxes


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Situation(Value):
    """What the store says about the nouns that an order names."""

    __slots__ = ("account", "macs", "mac_owner", "address_owner", "boxes_per_account", "neighbours", "boxes_per_port")

    def __init__(
        self,
        account: Account | None,
        macs: tuple[bytes, ...],  # boxes of the account
        mac_owner: str,  # account of order.mac, "" = none
        address_owner: str,  # who holds order.address, "" = nobody
        boxes_per_account: int,
        neighbours: int = 0,  # boxes of other accounts on the port that the order names
        boxes_per_port: int = 0,  # 0 = no limit
    ) -> None:
        self.account: Final = account
        self.macs: Final = macs
        self.mac_owner: Final = mac_owner
        self.address_owner: Final = address_owner
        self.boxes_per_account: Final = boxes_per_account
        self.neighbours: Final = neighbours
        self.boxes_per_port: Final = boxes_per_port


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Changes(Value):
    """What to write. ``effects`` says the same for people, ``note`` what of the order was taken otherwise than said."""

    __slots__ = ("account", "add", "drop", "effects", "disconnect", "change", "note")

    def __init__(
        self,
        account: Account,
        add: tuple[tuple[bytes, str], ...],  # (MAC, STBID)
        drop: tuple[bytes, ...],
        effects: str,
        disconnect: tuple[bytes, ...] = (),  # boxes whose running sessions must end
        change: tuple[bytes, ...] = (),  # boxes whose running sessions get the account's new rate
        note: str = "",
    ) -> None:
        self.account: Final = account
        self.add: Final = add
        self.drop: Final = drop
        self.effects: Final = effects
        self.disconnect: Final = disconnect
        self.change: Final = change
        self.note: Final = note


# The fields that an account has too -> what they are where an order does not give them.
_MERGED: Final = {row.name: row.form.absent for row in FIELDS if row.name in fields_of(Account)}


# The kinds of order that say an address.
_ADDRESSING: Final = next(row.kinds for row in FIELDS if row.name == "address")


def decide(order: Order, situation: Situation, addresses: AddressRules = ANYWHERE) -> Changes:
    """What this order changes here. Raises OrderRefused."""
    asked = ordered_address(order.address if order.kind in _ADDRESSING else 0, addresses)
    order = order._replace(address=asked.address)
    account = situation.account
    if account and asked.any_:
        account = account._replace(address=0)
    if order.kind != "install" and (account is None or (account.state == "cancelled" and order.kind != "cancel")):
        raise OrderRefused(Reason.UNKNOWN_ACCOUNT, f"account {order.account} is not installed")
    if order.address and situation.address_owner not in ("", order.account):
        raise OrderRefused(Reason.ADDRESS_IN_USE, f"the address is held by {situation.address_owner}")
    if order.mac and order.kind in ("install", "amend", "swap") and situation.mac_owner not in ("", order.account):
        raise OrderRefused(Reason.MAC_IN_USE, f"{mac_text(order.mac)} belongs to account {situation.mac_owner}")
    known = account or Account(order.account)
    if order.port and situation.boxes_per_port and order.kind in ("install", "amend", "move"):
        boxes = len({*situation.macs, order.mac} - {b""})
        if situation.neighbours + boxes > situation.boxes_per_port:
            raise OrderRefused(
                Reason.PORT_FULL,
                f"the port has {situation.neighbours} boxes of other accounts and may have {situation.boxes_per_port}",
            )
    return _DECIDE[order.kind](order, known, situation)._replace(note=asked.note)


def difference(before: Account | None, after: Account) -> str:
    """What an order changed of the account, for the journal: ``rate_down_kbps 20000 -> 50000, state …``."""
    if before is None:
        return "new account"
    names = (
        name for name in fields_of(Account) if name != "last_order" and getattr(before, name) != getattr(after, name)
    )
    return ", ".join(f"{name} {_shown(before, name)} -> {_shown(after, name)}" for name in names)


def _shown(account: Account, name: str) -> str:
    value = getattr(account, name)
    return (ip_text(value) if value else "none") if name == "address" else str(value) or "none"


def _merged(order: Order, known: Account) -> Account:
    """The account with every field that the order gives."""
    given = {name: getattr(order, name) for name, absent in _MERGED.items() if getattr(order, name) != absent}
    given["port_state"] = "ordered" if order.port else known.port_state
    return known._replace(**given, last_order=order.number)


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


_DECIDE: Final[dict[str, Callable[[Order, Account, Situation], Changes]]] = {
    "install": _install,
    "amend": _install,  # the same merge of fields; that the account is known was asked before
    "swap": _swap,
    "move": _move,
    "rate": _rate,
    "suspend": _suspend,
    "resume": _resume,
    "cancel": _cancel,
}
