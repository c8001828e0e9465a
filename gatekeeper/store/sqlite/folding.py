"""Reports that wait become sessions, what the journal tells of them, and what is shown of CoA and Disconnect.

Up to MOST reports are read, and brought into the sequence of their sessions' rows: many of one session are one write,
and each page is written once. Then they are folded in slices, each a short transaction of its own. A session keeps the
number of the last row of reports that it has (``folded``): whoever begins again behind a crash leaves out what is in.
The reports go when all of them are.
"""

import sqlite3
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager
from heapq import merge
from itertools import groupby, islice
from operator import attrgetter, itemgetter
from typing import Final, Generic, TypeVar

from gatekeeper.model import SessionsEnded
from gatekeeper.policy.reported import Asked, Plan, follow
from gatekeeper.policy.sessions import Course
from gatekeeper.store.rows import (
    COURSE,
    EVENT,
    SESSION,
    SESSION_INDEXED,
    SESSION_KEY,
    SESSION_REST,
    Row,
    course_row,
    listed,
    session_indexed,
    session_key,
    session_of,
    session_rest,
)
from gatekeeper.store.sqlite.many import inserting, updating, write
from gatekeeper.store.sqlite.reports_format import Name, ended_of
from gatekeeper.store.sqlite.schema import CHUNKS, MARKS
from gatekeeper.store.sqlite.waiting_reports import Reports, gathered, last_of, rows_behind

# Beyond so many reports folding is worth its while: of a million sessions each page is written once for some of them.
MOST: Final = 65_536
_ROWS_GONE: Final = 16  # that are deleted at once

TURN: Final = "SELECT turn FROM main.report_folds"
_TAKE_TURN: Final = "UPDATE main.report_folds SET turn = turn + 1 WHERE turn = ?"
LAST_ROW: Final = "SELECT coalesce(max(id), 0) FROM main.sessions"
_SESSION_COLUMNS: Final = ", ".join(("c." if name in COURSE else "s.") + listed((name,)) for name in SESSION)
_READ: Final = {
    size: f"""
SELECT {_SESSION_COLUMNS}, s.id, c.folded FROM main.sessions s JOIN main.courses c ON c.session = s.id
WHERE s.id IN ({marks})"""
    for size, marks in MARKS.items()
}
_READ_COURSES: Final = {
    size: f"SELECT session, {listed(COURSE)}, folded, rest FROM main.courses WHERE session IN ({marks})"
    for size, marks in MARKS.items()
}
# What of CoA and Disconnect accounting has not shown to have worked: mostly nothing.
_ASKED: Final = """
SELECT session, id, kind, "order", state, ended, still_online FROM main.dynauth
WHERE verified = 0 AND session BETWEEN ? AND ? ORDER BY session, id"""
_COUNT: Final = updating("main.courses", (*COURSE[1:], "folded"), "session")
_COURSE: Final = f"""
UPDATE main.courses SET {", ".join(f"{name} = ?" for name in COURSE)}, folded = ?, rest = ? WHERE session = ?"""
_REST: Final = f"UPDATE main.sessions SET {', '.join(f'{listed((name,))} = ?' for name in SESSION_REST)} WHERE id = ?"
_INDEXED: Final = f"""
UPDATE main.sessions SET {", ".join(f"{name} = ?" for name in SESSION_INDEXED)} WHERE id = ?"""
_BEGUN: Final = (*SESSION_KEY, *SESSION_INDEXED, *SESSION_REST)
_BEGIN: Final = inserting("main.sessions", ("id", *_BEGUN))
_BEGIN_COURSE: Final = inserting("main.courses", ("session", *COURSE, "folded", "rest"))
TELL: Final = inserting("main.journal", EVENT)
_event_row: Final = attrgetter(*EVENT)
_SHOW: Final = "UPDATE main.dynauth SET verified = ?, still_online = ? WHERE id = ?"
_OF_NAS: Final = """
SELECT s.session, s.id, c.state = 'active' AND s.started <= ?
FROM main.sessions s JOIN main.courses c ON c.session = s.id
WHERE s.nas = ? AND s.device = ? AND (s.session, s.id) > (?, ?) ORDER BY s.session, s.id LIMIT ?"""
_CLOSE: Final = "UPDATE main.courses SET state = 'closed', last_seen = max(last_seen, ?) WHERE session = ?"
_CAUSE: Final = "UPDATE main.sessions SET cause = 'NAS restarted' WHERE id = ?"
_SHOW_ENDS: Final = """
UPDATE main.dynauth SET verified = ? WHERE kind = 'disconnect' AND verified = 0 AND state <> 'refused' AND EXISTS (
    SELECT 1 FROM main.sessions s JOIN main.courses c ON c.session = s.id
    WHERE s.id = dynauth.session AND s.nas = ? AND s.device = ? AND c.state = 'closed')"""
_DELETE: Final = """
DELETE FROM main.reports WHERE seq IN (SELECT seq FROM main.reports WHERE seq <= ? ORDER BY seq LIMIT ?)"""

_RANGE_BITS: Final = 12
# A session that is not on record: its MAC, the place of its first report, and its name, packed and not.
_Fresh = tuple[bytes, int, bytes, Name]
_Item = TypeVar("_Item", bound=tuple[object, ...])
Transaction = Callable[[], AbstractContextManager[object]]


class Pace:
    """How many reports or leases a slice has, about; it may be another number at each."""

    __slots__ = ("most",)

    def __init__(self, most: int) -> None:
        self.most = most


class _OvertakenError(Exception):
    """Somebody else has folded since the reports were read."""


def folding(connection: sqlite3.Connection, transaction: Transaction, pace: Pace) -> Iterator[None]:
    """Fold all reports that wait, those that come meanwhile among them. Between two steps, of that pace, whoever likes
    may write, and the connection is in no transaction but one that all of it is inside.

    transaction: begins and ends one. Raises StoreError, sqlite3.Error; what was not folded then still waits.
    """
    while True:
        row = next(rows_behind(connection, 0), None)
        if row is None:
            return
        fold = _Fold(connection, transaction, pace)
        try:
            ended = ended_of(row[1])
            yield from fold.end_all(row[0], ended) if ended else fold.reports()
        except _OvertakenError:
            yield


class _Near(Generic[_Item]):
    """What is gathered in any sequence and wanted in that of its numbers, near ones together, without the pause that
    sorting all of it would be."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._ranges: dict[int, list[_Item]] = {}

    def add(self, number: int, item: _Item) -> None:
        """item: a tuple that begins with the number, which no other has."""
        self._ranges.setdefault(number >> _RANGE_BITS, []).append(item)

    def parts(self) -> Iterator[list[_Item]]:
        """So many at most in each, and all of one range."""
        for key in sorted(self._ranges):
            items = sorted(self._ranges.pop(key))
            at = 0
            while at < len(items):
                most = self._pace.most
                yield items[at : at + most]
                at += most


class _Fold:
    """One of up to MOST reports, or of one end of a NAS's sessions."""

    def __init__(self, connection: sqlite3.Connection, transaction: Transaction, pace: Pace) -> None:
        self._connection = connection
        self._transaction = transaction
        self._pace = pace
        (self._turn,) = connection.execute(TURN).fetchone()
        (self._rows,) = connection.execute(LAST_ROW).fetchone()
        self._reports = Reports()

    def reports(self) -> Iterator[None]:
        reports, pace = self._reports, self._pace
        seen = pace.most
        for _ in gathered(rows_behind(self._connection, 0), reports, MOST):
            if len(reports) >= seen:
                seen += pace.most
                yield
        known: _Near[tuple[int, bytes]] = _Near(pace)
        fresh: list[list[_Fresh]] = []
        packed = list(reports.by_name)
        at = 0
        while at < len(packed):
            yield
            most = pace.most
            unknown: list[_Fresh] = []
            for octets, name, row in last_of(self._connection, sorted(packed[at : at + most])):
                if row:
                    known.add(row, (row, octets))
                else:
                    unknown.append((reports.mac(octets), reports.by_name[octets][0], octets, name))
            fresh.append(sorted(unknown, reverse=True))
            at += most
        for part in known.parts():
            yield
            self._fold_known(part)
        # By their MACs, so that neighbours in indexes are written together.
        sessions = merge(*map(_drained, fresh))
        while some := list(islice(sessions, pace.most)):
            yield
            self._fold_fresh(some)
        yield
        yield from self._drop(reports.through)
        yield from reports.let_go(pace.most)

    def _fold_known(self, part: list[tuple[int, bytes]]) -> None:
        with self._transaction():
            self._take_turn()
            asked = asked_about(self._connection, part[0][0], part[-1][0])
            counted, others = self._counted(part, asked)
            write(self._connection, _COUNT, counted)
            if others:
                self._follow(others, asked)

    def _counted(
        self, part: list[tuple[int, bytes]], asked: Container[int]
    ) -> tuple[list[tuple[int, ...]], list[tuple[int, bytes]]]:
        """Sessions whose reports only count, and of whom nothing was asked, as _COUNT takes them; and the others."""
        reports, through, names = self._reports, self._reports.through, dict(part)
        counted: list[tuple[int, ...]] = []
        others: list[tuple[int, bytes]] = []
        for row, state, *known, folded, rest in in_chunks(self._connection, _READ_COURSES, list(names)):
            counts = None if row in asked else reports.counts(names[row], state, known, folded, rest)
            if counts:
                counted.append((*counts, through, row))
            elif folded < through:
                others.append((row, names[row]))
        return counted, others

    def _follow(self, part: list[tuple[int, bytes]], asked: dict[int, list[Asked]]) -> None:
        reports, plan = self._reports, Plan()
        found = courses_of(self._connection, [row for row, _ in part])
        for row, octets in part:
            course, folded = found[row]
            said = reports.said(octets, _name(course), folded)
            if said:
                follow(plan, row, course, asked.get(row, ()), said, reports.rest(octets))
        self._write(plan)

    def _fold_fresh(self, part: list[_Fresh]) -> None:
        reports, plan = self._reports, Plan()
        with self._transaction():
            self._take_turn()
            for _, _, octets, name in part:
                follow(plan, 0, None, (), reports.said(octets, name, 0), reports.rest(octets))
            self._write(plan)

    def _write(self, plan: Plan) -> None:
        many, through, rows = self._connection.executemany, self._reports.through, self._rows
        known = [*plan.counted, *plan.changed]
        many(_COURSE, [(*course_row(course), through, rest, row) for row, course, rest in known])
        many(_REST, [(*session_rest(course), row) for row, course, _ in plan.changed])
        many(_INDEXED, [(*session_indexed(course), row) for row, course in plan.moved])
        begun = list(enumerate(plan.begun, rows + 1))
        write(self._connection, _BEGIN, [(row, *_begun(course)) for row, (_, course, _) in begun])
        courses = [(row, *course_row(course), through, rest) for row, (_, course, rest) in begun]
        write(self._connection, _BEGIN_COURSE, courses)
        self._rows += len(begun)
        many(_SHOW, [(one.verified, one.still_online, one.number) for one in plan.asked])
        write(self._connection, TELL, [_event_row(event) for event in plan.events])

    def end_all(self, seq: int, effect: SessionsEnded) -> Iterator[None]:
        """A NAS has said that its sessions are over."""
        nas, device, at, behind = effect.nas, effect.device, effect.at, ("", 0)
        while True:
            most = self._pace.most
            with self._transaction():
                self._take_turn()
                rows = self._connection.execute(_OF_NAS, (at, nas, device, *behind, most)).fetchall()
                over = [row for _, row, runs in rows if runs]
                self._connection.executemany(_CLOSE, [(at, row) for row in over])
                self._connection.executemany(_CAUSE, [(row,) for row in over])
                if len(rows) < most:
                    self._connection.execute(_SHOW_ENDS, (at, nas, device))
                    self._connection.execute(_DELETE, (seq, 1))
                    return
            behind = rows[-1][:2]
            yield

    def _drop(self, through: int) -> Iterator[None]:
        while True:
            with self._transaction():
                self._take_turn()
                gone = self._connection.execute(_DELETE, (through, _ROWS_GONE)).rowcount
            if gone < _ROWS_GONE:
                return
            yield

    def _take_turn(self) -> None:
        """Inside a transaction. Raises _OvertakenError."""
        if self._connection.execute(_TAKE_TURN, (self._turn,)).rowcount != 1:
            raise _OvertakenError
        self._turn += 1


def _drained(items: list[_Item]) -> Iterator[_Item]:
    """From the last one on; what is given is in them no longer."""
    while items:
        yield items.pop()


def _begun(course: Course) -> Row:
    return (*session_key(course), *session_indexed(course), *session_rest(course))


def _name(course: Course) -> Name:
    said = course.session
    return Name(said.nas, said.device, said.session)


def courses_of(connection: sqlite3.Connection, rows: list[int]) -> dict[int, tuple[Course, int]]:
    """The sessions of these rows, and up to which row of reports they have them."""
    rows_of = in_chunks(connection, _READ, rows)
    return {row: (session_of(columns), folded) for *columns, row, folded in rows_of}


def in_chunks(connection: sqlite3.Connection, read: dict[int, str], rows: list[int]) -> Iterator[Row]:
    """What a statement for each size of CHUNKS reads of these."""
    for at in range(0, len(rows), CHUNKS[0]):
        part = rows[at : at + CHUNKS[0]]
        size = next(size for size in reversed(CHUNKS) if size >= len(part))
        yield from connection.execute(read[size], part + part[-1:] * (size - len(part))).fetchall()


def asked_about(connection: sqlite3.Connection, first: int, last: int) -> dict[int, list[Asked]]:
    """What was asked about the sessions of rows from first to last, and is not shown to have worked, by row."""
    rows = connection.execute(_ASKED, (first, last)).fetchall()
    return {row: [Asked(*rest) for _, *rest in part] for row, part in groupby(rows, key=itemgetter(0))}
