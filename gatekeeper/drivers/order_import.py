"""Many orders into a store that a running gate writes too: in short transactions, with the store left alone in between.

SQLite's writers do not queue: one that waits looks again after 1, 2, 5, 10, 15 ms and so on, and whoever takes the lock
again and again keeps it. So the import keeps out of the store for as long as it was in it.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from gatekeeper.engine.order_desk import OrderDesk, OrderResult
from gatekeeper.intake.order_file import Line

MOST = 200
_LEAST = 10
_WRITE_S = 0.01
_MAX_PAUSE_S = 0.1


class Handed(NamedTuple):
    """One line and what came of it. result: None where the line itself was refused."""

    line: Line
    result: OrderResult | None


def hand_in_lines(
    desk: OrderDesk, lines: Iterable[Line], now: Callable[[], int], alone: bool = False
) -> Iterator[list[Handed]]:
    """Hand the lines in; yields what came of each, a transaction at a time and once it is on disk. Raises StoreError.

    now: Unix seconds. alone: nobody else uses the store.
    """
    waiting = iter(lines)
    size, wrote, ended = MOST // 4, 0.0, 0.0
    while chunk := list(islice(waiting, size)):
        pause = wrote - (time.monotonic() - ended)
        if pause > 0 and not alone:
            time.sleep(min(pause, _MAX_PAUSE_S))
        began = time.monotonic()
        results = iter(desk.hand_in_all([line.fields for line in chunk if not line.refusal], now()))
        ended = time.monotonic()
        wrote = ended - began
        # As many as take that long here, found by halves and doubles.
        size = min(max(int(size * min(max(_WRITE_S / max(wrote, 1e-6), 0.5), 2)), _LEAST), MOST)
        yield [Handed(line, None if line.refusal else next(results)) for line in chunk]
