"""Sessions as accounting tells them. What a report means for one is said by ``policy.sessions``."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import Event, SessionReported, SessionsEnded
from gatekeeper.policy.sessions import (
    Course,
    begin_event,
    begun,
    broken_off,
    continued,
    end_event,
    is_another,
    only_counts,
    still_online_event,
)
from gatekeeper.store import StoreError
from gatekeeper.store.found import InSession
from gatekeeper.store.rows import SESSION, SESSION_KEY, listed, mac_of, marks, session_change, session_of, session_row
from gatekeeper.store.sqlite.journal import JournalTables

# Sessions that ended long ago go, so many at a time.
_PRUNE: Final = 1_000

_FIND: Final = f"""
SELECT id, {listed(SESSION)} FROM sessions WHERE nas = ? AND device = ? AND session = ?
ORDER BY id DESC LIMIT 1"""
_INSERT: Final = f"INSERT INTO sessions ({listed(SESSION)}) VALUES ({marks(SESSION)})"
_CHANGES: Final = ", ".join(f"{listed((name,))} = ?" for name in SESSION if name not in SESSION_KEY)
_UPDATE: Final = f"UPDATE sessions SET {_CHANGES} WHERE id = ?"
# What is in no index but one is written for less.
_COUNT: Final = "UPDATE sessions SET last_seen = ?, bytes_in = ?, bytes_out = ?, heard = ? WHERE id = ?"
_CLOSE_ALL: Final = """
UPDATE sessions SET state = 'closed', cause = 'NAS restarted', last_seen = max(last_seen, ?)
WHERE nas = ? AND device = ? AND state = 'active' AND started <= ?"""
_STALE: Final = """
UPDATE sessions SET state = 'closed', cause = 'not heard of for ' || ? || ' s'
WHERE state = 'active' AND heard < ? AND nas = ?"""
_STALE_OTHERS: Final = """
UPDATE sessions SET state = 'closed', cause = 'not heard of for ' || ? || ' s'
WHERE state = 'active' AND heard < ?"""
# A Disconnect is shown to have worked by the session's end, a CoA by a report that bears the order's Class.
_SHOW_END: Final = """
UPDATE dynauth SET verified = ? WHERE session = ? AND kind = 'disconnect' AND verified = 0 AND state <> 'refused'"""
_SHOW_ENDS: Final = """
UPDATE dynauth SET verified = ? WHERE kind = 'disconnect' AND verified = 0 AND state <> 'refused'
    AND session IN (SELECT id FROM sessions WHERE nas = ? AND device = ? AND state = 'closed')"""
_SHOW_CHANGE: Final = """
UPDATE dynauth SET verified = ? WHERE session = ? AND kind = 'coa' AND verified = 0 AND "order" = ?"""
# An end that was acknowledged and did not come: a NAS may take a moment to end a session, and may have sent a report
# before it did. What it dates to later than that says that the box is still online.
_ENDING_S: Final = 10
_SHOW_STILL: Final = """
UPDATE dynauth SET still_online = ? WHERE session = ? AND kind = 'disconnect' AND state = 'acknowledged'
    AND verified = 0 AND still_online = 0 AND ended < ?"""

_FIXED: Final = """
SELECT s.address, s.mac, s.nas, s.device, s.session, s.heard FROM accounts a JOIN sessions s ON s.address = a.address
WHERE a.address <> 0 AND s.address <> 0 AND s.state = 'active' AND s.mac <> '' ORDER BY s.heard DESC, s.id DESC"""


@trait
class SessionTables(JournalTables):
    """The side of the store that accounting writes; called inside a transaction of the commit."""

    def _report_session(self, report: SessionReported) -> Sequence[Event]:
        """One report: a new session, more of a known one, or nothing new. What the journal is to be told of it."""
        said, now = report.session, report.heard
        found = self._connection.execute(_FIND, (said.nas, said.device, said.session)).fetchone()
        if found is None:
            return self._begin_session(report)
        row, *columns = found
        known = session_of(columns)
        if is_another(known, report):
            if known.state == "active":
                self._rewrite(row, broken_off(known))
                self._show(row, "", now, ended=True)
            return self._begin_session(report)
        after = continued(known, report)
        if only_counts(known, after):
            kept = after.session
            self._connection.execute(_COUNT, (kept.last_seen, kept.bytes_in, kept.bytes_out, after.heard, row))
        else:
            self._rewrite(row, after)
        self._show(row, said.order, now, ended=after.state == "closed")
        if after.state == "closed":
            return (end_event(said, after.session.cause),) if known.state != "closed" else ()
        dated = min(said.last_seen, now)
        still = self._connection.execute(_SHOW_STILL, (dated, row, dated - _ENDING_S)).rowcount
        return (still_online_event(said),) if still else ()

    def _begin_session(self, report: SessionReported) -> Sequence[Event]:
        course = begun(report)
        self._connection.execute(_INSERT, session_row(course))
        return (begin_event(report.session),) if course.state == "active" else ()

    def _rewrite(self, row: int, course: Course) -> None:
        self._connection.execute(_UPDATE, (*session_change(course), row))

    def _show(self, row: int, order: str, now: int, ended: bool) -> None:
        """Accounting has shown that what was asked of the NAS about this session was done."""
        if ended:
            self._connection.execute(_SHOW_END, (now, row))
        if order:
            self._connection.execute(_SHOW_CHANGE, (now, row, order))

    def _end_all(self, effect: SessionsEnded) -> None:
        self._connection.execute(_CLOSE_ALL, (effect.at, effect.nas, effect.device, effect.at))
        self._connection.execute(_SHOW_ENDS, (effect.at, effect.nas, effect.device))

    def fixed_in_session(self) -> list[InSession]:
        """Running sessions with addresses that orders fixed, those heard of last first. Raises StoreError."""
        try:
            rows = self._connection.execute(_FIXED).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        return [InSession(address, mac_of(mac), *rest) for address, mac, *rest in rows]

    def close_stale(self, limits: dict[str, int], default_s: int, keep_s: int, now: int) -> int:
        """Close sessions not heard of for as long as limits says of their NAS, else default_s; returns how many.

        Those that ended longer ago than keep_s are forgotten. Raises StoreError.
        """
        with self._transaction():
            query = self._connection.execute
            closed = sum(query(_STALE, (after, now - after, nas)).rowcount for nas, after in limits.items())
            marks = ",".join("?" * len(limits))
            others = f"{_STALE_OTHERS} AND nas NOT IN ({marks})"
            closed += query(others, (default_s, now - default_s, *limits)).rowcount
            query(
                "DELETE FROM sessions WHERE id IN"
                " (SELECT id FROM sessions WHERE state = 'closed' AND heard < ? LIMIT ?)",
                (now - keep_s, _PRUNE),
            )
        return closed
