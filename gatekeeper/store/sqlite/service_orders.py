"""Service orders of TM Forum's form: which items came, and which of our orders each became."""

import sqlite3

from mypy_extensions import trait

from gatekeeper.store import StoreError
from gatekeeper.store.sqlite.tables import Tables


@trait
class ServiceOrderTables(Tables):
    """One is kept before its items are handed in: a crash between leaves items that wait to be sent again."""

    def keep_service_order(self, number: str, items: str, now: int) -> str:
        """Keep it, unless it is there; its items as they were kept. Raises StoreError."""
        with self._transaction():
            query = self._connection.execute
            query("INSERT INTO service_orders VALUES (?, ?, ?) ON CONFLICT (number) DO NOTHING", (number, items, now))
            return str(query("SELECT items FROM service_orders WHERE number = ?", (number,)).fetchone()[0])

    def service_order(self, number: str) -> tuple[str, int] | None:
        """(items, when it came). Raises StoreError."""
        query = "SELECT items, received FROM service_orders WHERE number = ?"
        try:
            row = self._connection.execute(query, (number,)).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        return (row[0], row[1]) if row else None
