"""What an export reads: accounts with their boxes, in one sequence and of one moment."""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from mypy_extensions import trait

from gatekeeper.policy.orders import Account, Boxed
from gatekeeper.store import StoreError
from gatekeeper.store.rows import ACCOUNT, Row, account_of, listed, mac_of
from gatekeeper.store.sqlite.tables import Tables

_ALL: Final = f"""
SELECT {listed(ACCOUNT, "a.")}, b.mac, b.stbid FROM accounts a LEFT JOIN boxes b USING (account)
WHERE a.state <> 'cancelled' ORDER BY a.account, b.mac"""


@trait
class ExportTables(Tables):
    """Reading that does not end when the service writes: it sees the store as it was when it began."""

    def boxed_accounts(self) -> Iterator[Boxed]:
        """Accounts that are not cancelled, by name. Raises StoreError."""
        try:
            for account, rows in groupby(map(_split, self._connection.execute(_ALL)), itemgetter(0)):
                yield Boxed(account, tuple((mac_of(mac), stbid) for _, mac, stbid in rows if mac))
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error


def _split(row: Row) -> tuple[Account, str, str]:
    *account, mac, stbid = row
    return account_of(tuple(account)), mac, stbid
