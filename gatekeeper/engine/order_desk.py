"""The order desk: one order, one transaction, exactly once by its number."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from gatekeeper.model import Reason
from gatekeeper.policy.orders import Changes, Order, OrderRecord, OrderRefused, Situation, decide, read
from gatekeeper.wire.text import mac_text


class OrderResult(NamedTuple):
    """Outcome of handing in an order. ``again``: the number was seen before, and this is the first result.
    ``sessions``: how many running ones a NAS is to be asked to end or to change."""

    record: OrderRecord
    again: bool
    sessions: int = 0


class Ledger(Protocol):
    """What the desk needs of a store. Every call between enter and exit of ``order_transaction`` is one transaction."""

    def order_transaction(self) -> AbstractContextManager[object]: ...
    def find_order(self, number: str) -> tuple[OrderRecord, str] | None: ...
    def situation(self, order: Order, boxes_per_account: int, now: int) -> Situation: ...
    def write_changes(self, changes: Changes, now: int) -> int: ...
    def write_order(self, record: OrderRecord, contents: str) -> None: ...


class OrderDesk:
    """Applies orders to a ledger."""

    def __init__(self, ledger: Ledger, boxes_per_account: int) -> None:
        self._ledger = ledger
        self._boxes_per_account = boxes_per_account

    def hand_in(self, fields: Mapping[str, object], now: int) -> OrderResult:
        """Apply one order given as text fields. Never raises OrderRefused: a refusal is a result.

        A refusal is kept too, but for two: an order that cannot be read has no trustworthy number, and a conflict must
        not overwrite what the number stands for.
        """
        try:
            order = read(fields)
        except OrderRefused as refusal:
            return OrderResult(_refused_fields(fields, refusal, now), again=False)
        with self._ledger.order_transaction():
            return self._apply(order, now)

    def _apply(self, order: Order, now: int) -> OrderResult:
        contents = order.contents()
        found = self._ledger.find_order(order.number)
        if found and found[1] != contents:
            conflict = OrderRefused(
                Reason.ORDER_CONFLICT, f"order {order.number} was received before with other contents"
            )
            return OrderResult(_record(order, now, conflict), again=False)
        if found:
            return OrderResult(found[0], again=True)
        sessions = 0
        try:
            changes = decide(order, self._ledger.situation(order, self._boxes_per_account, now))
        except OrderRefused as refusal:
            record = _record(order, now, refusal)
        else:
            sessions = self._ledger.write_changes(changes, now)
            record = _record(order, now, effects=changes.effects)
        self._ledger.write_order(record, contents)
        return OrderResult(record, again=False, sessions=sessions)


def _record(order: Order, now: int, refusal: OrderRefused | None = None, effects: str = "") -> OrderRecord:
    return OrderRecord(
        order=order.number,
        kind=order.kind,
        account=order.account,
        mac=mac_text(order.mac) if order.mac else "",
        state="refused" if refusal else "applied",
        reason=str(refusal.reason) if refusal else "",
        detail=refusal.detail if refusal else "",
        received=now,
        effects=effects,
    )


def _refused_fields(fields: Mapping[str, object], refusal: OrderRefused, now: int) -> OrderRecord:
    text = {name: str(fields.get(name) or "")[:64] for name in ("order", "kind", "account", "mac")}
    return OrderRecord(
        **text, state="refused", reason=str(refusal.reason), detail=refusal.detail, received=now, effects=""
    )
