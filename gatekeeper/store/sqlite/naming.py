"""What people name boxes by, found in the store: accounts, orders, MACs, STBIDs, addresses."""

import sqlite3
from typing import Final

from mypy_extensions import trait

from gatekeeper.store import StoreError
from gatekeeper.store.asking import MAX_NAMED
from gatekeeper.store.found import Named
from gatekeeper.store.sqlite.schema import LEASED
from gatekeeper.store.sqlite.tables import Tables

# kind, value, account, mac. An order that was not applied speaks of its own box, any other of all of its account.
_WHOLE: Final = """
SELECT 'account', account, account, '' FROM accounts WHERE account = :text
UNION ALL SELECT 'order', number, account, CASE state WHEN 'applied' THEN '' ELSE mac END
    FROM orders WHERE number = :text AND (account <> '' OR mac <> '')
UNION ALL SELECT 'STBID', stbid, account, mac FROM boxes WHERE mac = :mac AND stbid = upper(:text)
UNION ALL SELECT 'MAC', mac, account, mac FROM boxes WHERE mac = :mac
UNION ALL SELECT DISTINCT 'MAC', mac, '', mac FROM refused WHERE mac = :mac AND mac NOT IN (SELECT mac FROM boxes)"""
# Who has an address: the first of these that knows.
_HOLDERS: Final = (
    f"SELECT '', mac FROM leases_now WHERE address = :address AND {LEASED} AND expires_at > :now",
    "SELECT '', mac FROM sessions_now WHERE address = :address AND state = 'active' AND mac <> ''"
    " ORDER BY id DESC LIMIT 1",
    "SELECT account, '' FROM accounts WHERE address = :address AND address <> 0",
    "SELECT '', mac FROM leases_now WHERE address = :address AND state <> 'declined' AND mac <> ''",
    "SELECT '', mac FROM refused WHERE address = :address ORDER BY last_seen DESC LIMIT 1",
)
_TEXT: Final = "({0} >> 24) || '.' || (({0} >> 16) & 255) || '.' || (({0} >> 8) & 255) || '.' || ({0} & 255)"
# Between the text and the text with the last character of all behind it is what begins with it: by the index.
_BEGINS: Final = "{0} >= :text AND {0} < :text || char(1114111)"
_ALIKE: Final = (
    f"SELECT 'account', account, account, '' FROM accounts WHERE {_BEGINS.format('account')}",
    "SELECT 'order', number, account, CASE state WHEN 'applied' THEN '' ELSE mac END"
    f" FROM orders WHERE {_BEGINS.format('number')} AND (account <> '' OR mac <> '')",
    "SELECT 'STBID', stbid, account, mac FROM boxes WHERE substr(stbid, 1, length(:text)) = upper(:text)",
)
_MACS_ALIKE: Final = """
SELECT 'MAC', mac, account, mac FROM boxes WHERE mac >= :pairs AND mac < :pairs || 'g'
UNION SELECT 'MAC', mac, '', mac FROM refused
    WHERE mac >= :pairs AND mac < :pairs || 'g' AND mac NOT IN (SELECT mac FROM boxes)"""
_ADDRESSES_ALIKE: Final = f"""
SELECT 'address', text, account, mac FROM (
    SELECT {_TEXT.format("address")} AS text, '' AS account, mac FROM leases_now
    WHERE {LEASED} AND expires_at > :now
    UNION SELECT {_TEXT.format("address")}, '', mac FROM sessions_now
    WHERE state = 'active' AND address <> 0 AND mac <> ''
    UNION SELECT {_TEXT.format("address")}, account, '' FROM accounts WHERE address <> 0)
WHERE substr(text, 1, length(:text)) = :text"""


@trait
class NamingTables(Tables):
    """Reads only."""

    def named(self, text: str, mac: str, address: int, now: int) -> list[Named]:
        """What this is the whole name of. mac: as text, of an STBID its own, "" = it is none; address: 0 = it is none.

        Raises StoreError.
        """
        values = {"text": text, "mac": mac, "address": address, "now": now}
        found = self._named(_WHOLE, values)
        for query in _HOLDERS if address else ():
            rows = self._named(f"SELECT 'address', :text, * FROM ({query})", values)
            if rows:
                return found + rows
        return found

    def named_alike(self, text: str, pairs: str, now: int) -> list[Named]:
        """What begins so, one more than MAX_NAMED of each kind at most. pairs: as a MAC begins, "" = it is none.

        Raises StoreError.
        """
        values: dict[str, object] = {"text": text, "pairs": pairs, "now": now}
        queries = [*_ALIKE, *([_MACS_ALIKE] if pairs else []), *([_ADDRESSES_ALIKE] if "." in text else [])]
        limit = f" LIMIT {MAX_NAMED + 1}"
        return [one for query in queries for one in self._named(f"SELECT * FROM ({query}){limit}", values)]

    def macs_of(self, account: str) -> list[str]:
        """The boxes of an account. Raises StoreError."""
        return [
            row.mac
            for row in self._named(
                "SELECT '', '', '', mac FROM boxes WHERE account = :text ORDER BY mac", {"text": account}
            )
        ]

    def _named(self, query: str, values: dict[str, object]) -> list[Named]:
        try:
            with self._reading():
                return [Named(*row) for row in self._connection.execute(query, values)]
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
