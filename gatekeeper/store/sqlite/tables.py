"""What the sides of the store share: a connection, a transaction, the change feed's length.

Each side is a trait: a class with methods and no state of its own, of which SqliteStore has many. mypyc lets a compiled
class have several parents of that kind and of no other; where nothing is compiled the word does nothing.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

from mypy_extensions import trait

from gatekeeper.store import RecordError, StoreError
from gatekeeper.store.ports import MAX_FEED
from gatekeeper.store.sqlite.apart import is_of_a_row
from gatekeeper.store.sqlite.schema import CHUNKS

_Item = TypeVar("_Item")

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


@trait
class Tables:
    """One connection; the classes beside this one ask and write on it."""

    path: str
    _connection: sqlite3.Connection

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._begin()
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error | OverflowError | UnicodeError):
                told = f"store {self.path}: {error}"
                raise (RecordError(told) if is_of_a_row(error) else StoreError(told, trouble_of(error))) from error
            raise

    def _begin(self) -> None:
        """Begin to write, in turn with other processes: looking again every half millisecond, for BUSY_S at most.

        SQLite's own waiting looks ever more rarely, and beside somebody who writes a lot it would come too late again
        and again.
        """
        query = self._connection.execute
        query("PRAGMA busy_timeout = 0")
        end = time.monotonic() + BUSY_S
        try:
            while True:
                try:
                    query("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                        raise
                time.sleep(_LOOK_AGAIN_S)
        finally:
            query(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")

    def _prune_feed(self) -> None:
        self._connection.execute("DELETE FROM feed WHERE seq <= (SELECT max(seq) FROM feed) - ?", (MAX_FEED,))


def parts(items: list[_Item]) -> Iterator[list[_Item]]:
    """The items in as few parts as the sizes of CHUNKS allow."""
    at = 0
    for size in CHUNKS:
        while len(items) - at >= size:
            yield items[at : at + size]
            at += size
