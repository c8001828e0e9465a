"""Orders in, one or many, whoever brings them.

Many go into a store that a running gate writes too: in short transactions, with the store left alone in between.
SQLite's writers do not queue: one that waits looks again after 1, 2, 5, 10, 15 ms and so on, and whoever takes the lock
again and again keeps it. So whoever brings many keeps out of the store for as long as he was in it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from itertools import islice
from typing import Final, NamedTuple

from gatekeeper.book import Policybook
from gatekeeper.engine.order_desk import OrderDesk, OrderResult, refused, rules_of
from gatekeeper.intake.order_file import Line, unreadable
from gatekeeper.model import Reason
from gatekeeper.office.undone import NoSuch
from gatekeeper.policy.order_fields import OrderRefused
from gatekeeper.report.table import Row
from gatekeeper.store import RecordError
from gatekeeper.store.ports import Store

MOST: Final = 200
LEAST: Final = 10
WRITE_S: Final = 0.01
_MAX_PAUSE_S: Final = 0.1

Fields = Mapping[str, object]
Write = Callable[[Sequence[Fields], float], Sequence[OrderResult]]


class Standing(Enum):
    """How an order stands. CONFLICT: its number stands for another one, and nothing was done."""

    APPLIED = auto()
    HELD = auto()
    REFUSED = auto()
    CONFLICT = auto()


class Handed(NamedTuple):
    """One line and what came of it; a line that holds no order is refused."""

    line: Line
    result: OrderResult


def desk(store: Store, book: Policybook) -> OrderDesk:
    """The order desk over this store, by the rules of this Policybook."""
    return OrderDesk(store, rules_of(book))


def standing_of(result: OrderResult) -> Standing:
    """Of the order now, whether it came for the first time or again."""
    record = result.record
    if record.state == "refused":
        return Standing.CONFLICT if record.reason == Reason.ORDER_CONFLICT else Standing.REFUSED
    return Standing.HELD if record.state == "held" else Standing.APPLIED


def find(store: Store, number: str, now: int) -> Row:
    """One order as it stands. Raises NoSuch, StoreError."""
    row = store.order(number, now)
    if not row:
        raise NoSuch("no such order", listing="orders")
    return row


def as_lines(values: Iterable[object]) -> Iterator[Line]:
    """Values of JSON as lines, the first one 1: an object is an order, anything else is none."""
    for number, value in enumerate(values, 1):
        yield Line(number, value) if isinstance(value, dict) else unreadable(number, "an order is an object")


def hand_in_lines(
    write: Write, lines: Iterable[Line], now: Callable[[], float], alone: bool = False
) -> Iterator[list[Handed]]:
    """Hand the lines in; yields what came of each, a transaction at a time and once it is on disk. Raises StoreError.

    write: hands in orders as one transaction, ``OrderDesk.hand_in_all``. now: Unix seconds. alone: nobody else uses the
    store.
    """
    waiting = iter(lines)
    size, wrote_s, ended = MOST // 4, 0.0, 0.0
    while chunk := list(islice(waiting, size)):
        pause_s = wrote_s - (time.monotonic() - ended)
        if pause_s > 0 and not alone:
            time.sleep(min(pause_s, _MAX_PAUSE_S))
        began = time.monotonic()
        at = now()
        results = iter(written(write, [line.fields for line in chunk if not line.refusal], at))
        ended = time.monotonic()
        wrote_s = ended - began
        size = next_size(size, wrote_s)
        yield [
            Handed(line, refused(line.fields, line.refusal, at) if line.refusal else next(results)) for line in chunk
        ]


def written(write: Write, orders: Sequence[Fields], at: float) -> list[OrderResult]:
    """What came of these, handed in at that time as one transaction; where one of them is no row that the store takes,
    by halves, until that one is alone and refused. It is kept nowhere. Raises StoreError."""
    try:
        return list(write(orders, at))
    except RecordError as error:
        half = len(orders) // 2
        if not half:
            return [refused(fields, OrderRefused(Reason.BAD_RECORD, str(error)), at) for fields in orders]
        return written(write, orders[:half], at) + written(write, orders[half:], at)


def next_size(size: int, wrote_s: float) -> int:
    """How many orders the next transaction takes, where so many took so long: as many as take WRITE_S, found by halves
    and doubles."""
    return min(max(int(size * min(max(WRITE_S / max(wrote_s, 1e-6), 0.5), 2)), LEAST), MOST)
