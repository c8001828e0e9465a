"""What readers see of reports that wait: tables of this connection's own, beside what is on record.

``sessions_now``, ``dynauth_now`` and ``journal_now`` have what they would have if all reports were folded. Nothing of
the store itself is written, so whoever may only read has them as well.
"""

import sqlite3
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Final

from gatekeeper.model import SessionsEnded
from gatekeeper.policy.reported import Asked, Plan, follow
from gatekeeper.store.rows import COURSE, EVENT, SESSION, listed, marks, session_of, session_row
from gatekeeper.store.sqlite.folding import LAST_ROW, MOST, TURN, in_chunks
from gatekeeper.store.sqlite.reports_format import Name, ended_of
from gatekeeper.store.sqlite.schema import MARKS
from gatekeeper.store.sqlite.unfolded_leases import LEASE_TABLES, UnfoldedLeases
from gatekeeper.store.sqlite.waiting_reports import FIND, Reports, gathered, last_of, rows_behind

_SESSION: Final = listed(SESSION)
_COUNTS: Final = COURSE[1:]
_COUNTED: Final = ", ".join(f"coalesce(x.{name}, c.{name}) AS {name}" for name in _COUNTS)
_BY_TABLE: Final = {"state": "c.state", **{name: f"coalesce(x.{name}, c.{name}) AS {name}" for name in _COUNTS}}
_NOW: Final = ", ".join(_BY_TABLE.get(name) or listed((name,), "s.") for name in SESSION)
_ASKED: Final = 'kind, session, "order", state'
# Behind all that the journal has, as when they are folded.
_EVENTS_BEHIND: Final = 1 << 40
TABLES: Final = f"""{LEASE_TABLES}
CREATE TEMP TABLE session_changes (id INTEGER PRIMARY KEY, {_SESSION}, folded INTEGER NOT NULL DEFAULT 0);
CREATE INDEX temp.session_changes_name ON session_changes (nas, device, session);
CREATE INDEX temp.session_changes_mac ON session_changes (mac);
CREATE INDEX temp.session_changes_address ON session_changes (address, started);
CREATE TEMP TABLE count_changes (id INTEGER PRIMARY KEY, {listed(_COUNTS)});
CREATE TEMP TABLE dynauth_changes (id INTEGER PRIMARY KEY, verified, still_online);
CREATE TEMP TABLE event_changes (seq INTEGER PRIMARY KEY, {listed(EVENT)});
CREATE TEMP VIEW sessions_now AS
    SELECT s.id, {_NOW}, c.folded FROM main.sessions s JOIN main.courses c ON c.session = s.id
    LEFT JOIN temp.count_changes x ON x.id = s.id
    WHERE s.id NOT IN (SELECT id FROM temp.session_changes)
    UNION ALL SELECT id, {_SESSION}, folded FROM temp.session_changes;
CREATE TEMP VIEW dynauth_now AS
    SELECT d.id, {_ASKED}, coalesce(x.verified, d.verified) AS verified, detail, asked, ended,
        coalesce(x.still_online, d.still_online) AS still_online
    FROM main.dynauth d LEFT JOIN temp.dynauth_changes x ON x.id = d.id;
CREATE TEMP VIEW journal_now AS
    SELECT seq, {listed(EVENT)} FROM main.journal
    UNION ALL SELECT seq + {_EVENTS_BEHIND}, {listed(EVENT)} FROM temp.event_changes
    UNION ALL SELECT seq, {listed(EVENT)} FROM temp.lease_events;
"""
_EMPTY: Final = tuple(
    f"DELETE FROM {table}" for table in ("session_changes", "count_changes", "dynauth_changes", "event_changes")
)
_AT_ONCE: Final = 2_048  # sessions

_FIND_CHANGED: Final = {size: query.replace("main.sessions", "temp.session_changes") for size, query in FIND.items()}
_LAST: Final = "SELECT coalesce(max(seq), 0) FROM main.reports"
_READ: Final = {
    size: f"SELECT {_SESSION}, id, folded FROM sessions_now WHERE id IN ({marks})" for size, marks in MARKS.items()
}
# Of those that are not changed otherwise.
_READ_COURSES: Final = {
    size: f"""
SELECT c.session, c.state, {_COUNTED}, c.folded, c.rest FROM main.courses c
LEFT JOIN temp.count_changes x ON x.id = c.session WHERE c.session IN ({marks})"""
    for size, marks in MARKS.items()
}
_COUNT: Final = f"INSERT OR REPLACE INTO count_changes (id, {listed(_COUNTS)}) VALUES (?, {marks(_COUNTS)})"
_UNSHOWN: Final = """
SELECT d.session, d.id, kind, "order", state, ended, coalesce(x.still_online, d.still_online)
FROM main.dynauth d LEFT JOIN temp.dynauth_changes x ON x.id = d.id
WHERE d.verified = 0 AND coalesce(x.verified, 0) = 0 AND d.session BETWEEN ? AND ? ORDER BY d.session, d.id"""
_KEEP: Final = f"INSERT OR REPLACE INTO session_changes (id, {_SESSION}) VALUES (?, {marks(SESSION)})"
_SHOW: Final = "INSERT OR REPLACE INTO dynauth_changes VALUES (?, ?, ?)"
_TELL: Final = f"INSERT INTO event_changes ({listed(EVENT)}) VALUES ({marks(EVENT)})"
_event_row: Final = attrgetter(*EVENT)
_CLOSE_CHANGED: Final = """
UPDATE session_changes SET state = 'closed', cause = 'NAS restarted', last_seen = max(last_seen, :at)
WHERE nas = :nas AND device = :device AND state = 'active' AND started <= :at"""
# Those on record are changed ones from then on; _CLOSE_CHANGED comes behind it.
_TAKE: Final = f"""
INSERT INTO session_changes (id, {_SESSION})
SELECT id, {_SESSION} FROM sessions_now
WHERE nas = :nas AND device = :device AND state = 'active' AND started <= :at
    AND id NOT IN (SELECT id FROM session_changes)"""
_SHOW_ENDS: Final = """
INSERT OR REPLACE INTO dynauth_changes
SELECT d.id, :at, coalesce(x.still_online, d.still_online) FROM main.dynauth d
JOIN main.sessions s ON s.id = d.session JOIN main.courses c ON c.session = s.id
LEFT JOIN session_changes sx ON sx.id = s.id LEFT JOIN dynauth_changes x ON x.id = d.id
WHERE d.verified = 0 AND coalesce(x.verified, 0) = 0 AND d.kind = 'disconnect' AND d.state <> 'refused'
    AND s.nas = :nas AND s.device = :device AND coalesce(sx.state, c.state) = 'closed'"""


class Unfolded:
    """One connection's tables of that kind."""

    __slots__ = ("_connection", "_is_made", "_leases", "_places", "_rows", "_sure", "_through", "_turn")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._leases = UnfoldedLeases(connection)
        self._is_made = False
        self._sure = True  # what is in them is known
        self._turn = -1  # of folds, when the tables were begun
        self._through = 0  # the last row of reports that is in them; 0 = they are empty
        self._rows = 0  # the last row of sessions on record
        self._places = 0  # reports that are in them

    def make(self) -> None:
        """Outside of any transaction, before anything else; not when the store is opened, for it may have to be
        upgraded then, and SQLite looks at all views when it alters a table."""
        if not self._is_made:
            self._connection.executescript(TABLES)
            self._is_made = True

    def doubt(self) -> None:
        """A transaction was rolled back that may have written them."""
        self._sure = False
        self._leases.doubt()

    def refresh(self) -> None:
        """Bring them up to the transaction that is going on. Raises StoreError where reports are damaged."""
        query = self._connection.execute
        self._leases.refresh()
        ((last,),) = query(_LAST).fetchall()
        if not last and not self._through and self._sure:
            return
        ((turn,),) = query(TURN).fetchall()
        if turn != self._turn or not last or not self._sure:
            for statement in _EMPTY:
                query(statement)
            ((self._rows,),) = query(LAST_ROW).fetchall()
            self._turn, self._through, self._places, self._sure = turn, 0, 0, True
        while self._through < last:
            reports = Reports()
            for _ in gathered(rows_behind(self._connection, self._through), reports, MOST):
                pass
            if len(reports):
                self._see(reports)
                self._through = reports.through
                continue
            seq, body = next(rows_behind(self._connection, self._through))
            ended = ended_of(body)
            if ended:
                self._end_all(ended)
            self._through = seq

    def _see(self, reports: Reports) -> None:
        packed = sorted(reports.by_name)
        changed = {octets: row for octets, _, row in last_of(self._connection, packed, _FIND_CHANGED) if row}
        found = [(changed.get(octets, row), octets, name) for octets, name, row in last_of(self._connection, packed)]
        # As they are folded: those on record by their numbers, then those that begin.
        found.sort(key=lambda one: (not one[0], one[0] or reports.by_name[one[1]][0]))
        for at in range(0, len(found), _AT_ONCE):
            part = found[at : at + _AT_ONCE]
            asked = self._asked([row for row, _, _ in part if row])
            known = {row: octets for row, octets, _ in part if row and octets not in changed and row not in asked}
            counted = self._count(reports, known)
            self._follow(reports, [one for one in part if one[0] not in counted], asked)
        self._places += len(reports)

    def _count(self, reports: Reports, known: dict[int, bytes]) -> set[int]:
        """Those of these rows whose reports only count, which is noted."""
        counted: list[tuple[int, ...]] = []
        for row, state, *counts, folded, rest in in_chunks(self._connection, _READ_COURSES, list(known)):
            after = reports.counts(known[row], state, counts, folded, rest)
            if after:
                counted.append((row, *after))
        self._connection.executemany(_COUNT, counted)
        return {row for row, *_ in counted}

    def _follow(self, reports: Reports, part: list[tuple[int, bytes, Name]], asked: dict[int, list[Asked]]) -> None:
        plan = Plan()
        rows = [row for row, _, _ in part if row]
        courses = {
            row: (session_of(columns), folded) for *columns, row, folded in in_chunks(self._connection, _READ, rows)
        }
        for row, octets, name in part:
            course, folded = courses.get(row, (None, 0))
            said = reports.said(octets, name, folded)
            if said:
                follow(plan, row, course, asked.get(row, ()), said, b"")
        self._write(plan)

    def _write(self, plan: Plan) -> None:
        many, at = self._connection.executemany, self._places + 1
        begun = [(self._rows + at + place, course, rest) for place, course, rest in plan.begun]
        known = [*plan.counted, *plan.changed, *begun]
        many(_KEEP, [(row, *session_row(course)) for row, course, _ in known])
        many(_SHOW, [(one.number, one.verified, one.still_online) for one in plan.asked])
        many(_TELL, [_event_row(event) for event in plan.events])

    def _end_all(self, effect: SessionsEnded) -> None:
        values = {"nas": effect.nas, "device": effect.device, "at": effect.at}
        for statement in (_TAKE, _CLOSE_CHANGED, _SHOW_ENDS):
            self._connection.execute(statement, values)

    def _asked(self, rows: list[int]) -> dict[int, list[Asked]]:
        if not rows:
            return {}
        found = self._connection.execute(_UNSHOWN, (rows[0], rows[-1])).fetchall()
        return {row: [Asked(*rest) for _, *rest in part] for row, part in groupby(found, key=itemgetter(0))}
