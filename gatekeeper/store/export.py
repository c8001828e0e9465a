"""What an export reads: accounts with their boxes, in one sequence and of one moment."""

import sqlite3
from collections.abc import Iterator
from itertools import groupby

from gatekeeper.policy.orders import Account, Boxed
from gatekeeper.store import StoreError
from gatekeeper.store.tables import Tables

_COLUMNS = ", ".join(f"a.{name}" for name in Account._fields)
_ALL = f"""
SELECT {_COLUMNS}, b.mac, b.stbid FROM accounts a LEFT JOIN boxes b USING (account)
WHERE a.state <> 'cancelled' ORDER BY a.account, b.mac"""


class ExportTables(Tables):
    """Reading that does not end when the service writes: it sees the store as it was when it began."""

    def boxed_accounts(self) -> Iterator[Boxed]:
        """Accounts that are not cancelled, by name. Raises StoreError."""
        size = len(Account._fields)
        try:
            for values, rows in groupby(self._connection.execute(_ALL), lambda row: row[:size]):
                boxes = ((bytes.fromhex(row[size].replace(":", "")), row[size + 1]) for row in rows if row[size])
                yield Boxed(Account(*values), tuple(boxes))
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
