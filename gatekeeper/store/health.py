"""Whether somebody serves over this store, and how much there is of everything: for ``/readyz`` and ``/metrics``."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gatekeeper.store import StoreError
from gatekeeper.store.tables import Tables

# A row of the counters that is no counter: Unix seconds when the packet process reported last. It goes with the counts
# that are written each second anyway, so it costs no transaction.
HEARTBEAT = "loop.heartbeat"

_BEAT = "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_IN_RANGE = """
SELECT coalesce(sum(state = 'active'), 0), coalesce(sum(state = 'declined'), 0) FROM leases
WHERE address BETWEEN ? AND ? AND expires_at > ?"""
_AMOUNTS = {
    "boxes": "SELECT count(*) FROM boxes",
    "accounts": "SELECT count(*) FROM accounts",
    "sessions": "SELECT count(*) FROM sessions WHERE state = 'active'",
    "held": "SELECT count(*) FROM orders WHERE state = 'held'",
    "outbox": "SELECT count(*) FROM dynauth WHERE ended = 0",
}


class PoolCount(NamedTuple):
    """How full the ranges of one subnet are, in addresses."""

    total: int
    leased: int
    quarantined: int


class HealthTables(Tables):
    """Counts without going through rows in Python: a scrape of a store with a million leases takes some 0.1 s."""

    def _beat(self, at: int) -> None:
        """Inside a transaction."""
        self._connection.execute(_BEAT, (HEARTBEAT, at))

    def heartbeat(self) -> int:
        """When the packet process reported last, Unix seconds; 0 = never. Raises StoreError."""
        return self._number("SELECT coalesce(max(value), 0) FROM counters WHERE name = ?", (HEARTBEAT,))[0]

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
        return {name: self._number(query, ())[0] for name, query in _AMOUNTS.items()}

    def _number(self, query: str, values: Sequence[object]) -> tuple[int, ...]:
        try:
            return tuple(self._connection.execute(query, values).fetchone())
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
