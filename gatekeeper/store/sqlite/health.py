"""Whether somebody serves over this store, and how much there is of everything: for ``/readyz`` and ``/metrics``."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from mypy_extensions import trait

from gatekeeper.state.counts import Counted, Fate
from gatekeeper.store import StoreError
from gatekeeper.store.found import PoolCount
from gatekeeper.store.rows import COUNTER, COUNTER_NAME, FATE, FATE_NAME, counter_of, fate_of, listed
from gatekeeper.store.sqlite.tables import Tables

_FATES: Final = f"SELECT {listed(FATE)} FROM outcomes ORDER BY {FATE_NAME}"
_COUNTERS: Final = f"SELECT {listed(COUNTER)} FROM counters ORDER BY {COUNTER_NAME}"
_IN_RANGE: Final = """
SELECT coalesce(sum(state = 'active'), 0), coalesce(sum(state IN ('declined', 'recovered')), 0) FROM leases_now
WHERE address BETWEEN ? AND ? AND expires_at > ?"""
_AMOUNTS: Final = {
    "boxes": "SELECT count(*) FROM boxes",
    "accounts": "SELECT count(*) FROM accounts",
    "sessions": """
SELECT (SELECT count(*) FROM courses WHERE state = 'active' AND session NOT IN (SELECT id FROM session_changes))
    + (SELECT count(*) FROM session_changes WHERE state = 'active')""",
    "held": "SELECT count(*) FROM orders WHERE state = 'held'",
    "outbox": "SELECT count(*) FROM dynauth WHERE ended = 0",
}


@trait
class HealthTables(Tables):
    """Counts without going through rows in Python: a scrape of a store with a million leases takes some 0.1 s."""

    def fates(self) -> list[tuple[Fate, int]]:
        """Packets by what became of them, in the sequence of their spelling. Raises StoreError."""
        return [fate_of(row) for row in self._all(_FATES)]

    def counters(self) -> list[tuple[Counted, int]]:
        """What else was counted, in the sequence of its spelling. Raises StoreError."""
        return [counter_of(row) for row in self._all(_COUNTERS)]

    def pool_count(self, ranges: Iterable[tuple[int, int]], now: int) -> PoolCount:
        """Of the addresses in these ranges (first and last). Raises StoreError."""
        total = leased = quarantined = 0
        for first, last in ranges:
            active, declined = self._number(_IN_RANGE, (first, last, now))
            total, leased, quarantined = total + last - first + 1, leased + active, quarantined + declined
        return PoolCount(total, leased, quarantined)

    def amounts(self) -> dict[str, int]:
        """How many there are of: boxes, accounts, running sessions, held orders, CoA and Disconnect on their way.

        Raises StoreError.
        """
        return {name: amount for name, query in _AMOUNTS.items() for amount in self._number(query, ())}

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def _number(self, query: str, values: Sequence[object]) -> tuple[int, ...]:
        try:
            with self._reading():
                return tuple(self._connection.execute(query, values).fetchone())
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
