"""What the sides of the store share: a connection, a transaction, the change feed's length."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gatekeeper.store import StoreError
from gatekeeper.store.schema import MAX_FEED


class Tables:
    """One connection; the classes beside this one ask and write on it."""

    path: str
    _connection: sqlite3.Connection

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StoreError(f"store {self.path}: {error}") from error
            raise

    def _prune_feed(self) -> None:
        self._connection.execute("DELETE FROM feed WHERE seq <= (SELECT max(seq) FROM feed) - ?", (MAX_FEED,))
