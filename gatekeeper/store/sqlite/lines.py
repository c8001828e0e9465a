"""Access lines as the store has them: where accounts are bound, and where leases and sessions were seen."""

import sqlite3
from itertools import islice
from typing import Final

from mypy_extensions import trait

from gatekeeper.policy.lines import LineUse, is_shared
from gatekeeper.store import StoreError
from gatekeeper.store.sqlite.tables import Tables

# A row for each time that something stands on a port. uses: it does so now, bound or by a lease or session that goes
# on; seen: a packet said so, and not an order alone; rank: whose spelling of the line is shown.
# Sessions that have ended are many, and tell no more than when.
_STANDING: Final = """
SELECT port, account, mac, 1 AS uses, port_state = 'learned' AS seen, 0 AS rank,
       CASE WHEN port_state = 'learned' THEN nullif(port_at, 0) END AS first_seen,
       CASE WHEN port_state = 'learned' THEN nullif(port_at, 0) END AS last_seen
FROM accounts LEFT JOIN boxes USING (account) WHERE port <> ''
UNION ALL
SELECT port, account, mac, state = 'active' AND expires_at > :now, 1, 1, first_seen, last_seen
FROM leases_now WHERE port <> ''
UNION ALL
SELECT port, account, mac, 1, 1, 2, started, last_seen FROM sessions_now WHERE state = 'active' AND port <> ''
UNION ALL
SELECT port, '', '', 0, 1, 2, min(started), max(last_seen) FROM sessions_now
WHERE state = 'closed' AND port <> '' GROUP BY port"""
# The store's own narrowing of that listing: lines that such a box, account or address is bound to or was seen on.
_OF: Final = """line IN (
    SELECT line_of(port) FROM leases_now WHERE {key} UNION SELECT line_of(port) FROM sessions_now WHERE {key}{more})"""
_BOUND: Final = " UNION SELECT line FROM accounts WHERE "
OF_LINES: Final = {
    "mac": _OF.format(key="mac = :mac", more=f"{_BOUND}account = (SELECT account FROM boxes WHERE mac = :mac)"),
    "account": _OF.format(key="account = :account", more=f"{_BOUND}account = :account"),
    "address": _OF.format(key="address = :address", more=""),
}
# What all spellings have in common stands beside those that are bound, and is asked once for each of the others.
LINES: Final = f"""
WITH standing AS ({_STANDING}),
     bound AS (SELECT port, line FROM accounts WHERE port <> '' GROUP BY port),
     lines AS (
         SELECT port, line FROM bound UNION ALL
         SELECT port, line_of(port) FROM (
             SELECT DISTINCT port FROM standing WHERE port NOT IN (SELECT port FROM bound)))
SELECT substr(min(rank || port), 2) AS port,
       count(DISTINCT CASE WHEN uses AND account <> '' THEN account END) AS accounts,
       count(DISTINCT CASE WHEN uses AND mac <> '' THEN mac END) AS boxes,
       min(first_seen) AS first_seen, max(last_seen) AS last_seen,
       count(DISTINCT CASE WHEN uses AND seen AND account <> '' THEN account END) AS there, line
FROM standing JOIN lines USING (port) GROUP BY line"""
# Lines by what the packet loop's questions find them by; which of them are too full is asked of an index alone.
_FULL: Final = """
SELECT min(port), count(*), sum(port_state = 'learned'), line FROM accounts
WHERE port <> '' AND line IN (SELECT line FROM accounts WHERE port <> '' GROUP BY line HAVING count(*) > ?)
GROUP BY line ORDER BY 2 DESC, 1"""


@trait
class LineTables(Tables):
    """What lines are like."""

    def shared_lines(self, most: int, at_most: int) -> list[LineUse]:
        """Lines that more accounts than ``most`` are bound to, the fullest first, so many at most. Raises StoreError.

        most: 0 = there is no such line.
        """
        try:
            uses = (LineUse(*row) for row in self._connection.execute(_FULL, (most,)))
            return list(islice((use for use in uses if is_shared(use, most)), at_most))
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
