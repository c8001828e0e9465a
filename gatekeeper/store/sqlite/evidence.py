"""What was last heard of each box: refusals by protocol and reason with their evidence, and when it was let in."""

import sqlite3
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import Reason
from gatekeeper.state.admissions import admission_event
from gatekeeper.state.evidence import Admitted, Heard, Refused
from gatekeeper.state.refusals import OF_KNOWN_BOXES, is_news, joined, refusal_event
from gatekeeper.store import StoreError
from gatekeeper.store.ports import MAX_REFUSED
from gatekeeper.store.rows import (
    ADMITTED,
    REFUSED,
    admitted_of,
    admitted_row,
    listed,
    refused_of,
    refused_row,
)
from gatekeeper.store.sqlite.journal import JournalTables
from gatekeeper.store.sqlite.many import inserting, parts, write
from gatekeeper.store.sqlite.schema import MARKS
from gatekeeper.wire.text import mac_text

_ACCOUNTS_OF: Final = {size: f"SELECT mac, account FROM boxes WHERE mac IN ({marks})" for size, marks in MARKS.items()}
_REFUSED_OF: Final = {
    size: f"SELECT {listed(REFUSED)} FROM refused WHERE mac IN ({marks})" for size, marks in MARKS.items()
}
_REFUSALS: Final = f"{_REFUSED_OF[1]} ORDER BY last_seen DESC, ms DESC, protocol, reason"
_REFUSE: Final = inserting("main.refused", REFUSED, verb="REPLACE")
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
_ADMIT: Final = inserting(
    "main.admitted",
    ADMITTED,
    """
ON CONFLICT (mac, protocol) DO UPDATE SET (account, "where", port, at, address, ms) =
    (excluded.account, excluded."where", excluded.port, excluded.at, excluded.address, excluded.ms)
WHERE (excluded.at, excluded.ms) >= (admitted.at, admitted.ms)""",
)
_ADMISSIONS: Final = f"SELECT {listed(ADMITTED)} FROM admitted WHERE mac = ? ORDER BY protocol"

# Among the last events, however many there are.
_TOLD_LATELY: Final = """
SELECT EXISTS (SELECT 1 FROM journal
               WHERE seq > (SELECT max(seq) FROM journal) - 1000 AND mac = ? AND kind = 'refused')"""


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
            known = {_key_of(row): row for row in map(refused_of, query(_REFUSED_OF[len(part)], macs))}
            accounts = dict(query(_ACCOUNTS_OF[len(part)], macs).fetchall())
            written: dict[tuple[object, ...], Refused] = {}
            for mac, one in zip(macs, part, strict=True):
                if mac not in accounts and one.reason in OF_KNOWN_BOXES:
                    continue
                key = _key_of(one)
                before = written.get(key) or known.get(key)
                if mac in accounts and one.reason is Reason.UNKNOWN_MAC:
                    self._tell_of_before_the_order(mac, one, accounts[mac])
                    continue
                if mac in accounts and is_news(one, before):
                    self._tell_event(refusal_event(one, accounts[mac]))
                written[key] = joined(before, one) if before else one
            write(self._connection, _REFUSE, list(map(refused_row, written.values())))
        if refused and query("SELECT count(*) FROM refused").fetchone()[0] > MAX_REFUSED:
            for statement in _PRUNE:
                query(statement, (MAX_REFUSED,))
            query(_PRUNE_ADMITTED)

    def _tell_of_before_the_order(self, mac: str, refused: Refused, account: str) -> None:
        """A box that has got its order since is no refused one; the order's coming may have told of it already."""
        if not self._connection.execute(_TOLD_LATELY, (mac,)).fetchone()[0]:
            self._tell_event(refusal_event(refused, account))

    def _admit(self, admitted: list[Admitted]) -> None:
        """Each in the place of what is older; the journal is told of what is news."""
        self._tell_event(*(admission_event(one) for one in admitted if one.news))
        write(self._connection, _ADMIT, list(map(admitted_row, admitted)))


def _key_of(refused: Refused) -> tuple[bytes, str, Reason]:
    return refused.mac, refused.protocol, refused.reason
