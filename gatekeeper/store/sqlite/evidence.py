"""What was last heard of each box: refusals by protocol and reason with their evidence, and when it was let in."""

import sqlite3
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import Reason
from gatekeeper.state.admissions import admission_event
from gatekeeper.state.evidence import Admitted, Heard, Refused
from gatekeeper.state.refusals import is_news, joined, refusal_event
from gatekeeper.store import StoreError
from gatekeeper.store.ports import MAX_REFUSED
from gatekeeper.store.rows import (
    ADMITTED,
    REFUSED,
    admitted_of,
    admitted_row,
    listed,
    marks,
    refused_of,
    refused_row,
)
from gatekeeper.store.sqlite.journal import JournalTables
from gatekeeper.store.sqlite.schema import MARKS
from gatekeeper.store.sqlite.tables import parts
from gatekeeper.wire.text import mac_text

_ACCOUNTS_OF: Final = {size: f"SELECT mac, account FROM boxes WHERE mac IN ({marks})" for size, marks in MARKS.items()}
_REFUSED_OF: Final = {
    size: f"SELECT {listed(REFUSED)} FROM refused WHERE mac IN ({marks})" for size, marks in MARKS.items()
}
_REFUSALS: Final = f"{_REFUSED_OF[1]} ORDER BY last_seen DESC, ms DESC, protocol, reason"
_REFUSE: Final = f"INSERT OR REPLACE INTO refused ({listed(REFUSED)}) VALUES ({marks(REFUSED)})"
_ORDERED_AT: Final = """
SELECT o.received FROM accounts a JOIN orders o ON o.number = a.last_order
WHERE a.account = ? AND a.state <> 'cancelled'"""
# The oldest go, and first of all those of boxes that no order names.
_PRUNE: Final = tuple(
    f"""
DELETE FROM refused WHERE (mac, protocol, reason) IN (
    SELECT mac, protocol, reason FROM refused r {of} ORDER BY last_seen
    LIMIT max(0, (SELECT count(*) FROM refused) - ?))"""
    for of in ("WHERE NOT EXISTS (SELECT 1 FROM boxes b WHERE b.mac = r.mac)", "")
)
# Of DHCP only what says which of two came later is kept beside the leases.
_PRUNE_ADMITTED: Final = "DELETE FROM admitted WHERE protocol = 'dhcp' AND mac NOT IN (SELECT mac FROM refused)"
_ADMIT: Final = f"""
INSERT INTO admitted ({listed(ADMITTED)}) VALUES ({marks(ADMITTED)})
ON CONFLICT (mac, protocol) DO UPDATE SET (account, "where", port, at, address, ms) =
    (excluded.account, excluded."where", excluded.port, excluded.at, excluded.address, excluded.ms)
WHERE (excluded.at, excluded.ms) >= (admitted.at, admitted.ms)"""
_ADMISSIONS: Final = f"SELECT {listed(ADMITTED)} FROM admitted WHERE mac = ? ORDER BY protocol"


@trait
class EvidenceTables(JournalTables):
    """Written by the commit thread with its notes, read by who asks why."""

    def heard(self, mac: bytes) -> Heard:
        """What was refused of this box, the latest first, and when it was let in. Raises StoreError."""
        query, text = self._connection.execute, mac_text(mac)
        try:
            refused = tuple(map(refused_of, query(_REFUSALS, (text,))))
            return Heard(refused, tuple(map(admitted_of, query(_ADMISSIONS, (text,)))))
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def _refuse(self, refused: list[Refused]) -> None:
        """Each joined with what is on record of its box and reason. The journal is told of boxes that orders know."""
        query = self._connection.execute
        for part in parts(refused):
            macs = [mac_text(one.mac) for one in part]
            known = {row[:3]: row for row in map(refused_of, query(_REFUSED_OF[len(part)], macs))}
            accounts = dict(query(_ACCOUNTS_OF[len(part)], macs).fetchall())
            written: dict[tuple[object, ...], Refused] = {}
            for mac, one in zip(macs, part, strict=True):
                key = one[:3]
                if one.reason is Reason.UNKNOWN_MAC and mac in accounts and self._is_over(one, accounts[mac]):
                    continue
                before = written.get(key) or known.get(key)
                if mac in accounts and is_news(one, before):
                    self._tell_event(refusal_event(one, accounts[mac]))
                written[key] = joined(before, one) if before else one
            self._connection.executemany(_REFUSE, map(refused_row, written.values()))
        if refused and query("SELECT count(*) FROM refused").fetchone()[0] > MAX_REFUSED:
            for statement in _PRUNE:
                query(statement, (MAX_REFUSED,))
            query(_PRUNE_ADMITTED)

    def _is_over(self, refused: Refused, account: str) -> bool:
        """True if an order for the box came since: what was counted before it is noted up to a second later."""
        row = self._connection.execute(_ORDERED_AT, (account,)).fetchone()
        return bool(row) and refused.last_seen <= row[0] + 1

    def _admit(self, admitted: list[Admitted]) -> None:
        """Each in the place of what is older; the journal is told of what is news."""
        self._tell_event(*(admission_event(one) for one in admitted if one.news))
        self._connection.executemany(_ADMIT, map(admitted_row, admitted))
