"""What the sides of the store share: a connection, a transaction, the change feed's length.

Each side is a trait: a class with methods and no state of its own, of which SqliteStore has many. mypyc lets a compiled
class have several parents of that kind and of no other; where nothing is compiled the word does nothing.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from mypy_extensions import trait

from gatekeeper.store import RecordError, StoreError
from gatekeeper.store.ports import MAX_FEED
from gatekeeper.store.sqlite.apart import is_of_a_row
from gatekeeper.store.sqlite.files import Placed
from gatekeeper.store.sqlite.lease_log import FIRST, Log, Recent
from gatekeeper.store.sqlite.loss import Loss
from gatekeeper.store.sqlite.mark import Mark
from gatekeeper.store.sqlite.unfolded import Unfolded

BUSY_S: Final = 5.0
_LOOK_AGAIN_S: Final = 0.0005
# SQLite's result codes, the extended ones before those that they are kinds of -> the trouble that is behind it.
_TROUBLES: Final = {
    sqlite3.SQLITE_IOERR_FSYNC: "fsync-failing",
    sqlite3.SQLITE_IOERR_DIR_FSYNC: "fsync-failing",
    sqlite3.SQLITE_READONLY_DBMOVED: "store-replaced",
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_IOERR: "disk-failing",
    sqlite3.SQLITE_BUSY: "store-locked",
    sqlite3.SQLITE_LOCKED: "store-locked",
    sqlite3.SQLITE_READONLY: "store-read-only",
    sqlite3.SQLITE_CORRUPT: "store-damaged",
    sqlite3.SQLITE_NOTADB: "store-damaged",
}


def trouble_of(error: Exception) -> str:
    """The row of ``report.troubles`` that this error is."""
    code = getattr(error, "sqlite_errorcode", 0)
    return _TROUBLES.get(code) or _TROUBLES.get(code & 0xFF) or "store-unavailable"


_ADVANCE: Final = "UPDATE commits SET seq = seq + 1 WHERE id = 1 RETURNING seq"


@trait
class Tables:
    """One connection; the classes beside this one ask and write on it."""

    path: str
    _connection: sqlite3.Connection
    _mark: Mark | None  # None = the store is in memory
    _placed: Placed | None
    _loss: Loss | None  # what the store lacks: it may be read
    _seq = 0  # the last commit that is known
    _here = 0  # the one that is going on
    _rows_here = 0  # of logs that it has
    _wrote = False
    _patience_s = BUSY_S  # with whoever else writes
    _waits_since = 0.0  # by time.monotonic, for one of these; 0 = it does not
    _turn_at = 0.0
    _own_seq = -1  # the last commit, if nobody else has committed since ours; of who commits effects
    _hurried = False  # SQLite waits for nobody on this connection
    _beside = False  # what this process has put into the log is in _recent
    _recent: Recent  # the log of leases, as this process knows it
    _unfolded: Unfolded  # what this connection's readers see of reports that wait

    @contextmanager
    def _transaction(self) -> Iterator[bytearray]:
        """Wholly or not at all, on disk at the end, and then in the mark: with the leases that are put into what this
        gives (``lease_format.marked``)."""
        leases = bytearray()
        try:
            self._begin()
            ((seq,),) = self._connection.execute(_ADVANCE).fetchall()
            self._here, self._rows_here = seq, 0
            yield leases
            self._connection.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error | OverflowError | UnicodeError):
                told = f"store {self.path}: {error}"
                raise (RecordError(told) if is_of_a_row(error) else StoreError(told, trouble_of(error))) from error
            raise
        self._seq, self._wrote = seq, True
        if self._mark:
            self._mark.note(seq, bytes(leases))

    def _begin(self) -> None:
        """Begin to write, in turn with other processes: looking again every half millisecond, for _patience_s at most.

        SQLite's own waiting looks ever more rarely, and beside somebody who writes a lot it would come too late again
        and again. Raises StoreError where commits are lost that the next one would hide, or files are out of place.
        """
        if self._loss:
            raise StoreError(self._loss.text)
        amiss = self._placed.amiss() if self._placed else ""
        if amiss:
            raise StoreError(amiss, "store-replaced")
        query = self._connection.execute
        if not self._hurried:
            query("PRAGMA busy_timeout = 0")
        end = time.monotonic() + self._patience_s
        try:
            while True:
                try:
                    query("BEGIN IMMEDIATE")
                    self._turn_at = time.monotonic()
                    return
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                        raise
                self._waits_since = self._waits_since or time.monotonic()
                time.sleep(_LOOK_AGAIN_S)
        finally:
            self._waits_since = 0.0
            if not self._hurried:
                query(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What is asked inside is of one moment, and ``sessions_now`` and its kin have all reports."""
        if self._connection.in_transaction:
            yield
            return
        self._unfolded.make()
        self._connection.execute("BEGIN")
        try:
            self._unfolded.refresh()
            yield
        except BaseException:
            self._unfolded.doubt()
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")

    @contextmanager
    def _with_log(self) -> Iterator[Log]:
        """What is asked of ``leases`` inside is of one moment with the log that this gives."""
        query, begins = self._connection.execute, not self._connection.in_transaction
        # What is known of it comes before the store is asked: what is folded meanwhile is in both then.
        log = Log(self._recent)
        if begins:
            query("BEGIN")
        try:
            if not self._beside:
                self._recent.refresh(self._connection)
                log = Log(self._recent)
            ((log.first,),) = query(FIRST).fetchall()
            yield log
        finally:
            if begins:
                query("COMMIT")

    def _next_row(self) -> int:
        """The number of a row that goes into a log, inside the transaction that is going on. They rise for ever, also
        when all rows are gone; no transaction has so many."""
        self._rows_here += 1
        return (self._here << 16) + self._rows_here

    def _prune_feed(self) -> None:
        self._connection.execute("DELETE FROM feed WHERE seq <= (SELECT max(seq) FROM feed) - ?", (MAX_FEED,))
