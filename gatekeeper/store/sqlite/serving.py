"""Whoever serves over a store: that it is whole when he begins, that its files stay in place, that it is left whole."""

import sqlite3
from contextlib import suppress
from typing import Final

from mypy_extensions import trait

from gatekeeper.store import StoreError
from gatekeeper.store.sqlite.files import LOG, has_log
from gatekeeper.store.sqlite.mark import LONG
from gatekeeper.store.sqlite.tables import Tables

_SERVE: Final = "UPDATE commits SET served = ?"
_SEQ: Final = "SELECT seq FROM commits"
_LONG_LOG: Final = 16_384  # pages, 64 MB
_CACHE_KIB: Final = 16_384  # of who folds: with SQLite's own 2 MB what a slice has read is gone before the next one


@trait
class ServingTables(Tables):
    """One connection's side of the mark."""

    _long_at = LONG  # octets of the mark at which a checkpoint is due
    _logged = 0  # pages that the log had

    def loss(self) -> str:
        """What was acknowledged and is not here, and the ways on, in one line; "" = nothing."""
        return self._loss.text if self._loss else ""

    def amiss(self) -> str:
        """What is wrong with the files beside this store; "" = nothing. Cheap, and of any thread."""
        found = self._placed.amiss() if self._placed else ""
        return found or (self._mark.error if self._mark else "")

    def confirm(self) -> None:
        """Raises StoreError where commits are lost, or files out of place."""
        trouble = self.loss() or (self._placed.amiss() if self._placed else "")
        if trouble:
            raise StoreError(trouble)

    def begin_serving(self) -> str:
        """Say in the store that it is being served, once its mark is on disk: a copy of the main file alone is known by
        that. What is to be said of it, "" = nothing; what cannot be written now is tried again by ``note``.

        Raises StoreError where commits are lost.
        """
        if self._loss:
            raise StoreError(self._loss.text)
        if self._mark is None:
            return ""
        try:
            unmarked = self._seq > 0 and has_log(self.path) and self._mark.read() is None
            self._mark.sure()
            with self._transaction():
                self._connection.execute(_SERVE, (True,))
            self.checkpoint()
        except (StoreError, OSError) as error:
            return f"store {self.path} is not marked as being served: {error}"
        if unmarked:
            return f"{self._mark.path} was not there: whether the log {self.path}{LOG} is whole is not known"
        return ""

    def end_serving(self) -> None:
        """Say in the store that it is served no longer. Nobody waits for that: a store that is locked or out of place
        stays one that was left while it was served."""
        with suppress(StoreError, sqlite3.Error):
            self.confirm()
            self._patience_s = 0.0
            with self._transaction():
                self._connection.execute(_SERVE, (False,))

    def mark_is_long(self) -> bool:
        """True if it is time for a ``checkpoint``, which makes the mark short again."""
        return self._mark is not None and self._mark.size >= self._long_at

    def waits_since(self) -> float:
        """Since when, by time.monotonic, a transaction waits for another process's to end; 0 = none does. Of any
        thread."""
        return self._waits_since

    def turn_at(self) -> float:
        """When, by time.monotonic, the last transaction had its turn."""
        return self._turn_at

    def hurry(self) -> None:
        """Of the connection that does nothing but commit: it makes no checkpoints by itself, another one calls
        ``checkpoint``, and nobody is waited for but as ``_begin`` does, which need not be told each time. Raises
        StoreError."""
        try:
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
            self._hurried = True
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def log_is_long(self) -> bool:
        """True if the log had over 64 MB when this connection made its last ``checkpoint``: SQLite begins it anew when
        a commit finds all of it in the main file, and where commits come fast that takes one between two of them."""
        return self._logged >= _LONG_LOG

    def checkpoint(self) -> bool:
        """Put the log into the main file, beside whoever reads or writes. True: all of it is there, and the mark begins
        anew. False: somebody still reads what is older. Raises StoreError.
        """
        if self._mark is None:
            return True
        try:
            (seq,) = self._connection.execute(_SEQ).fetchone()
            busy, logged, moved = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._logged = logged
            whole = not busy and logged == moved
            self._long_at = LONG if whole and self._mark.begin_anew(seq) else 2 * max(self._mark.size, LONG)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"store {self.path}: {error}") from error
        return whole

    def close(self) -> None:
        """The last one that closes leaves all in the main file, and the mark says so."""
        whole = self._wrote and not self.amiss()
        self._connection.close()
        mark = self._mark
        if mark is None:
            return
        if whole and not has_log(self.path):
            with suppress(OSError):
                if mark.size > LONG:
                    mark.begin_anew(self._seq)
                mark.note_clean(self._seq)
        mark.close()
