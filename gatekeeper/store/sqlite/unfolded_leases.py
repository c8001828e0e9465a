"""What readers see of leases and events that are in the log: tables of this connection's own, as in ``unfolded``."""

import sqlite3
from operator import attrgetter
from typing import Final

from gatekeeper.model import Event
from gatekeeper.store.rows import EVENT, LEASE, lease_rows, listed, marks
from gatekeeper.store.sqlite.lease_format import events_in, lease_at, leases_in
from gatekeeper.store.sqlite.lease_log import FIRST, LAST, rows_behind

_LEASE: Final = listed(LEASE)
# With the types of ``leases``, or SQLite goes through all of a view's rows for some.
LEASE_TABLES: Final = f"""
CREATE TEMP TABLE lease_changes (
    address INTEGER PRIMARY KEY, mac TEXT NOT NULL, account TEXT NOT NULL, port TEXT NOT NULL, state TEXT NOT NULL,
    expires_at INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, agent BLOB NOT NULL,
    client_id BLOB NOT NULL
);
CREATE INDEX temp.lease_changes_mac ON lease_changes (mac);
CREATE TEMP TABLE lease_events (
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, mac TEXT NOT NULL, account TEXT NOT NULL,
    address INTEGER NOT NULL, port TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE TEMP VIEW leases_now AS
    SELECT {_LEASE} FROM main.leases WHERE address NOT IN (SELECT address FROM temp.lease_changes)
    UNION ALL SELECT {_LEASE} FROM temp.lease_changes;
"""
_EMPTY: Final = ("DELETE FROM lease_changes", "DELETE FROM lease_events")
_PUT: Final = f"INSERT OR REPLACE INTO lease_changes ({_LEASE}) VALUES ({marks(LEASE)})"
_TELL: Final = f"INSERT INTO lease_events (seq, {listed(EVENT)}) VALUES (?, {marks(EVENT)})"
# Behind all that the journal has, as when they are folded, and behind events of reports.
_EVENTS_BEHIND: Final = 1 << 41
_ROWS: Final = 64  # of the log, that are brought in at once
_event_row: Final = attrgetter(*EVENT)


class UnfoldedLeases:
    """One connection's tables of that kind."""

    __slots__ = ("_connection", "_events", "_first", "_sure", "_through")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sure = True  # what is in them is known
        self._first = 0  # the first row of the log that is in them; 0 = they are empty
        self._through = 0  # the last one
        self._events = 0

    def doubt(self) -> None:
        """A transaction was rolled back that may have written them."""
        self._sure = False

    def refresh(self) -> None:
        """Bring them up to the transaction that is going on. Raises StoreError where the log is damaged."""
        query = self._connection.execute
        ((first,),) = query(FIRST).fetchall()
        if first != self._first or not self._sure:
            # Rows that are gone were folded, and somebody may have written leases since.
            for statement in _EMPTY:
                query(statement)
            self._first, self._through, self._events, self._sure = first, 0, 0, True
        if not first:
            return
        ((last,),) = query(LAST).fetchall()
        while self._through < last:
            self._bring_in()

    def _bring_in(self) -> None:
        leases: dict[int, list[object]] = {}
        events: list[Event] = []
        for count, (seq, body) in enumerate(rows_behind(self._connection, self._through), start=1):
            leases.update((address, lease_rows((lease_at(body, at),))) for address, at in leases_in(body))
            events += events_in(body)
            self._through = seq
            if count == _ROWS:
                break
        self._connection.executemany(_PUT, leases.values())
        behind = _EVENTS_BEHIND + self._events
        self._connection.executemany(_TELL, [(behind + at, *_event_row(one)) for at, one in enumerate(events)])
        self._events += len(events)
