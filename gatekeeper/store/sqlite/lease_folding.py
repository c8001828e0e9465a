"""What the log says of leases and for the journal goes where it belongs.

Up to MOST leases are read, of each address the last one counts, and these go into ``leases`` in the sequence of their
addresses, so that each page is written once for all that it has. Then the events of each row go into the journal, and
the row goes with them. All of it in slices, each a short transaction of its own. Whoever begins again behind a crash
writes some leases once more, which changes nothing.
"""

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import Final

from gatekeeper.model import Lease
from gatekeeper.store.rows import EVENT, LEASE, lease_rows, listed
from gatekeeper.store.sqlite.folding import TELL, Pace, Transaction, in_chunks
from gatekeeper.store.sqlite.lease_format import events_in, lease_at, leases_in
from gatekeeper.store.sqlite.lease_log import FIRST, Recent, rows_behind
from gatekeeper.store.sqlite.many import inserting, updating, write
from gatekeeper.store.sqlite.schema import MARKS
from gatekeeper.wire.text import mac_text

# Beyond so many leases folding is worth its while: of a million each page is written once for some of them.
MOST: Final = 65_536
_SLICES: Final = 32  # at least: where nobody waits slices are long, and of many renewals each lease is written once
_PART_BITS: Final = 11  # of an address: so many are brought into their sequence at once

_Found = dict[int, dict[int, int]]

_KNOWN: Final = {
    size: f"""
SELECT address, mac, account, port, state, first_seen, agent, client_id FROM main.leases WHERE address IN ({marks})"""
    for size, marks in MARKS.items()
}
# Neither touches the index by MAC.
_MOVE: Final = updating("main.leases", ("expires_at", "last_seen"), "address")
_CHANGE: Final = """
UPDATE main.leases SET account = ?, port = ?, state = ?, expires_at = ?, first_seen = ?, last_seen = ?, agent = ?,
    client_id = ?
WHERE address = ?"""
_PUT: Final = inserting(
    "main.leases",
    LEASE,
    f" ON CONFLICT (address) DO UPDATE SET ({listed(LEASE[1:])}) = ({listed(LEASE[1:], 'excluded.')})",
)
_event_row: Final = attrgetter(*EVENT)
_TURN: Final = "SELECT turn FROM main.lease_folds"
_TAKE_TURN: Final = "UPDATE main.lease_folds SET turn = turn + 1 WHERE turn = ?"
_DELETE: Final = "DELETE FROM main.lease_log WHERE seq <= ?"


class _OvertakenError(Exception):
    """Somebody else has folded since the log was read."""


def folding_leases(
    connection: sqlite3.Connection, transaction: Transaction, pace: Pace, recent: Recent | None
) -> Iterator[None]:
    """Fold all of the log, what comes meanwhile among it. Between two steps, of that pace, whoever likes may write, and
    the connection is in no transaction but one that all of it is inside.

    transaction: begins and ends one; recent: forgets what is in the log no longer. Raises StoreError, sqlite3.Error;
    what was not folded then is in the log still.
    """
    while True:
        ((first,),) = connection.execute(FIRST).fetchall()
        if not first:
            return
        fold = _Fold(connection, transaction, pace, first)
        try:
            found = yield from fold.read()
            if recent:
                recent.turn_over()
            yield from fold.leases(found)
            yield from fold.events()
        except _OvertakenError:
            yield
        else:
            if recent:
                yield from recent.forget(fold.through + 1)


class _Fold:
    """One of up to MOST leases or _SLICES slices."""

    def __init__(self, connection: sqlite3.Connection, transaction: Transaction, pace: Pace, first: int) -> None:
        self._connection = connection
        self._transaction = transaction
        self._pace = pace
        self._first = first
        ((self._turn,),) = connection.execute(_TURN).fetchall()
        self._rows: list[tuple[int, bytes]] = []
        self.through = 0

    def read(self) -> Generator[None, None, _Found]:
        """The place of each address's last lease: of its row in _rows, and in that; by parts of the address space."""
        found: _Found = {}
        count, seen, gathers = 0, self._pace.most, max(MOST, _SLICES * self._pace.most)
        for seq, body in rows_behind(self._connection, self._first - 1):
            row = len(self._rows) << 32
            for address, at in leases_in(body):
                part = found.get(address >> _PART_BITS)
                if part is None:
                    part = found[address >> _PART_BITS] = {}
                part[address] = row | at
                count += 1
            self._rows.append((seq, body))
            self.through = seq
            if count >= gathers:
                break
            if count >= seen:
                seen += self._pace.most
                yield
        return found

    def leases(self, found: _Found) -> Iterator[None]:
        """Write them, and let go of their places."""
        places = _in_sequence(found)
        while some := list(islice(places, self._pace.most)):
            yield
            leases = [lease_at(self._rows[place >> 32][1], place & 0xFFFFFFFF) for _, place in some]
            with self._transaction():
                self._take_turn()
                self._write(leases)

    def events(self) -> Iterator[None]:
        """Those of each row, which goes with them."""
        told: list[tuple[object, ...]] = []
        for seq, body in self._rows:
            told += [_event_row(event) for event in events_in(body)]
            if len(told) >= self._pace.most or seq == self.through:
                yield
                with self._transaction():
                    self._take_turn()
                    write(self._connection, TELL, told)
                    self._connection.execute(_DELETE, (seq,))
                told = []

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
        write(self._connection, _MOVE, moved)
        self._connection.executemany(_CHANGE, changed)
        write(self._connection, _PUT, put)

    def _known(self, addresses: list[int]) -> dict[int, tuple[object, ...]]:
        return {row[0]: row[1:] for row in in_chunks(self._connection, _KNOWN, addresses)}


def _in_sequence(found: _Found) -> Iterator[tuple[int, int]]:
    """All of it by address, without the pause that sorting all at once would be; what is given is in it no longer."""
    for part in sorted(found):
        yield from sorted(found.pop(part).items())
