"""Several orders that somebody else's system calls one: kept as they came, handed in once, told as they stand."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from gatekeeper.book import Policybook
from gatekeeper.model import Reason
from gatekeeper.office.orders import desk, written
from gatekeeper.office.undone import Conflict, NoSuch
from gatekeeper.policy.order_fields import read
from gatekeeper.policy.orders import OrderRecord
from gatekeeper.store.asking import ViewRow as Row
from gatekeeper.store.ports import Store


class Item(NamedTuple):
    """One item as it is kept. order: the number that it has as one of our orders, "" = it changes nothing."""

    id: str
    action: str
    order: str
    fields: dict[str, str]


class ServiceOrder(NamedTuple):
    """One as it stands: its items, what became of each by the number of its order, and when it came, Unix seconds."""

    items: list[Item]
    records: dict[str, OrderRecord]
    received: int


def hand_in(store: Store, book: Policybook, number: str, items: Sequence[Item], now: float) -> bool:
    """Keep it and hand in its orders, which can be read. True: it was received before.

    Raises Conflict where it, or the number of an item, was received with other contents, and then nothing is done;
    StoreError.
    """
    taken = _taken(store, items)
    if taken:
        raise Conflict(f"order {taken} was received before with other contents", Reason.ORDER_CONFLICT)
    before = store.service_order(number)
    kept = store.keep_service_order(number, json.dumps(items, ensure_ascii=False), int(now))
    if _items(kept) != list(items):
        raise Conflict(f"serviceOrder {number} was received before with other items", Reason.ORDER_CONFLICT)
    written(desk(store, book).hand_in_all, [item.fields for item in items if item.order], now)
    return bool(before)


def find(store: Store, number: str, now: int) -> ServiceOrder:
    """As it stands now: held items may have been applied since. Raises NoSuch, StoreError."""
    found = store.service_order(number)
    if found is None:
        raise NoSuch("no such serviceOrder")
    items = _items(found[0])
    rows = {item.order: store.order(item.order, now) for item in items if item.order}
    records = {order: _record(row) for order, row in rows.items() if row}
    return ServiceOrder(items, records, found[1])


def _record(row: Row) -> OrderRecord:
    """A row of the listing of orders, which calls a time what people call it."""
    return OrderRecord(received_ms=row["received"], **{name: row[name] for name in row if name != "received"})  # type: ignore[arg-type]


def _items(kept: str) -> list[Item]:
    return [Item(*one) for one in json.loads(kept)]


def _taken(store: Store, items: Sequence[Item]) -> str:
    """The number of an item that is another order already; "" = there is none."""
    with store.order_transaction():
        for item in items:
            found = store.find_order(item.order) if item.order else None
            if found and found[1] != read(item.fields).contents():
                return item.order
    return ""
