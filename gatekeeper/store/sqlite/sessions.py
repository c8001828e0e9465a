"""Sessions as accounting tells them. What a report means for one is said by ``policy.sessions``; until it is folded it
waits, on disk."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import SessionsEnded
from gatekeeper.store import StoreError
from gatekeeper.store.found import InSession
from gatekeeper.store.ports import SLICE
from gatekeeper.store.rows import mac_of
from gatekeeper.store.sqlite.folding import MOST, Pace, Transaction, folding
from gatekeeper.store.sqlite.journal import JournalTables
from gatekeeper.store.sqlite.lease_folding import folding_leases
from gatekeeper.store.sqlite.lease_log import Recent
from gatekeeper.store.sqlite.reports_format import body_of, ended_body
from gatekeeper.store.sqlite.tables import trouble_of

# Sessions that ended long ago go, so many at a time.
_PRUNE: Final = 1_000
# Rows of reports that are folded inside the transaction of who writes sessions otherwise; more go before, in slices.
_FEW: Final = 4
_AT_ONCE: Final = 8_192  # where nobody waits
_FOLD_DOWN_S: Final = 5.0

_WAIT: Final = "INSERT INTO reports VALUES (?, ?)"
_MORE: Final = """
SELECT EXISTS (SELECT 1 FROM main.reports WHERE seq > 0 LIMIT 1 OFFSET ?)
    OR EXISTS (SELECT 1 FROM main.lease_log WHERE seq > 0 LIMIT 1 OFFSET ?)"""
# There is no index by this: it would be written by each Interim. Rows of courses are short, and read as they lie.
_QUIET: Final = """
SELECT c.session, s.nas, c.heard FROM courses c CROSS JOIN sessions s ON s.id = c.session
WHERE c.state = 'active' AND c.heard < ?"""
_CLOSE: Final = "UPDATE courses SET state = 'closed' WHERE session = ? AND state = 'active' AND heard = ?"
_STALE: Final = "UPDATE sessions SET cause = 'not heard of for ' || ? || ' s' WHERE id = ?"
_OLD: Final = "SELECT session FROM courses WHERE state = 'closed' AND heard < ? LIMIT ?"

# Each half by an index: a join with sessions_now would have all of it made first.
_FIXED: Final = """
SELECT s.address, s.mac, s.nas, s.device, s.session, coalesce(x.heard, c.heard), s.id FROM accounts a
CROSS JOIN sessions s ON s.address = a.address JOIN courses c ON c.session = s.id
LEFT JOIN count_changes x ON x.id = s.id
WHERE a.address <> 0 AND s.address <> 0 AND c.state = 'active' AND s.mac <> ''
    AND s.id NOT IN (SELECT id FROM session_changes)
UNION ALL
SELECT s.address, s.mac, s.nas, s.device, s.session, s.heard, s.id FROM accounts a
CROSS JOIN session_changes s ON s.address = a.address
WHERE a.address <> 0 AND s.address <> 0 AND s.state = 'active' AND s.mac <> ''
ORDER BY 6 DESC, 7 DESC"""


@trait
class SessionTables(JournalTables):
    """The side of the store that accounting writes."""

    _folds: Iterator[None] | None = None  # what is folded a slice at a time
    _pace: Pace  # of those
    _waiting = True  # the logs of leases and of reports are not known to be empty

    def _keep_reports(self, said: Sequence[bytes | SessionsEnded]) -> None:
        """Packed reports, and ends of a NAS's sessions among them. Inside the transaction of a commit."""
        packed: list[bytes] = []
        for one in said:
            if isinstance(one, bytes):
                packed.append(one)
                continue
            if packed:
                self._connection.execute(_WAIT, (self._next_row(), body_of(packed)))
                packed = []
            self._connection.execute(_WAIT, (self._next_row(), ended_body(one)))
        if packed:
            self._connection.execute(_WAIT, (self._next_row(), body_of(packed)))
        self._waiting = True

    def fold_slice(self, most: int = SLICE) -> bool:
        """Fold about so many reports that wait. False: none does any more. Raises StoreError; what was not folded then
        still waits."""
        folds, self._pace.most = self._folds, most
        if folds is None:
            if not self._waiting:
                return False
            folds = self._all_folds(self._slice, self._pace, self._recent)
            self._waiting = False  # what comes while these fold may be left by them
        self._folds = None  # one that fails is begun again
        # Whoever waits for a commit does not wait for a fold's turn.
        patience_s, self._patience_s = self._patience_s, 0.0
        try:
            next(folds)
            self._folds = folds
        except StopIteration:
            return self._waiting
        except BaseException as error:
            self._waiting = True
            if isinstance(error, sqlite3.Error):
                raise StoreError(f"store {self.path}: {error}", trouble_of(error)) from error
            raise
        finally:
            self._patience_s = patience_s
        return True

    def fold_all(self) -> None:
        """Fold all that waits. Raises StoreError; what was not folded then still waits."""
        self._folds, self._waiting = None, True
        while self.fold_slice(_AT_ONCE):
            pass

    def _all_folds(self, transaction: Transaction, pace: Pace, recent: Recent | None) -> Iterator[None]:
        yield from folding_leases(self._connection, transaction, pace, recent)
        yield from folding(self._connection, transaction, pace)

    @contextmanager
    def _slice(self) -> Iterator[None]:
        """A transaction that is on disk with the next one of ``_transaction``: what it makes of the reports, which are
        on disk, can be made again."""
        query = self._connection.execute
        query("PRAGMA synchronous = NORMAL")
        try:
            self._begin()
            yield
            query("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                query("ROLLBACK")
            raise
        finally:
            query("PRAGMA synchronous = FULL")

    @contextmanager
    def _on_sessions(self) -> Iterator[bytearray]:
        """As ``_transaction``, for who writes sessions or what is asked about them: no report waits inside."""
        self._fold_down(_FEW)
        self._unfolded.make()
        try:
            with self._transaction() as leases:
                # What is known of the log stays as it is: all of this may yet be undone.
                for _ in self._all_folds(nullcontext, Pace(MOST), None):
                    pass
                self._unfolded.refresh()
                yield leases
        except BaseException:
            self._unfolded.doubt()
            raise

    def _fold_down(self, few: int) -> None:
        """Fold in slices while more rows of reports wait than so few, and not for ever. Raises StoreError."""
        query, end = self._connection.execute, time.monotonic() + _FOLD_DOWN_S
        self._folds, self._waiting = None, True
        slices: Iterator[None] = iter(())
        try:
            while query(_MORE, (few, few)).fetchone()[0] and time.monotonic() < end:
                try:
                    next(slices)
                except StopIteration:  # what has come behind the last ones folds anew
                    slices = self._all_folds(self._slice, Pace(SLICE), self._recent)
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}", trouble_of(error)) from error

    def fixed_in_session(self) -> list[InSession]:
        """Running sessions with addresses that orders fixed, those heard of last first. Raises StoreError."""
        try:
            with self._reading():
                rows = self._connection.execute(_FIXED).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        return [InSession(address, mac_of(mac), *rest) for address, mac, *rest, _ in rows]

    def close_stale(self, limits: dict[str, int], default_s: int, keep_s: int, now: int) -> int:
        """Close sessions not heard of for as long as limits says of their NAS, else default_s; returns how many.

        Those that ended longer ago than keep_s are forgotten. Raises StoreError.
        """
        query, closed = self._connection.execute, 0
        self._fold_down(0)
        try:
            quiet = query(_QUIET, (now - min(default_s, *limits.values(), default_s),)).fetchall()
            old = query(_OLD, (now - keep_s, 1)).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}", trouble_of(error)) from error
        stale = [(row, heard, limits.get(nas, default_s)) for row, nas, heard in quiet]
        stale = [one for one in stale if one[1] < now - one[2]]
        if not stale and not old:
            return 0
        with self._on_sessions():
            for row, heard, after in stale:
                # A report that waited may have been of it.
                if query(_CLOSE, (row, heard)).rowcount:
                    query(_STALE, (after, row))
                    closed += 1
            query(f"DELETE FROM sessions WHERE id IN ({_OLD})", (now - keep_s, _PRUNE))
        return closed
