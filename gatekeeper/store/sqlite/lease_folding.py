"""What the log says of leases and for the journal goes where it belongs.

Up to MOST leases are read, of each address the last one counts, and these go into ``leases`` in the sequence of their
addresses, so that each page is written once for all that it has. Then the events of each row go into the journal, and
the row goes with them. All of it in slices, each a short transaction of its own. Whoever begins again behind a crash
writes some leases once more, which changes nothing.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Final

from gatekeeper.model import Lease
from gatekeeper.store.rows import EVENT, LEASE, lease_rows, listed, marks
from gatekeeper.store.sqlite.folding import Transaction, in_chunks
from gatekeeper.store.sqlite.lease_format import events_in, lease_at, leases_in
from gatekeeper.store.sqlite.lease_log import FIRST, rows_behind
from gatekeeper.store.sqlite.schema import MARKS
from gatekeeper.wire.text import mac_text

# Beyond so many leases folding is worth its while: of a million each page is written once for some of them.
MOST: Final = 65_536
_GONE_AT_ONCE: Final = 16  # rows of the log

_KNOWN: Final = {
    size: f"""
SELECT address, mac, account, port, state, first_seen, agent, client_id FROM main.leases WHERE address IN ({marks})"""
    for size, marks in MARKS.items()
}
# Neither touches the index by MAC.
_MOVE: Final = "UPDATE main.leases SET expires_at = ?, last_seen = ? WHERE address = ?"
_CHANGE: Final = """
UPDATE main.leases SET account = ?, port = ?, state = ?, expires_at = ?, first_seen = ?, last_seen = ?, agent = ?,
    client_id = ?
WHERE address = ?"""
_PUT: Final = f"""
INSERT INTO main.leases ({listed(LEASE)}) VALUES ({marks(LEASE)})
ON CONFLICT (address) DO UPDATE SET ({listed(LEASE[1:])}) = ({listed(LEASE[1:], "excluded.")})"""
_TELL: Final = f"INSERT INTO main.journal ({listed(EVENT)}) VALUES ({marks(EVENT)})"
_event_row: Final = attrgetter(*EVENT)
_TURN: Final = "SELECT turn FROM main.lease_folds"
_TAKE_TURN: Final = "UPDATE main.lease_folds SET turn = turn + 1 WHERE turn = ?"
_DELETE: Final = "DELETE FROM main.lease_log WHERE seq <= ?"


class _OvertakenError(Exception):
    """Somebody else has folded since the log was read."""


def folding_leases(
    connection: sqlite3.Connection, transaction: Transaction, most: int, gone: Callable[[int], object]
) -> Iterator[None]:
    """Fold all of the log, what comes meanwhile among it. Between two steps, each of about so many leases, whoever
    likes may write, and the connection is in no transaction but one that all of it is inside.

    transaction: begins and ends one; gone: is told when all rows before this one are in the log no longer. Raises
    StoreError, sqlite3.Error; what was not folded then is in the log still.
    """
    while True:
        ((first,),) = connection.execute(FIRST).fetchall()
        if not first:
            return
        fold = _Fold(connection, transaction, most, first)
        try:
            yield from fold.leases()
            yield from fold.events()
        except _OvertakenError:
            yield
        else:
            gone(fold.through + 1)


class _Fold:
    """One of up to MOST leases."""

    def __init__(self, connection: sqlite3.Connection, transaction: Transaction, most: int, first: int) -> None:
        self._connection = connection
        self._transaction = transaction
        self._most = most
        self._first = first
        ((self._turn,),) = connection.execute(_TURN).fetchall()
        self._rows: list[tuple[int, bytes]] = []
        self.through = 0

    def leases(self) -> Iterator[None]:
        """The last one of each address."""
        last: dict[int, int] = {}  # address -> place of the row in _rows, and of the lease in it
        count, seen = 0, self._most
        for seq, body in rows_behind(self._connection, self._first - 1):
            row = len(self._rows) << 32
            for address, at in leases_in(body):
                last[address] = row | at
                count += 1
            self._rows.append((seq, body))
            self.through = seq
            if count >= MOST:
                break
            if count >= seen:
                seen += self._most
                yield
        addresses = sorted(last)
        for start in range(0, len(addresses), self._most):
            yield
            found = [last[address] for address in addresses[start : start + self._most]]
            leases = [lease_at(self._rows[place >> 32][1], place & 0xFFFFFFFF) for place in found]
            with self._transaction():
                self._take_turn()
                self._write(leases)

    def events(self) -> Iterator[None]:
        """Those of each row, which goes with them."""
        rows = self._rows
        for start in range(0, len(rows), _GONE_AT_ONCE):
            yield
            part = rows[start : start + _GONE_AT_ONCE]
            with self._transaction():
                self._take_turn()
                told = [_event_row(event) for _, body in part for event in events_in(body)]
                self._connection.executemany(_TELL, told)
                self._connection.execute(_DELETE, (part[-1][0],))

    def _take_turn(self) -> None:
        """Inside a transaction. Raises _OvertakenError: whoever was in between may have written younger leases than
        those that were read here."""
        if self._connection.execute(_TAKE_TURN, (self._turn,)).rowcount != 1:
            raise _OvertakenError
        self._turn += 1

    def _write(self, leases: Sequence[Lease]) -> None:
        known = self._known([lease.address for lease in leases])
        moved: list[tuple[object, ...]] = []
        changed: list[tuple[object, ...]] = []
        put: list[tuple[object, ...]] = []
        for lease in leases:
            row = known.get(lease.address)
            if row is None or row[0] != mac_text(lease.mac):
                put.append(tuple(lease_rows((lease,))))
                continue
            rest = lease.account, lease.port, lease.state, lease.first_seen, lease.agent, lease.client_id
            if row[1:] == rest:
                moved.append((lease.expires_at, lease.last_seen, lease.address))
            else:
                times = lease.expires_at, lease.first_seen, lease.last_seen
                changed.append((*rest[:3], *times, lease.agent, lease.client_id, lease.address))
        for query, rows in ((_MOVE, moved), (_CHANGE, changed), (_PUT, put)):
            if rows:
                self._connection.executemany(query, rows)

    def _known(self, addresses: list[int]) -> dict[int, tuple[object, ...]]:
        return {row[0]: row[1:] for row in in_chunks(self._connection, _KNOWN, addresses)}
