"""Reports wait until they are folded: however many at a time, whoever asks in between, and whoever else writes."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from operator import itemgetter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gatekeeper.model import Event, Session, SessionReported, SessionsEnded
from gatekeeper.policy.reported import dated
from gatekeeper.policy.sessions import (
    Course,
    begin_event,
    begun,
    broken_off,
    continued,
    end_event,
    is_another,
    still_online_event,
)
from gatekeeper.store import StoreError
from gatekeeper.store.outbox import Ended
from gatekeeper.store.rows import SESSION, session_row
from gatekeeper.store.sqlite import SqliteStore, folding
from gatekeeper.value import values_of
from gatekeeper.wire.text import mac_text
from tests.store.ledger import BOX, NOW, OTHER, THIRD, filled, report

Effect = SessionReported | SessionsEnded

MACS = (BOX, OTHER, THIRD)
times = some.one_of(some.integers(0, 40), some.integers(80, 120)).map(lambda after: NOW + after)


@some.composite
def reports(draw: some.DrawFn) -> Effect:
    """Of few sessions of two NASes, in any sequence, late and twice; some lack what others have."""
    nas, device = draw(some.sampled_from([("bras1", "192.0.2.1"), ("bras1", "192.0.2.2"), ("bras2", "192.0.2.1")]))
    if draw(some.integers(0, 9)) == 0:
        return SessionsEnded(nas, device, draw(times))
    if draw(some.booleans()):
        # As most are: nothing but counters and times is another one.
        last_seen, octets = draw(times), draw(some.integers(0, 9))
        said = Session("3", nas, device, 7, BOX, "A", "p", 10, "", NOW, last_seen, 1, octets, "", b"")
        port = draw(some.sampled_from(["p", "p", "p", "q"]))
        return SessionReported(said._replace(port=port), "interim", draw(times))
    status = draw(some.sampled_from(["start", "interim", "interim", "interim", "stop"]))
    started = draw(times)
    session = Session(
        draw(some.sampled_from(["1", "3", "ä"])), nas, device, 7, draw(some.sampled_from([*MACS, b""])),
        draw(some.sampled_from(["A", "B", ""])), draw(some.sampled_from(["p", ""])),
        draw(some.sampled_from([0, 10, 11])), draw(some.sampled_from(["", "", "o"])), started,
        started + draw(some.sampled_from([0, 0, 5, 30])), draw(some.sampled_from([0, 1, 2**63 - 1])),
        draw(some.integers(0, 3)), "User-Request" if status == "stop" else "", draw(some.sampled_from([b"", b"k"])),
    )  # fmt: skip
    return SessionReported(session, status, draw(times))


class _Asked:
    """What was asked of the NAS about a session."""

    def __init__(self) -> None:
        self.state, self.ended, self.verified, self.still_online = "waiting", 0, 0, 0


class Ledger:
    """A store in which each report is looked at alone, when it comes: what RFC 2866 and ``policy.sessions`` say."""

    def __init__(self) -> None:
        self.courses: list[Course] = []
        self.asked: list[tuple[int, _Asked]] = []
        self.events: list[Event] = []

    def take(self, effect: Effect, at_ms: int) -> None:
        if isinstance(effect, SessionsEnded):
            self._end_all(effect)
        else:
            self.events += [dated(event, at_ms) for event in self._report(effect)]

    def _report(self, said: SessionReported) -> Iterator[Event]:
        row = next((row for row in reversed(range(len(self.courses))) if self._has_its_name(row, said)), None)
        if row is None or is_another(self.courses[row], said):
            if row is not None and self.courses[row].state == "active":
                self.courses[row] = broken_off(self.courses[row])
                self._show_end(row, said.heard)
            self.courses.append(begun(said))
            if self.courses[-1].state == "active":
                yield begin_event(said.session)
            return
        known, after = self.courses[row], continued(self.courses[row], said)
        self.courses[row] = after
        if after.state == "closed":
            self._show_end(row, said.heard)
            if known.state != "closed":
                yield end_event(said.session, after.session.cause)
        elif self._goes_on(row, min(said.session.last_seen, said.heard)):
            yield still_online_event(said.session)

    def _has_its_name(self, row: int, said: SessionReported) -> bool:
        known, other = self.courses[row].session, said.session
        return (known.session, known.nas, known.device) == (other.session, other.nas, other.device)

    def _show_end(self, row: int, now: int) -> None:
        for at, asked in self.asked:
            if at == row and asked.state != "refused" and not asked.verified:
                asked.verified = now

    def _goes_on(self, row: int, dated_s: int) -> bool:
        still = [
            one for at, one in self.asked if at == row and one.state == "acknowledged" and one.ended < dated_s - 10
        ]
        still = [one for one in still if not one.verified and not one.still_online]
        for one in still:
            one.still_online = dated_s
        return bool(still)

    def _end_all(self, effect: SessionsEnded) -> None:
        for row, course in enumerate(self.courses):
            said = course.session
            if (said.nas, said.device) != (effect.nas, effect.device):
                continue
            if course.state == "active" and said.started <= effect.at:
                over = said._replace(cause="NAS restarted", last_seen=max(said.last_seen, effect.at))
                self.courses[row] = course._replace(session=over, state="closed")
            if self.courses[row].state == "closed":
                self._show_end(row, effect.at)

    def disconnect(self, mac: bytes) -> None:
        for row, course in enumerate(self.courses):
            going = any(at == row and not one.ended for at, one in self.asked)
            if course.state == "active" and course.session.mac == mac and not going:
                self.asked.append((row, _Asked()))

    def answer(self, state: str, now: int) -> None:
        for _, one in self.asked:
            if not one.ended:
                one.state, one.ended = state, now

    def shown(self) -> tuple[object, ...]:
        standing = [(one.state, one.ended, one.verified, one.still_online) for _, one in self.asked]
        rows = sorted(map(session_row, self.courses), key=itemgetter(1, 2, 0))
        return rows, standing, sorted(map(values_of, self.events))


def shown(store: SqliteStore) -> tuple[object, ...]:
    """All that readers see of it, sessions of one name in the sequence in which they had it."""
    columns = ", ".join(f'"{name}"' for name in SESSION)
    with store._reading():
        query = store._connection.execute
        sessions = query(f"SELECT {columns} FROM sessions_now ORDER BY nas, device, session, id").fetchall()
        asked = query("SELECT state, ended, verified, still_online FROM dynauth_now ORDER BY id").fetchall()
        kinds = "'session', 'session ended'"
        events = query(
            "SELECT at_ms, kind, mac, account, address, port, detail FROM journal_now"
            f" WHERE kind IN ({kinds}) OR (kind = 'Disconnect' AND detail LIKE '%still online') ORDER BY seq"
        ).fetchall()
    return sessions, asked, sorted(events)


steps = some.one_of(
    some.lists(reports(), min_size=1, max_size=6),
    some.sampled_from(MACS),  # it is to be disconnected
    some.sampled_from(["acknowledged", "refused", "lost"]),  # what NASes answer
    some.integers(1, 4),  # slices that are folded
    some.just("read"),
)


@given(history=some.lists(steps, max_size=14), most=some.integers(1, 3), prefix=some.sampled_from([1, 4, 1000]))
@settings(deadline=None)
def test_any_folding_of_any_history_makes_of_it_what_report_by_report_makes(
    history: list[object], most: int, prefix: int
) -> None:
    """Sessions, what the journal tells, and what of CoA and Disconnect is shown, for readers before and after."""
    ledger, clock = Ledger(), count(NOW + 60)
    with pytest.MonkeyPatch.context() as patch, closing(SqliteStore(":memory:")) as store:
        patch.setattr(folding, "MOST", prefix)
        for step in history:
            now = next(clock)
            if isinstance(step, list):
                at_ms = [effect.heard * 1000 + 7 if isinstance(effect, SessionReported) else 0 for effect in step]
                store.commit(step, "", at_ms)
                for effect, at in zip(step, at_ms, strict=True):
                    ledger.take(effect, at)
            elif isinstance(step, bytes):
                store.ask_to_disconnect(step.hex(":"), now)
                ledger.disconnect(step)
            elif isinstance(step, int):
                for _ in range(step):
                    store.fold_slice(most)
            elif step != "read":
                store.end_wanted([Ended(one, step, "") for one in store.wanted()], now)
                ledger.answer(step, now)
            if step == "read" or isinstance(step, int):
                assert shown(store) == ledger.shown()
        assert shown(store) == ledger.shown()
        while store.fold_slice(most):
            assert shown(store) == ledger.shown()
        assert shown(store) == ledger.shown()
        assert store._connection.execute("SELECT count(*) FROM reports").fetchone() == (0,)


# A session whose name is given again, one that ends, one that only counts, and a NAS that ends what it has.
HISTORY: tuple[list[Effect], ...] = (
    [report(BOX, "A"), report(OTHER, "B"), report(THIRD, "A")],
    [report(BOX, "A", at=NOW + 60), report(OTHER, "B", "stop", NOW + 60), report(THIRD, "A", "interim", NOW + 60)],
    [
        report(BOX, "A", "interim", NOW + 70),
        SessionsEnded("bras1", "192.0.2.1", NOW + 80),
        report(BOX, "A", at=NOW + 90),
    ],
)


def told_by(store: SqliteStore) -> Ledger:
    """That history, committed, and what report by report makes of it."""
    ledger = Ledger()
    for batch in HISTORY:
        store.commit(batch)
        for effect in batch:
            ledger.take(effect, 0)
    return ledger


def fold(store: SqliteStore, most: int = 1) -> None:
    """All that waits."""
    while store.fold_slice(most):
        pass


def fold_up_to(file: Path, number: int) -> bool:
    """In a process that ends itself when SQLite is about to run the statement of that number. True: it did."""
    child = os.fork()
    if child == 0:
        left = [number]

        def about_to_run(statement: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        store = SqliteStore(str(file))
        store._connection.set_trace_callback(about_to_run)
        fold(store, 2)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
    return status != 0


def test_a_fold_that_is_cut_off_anywhere_loses_nothing_and_tells_nothing_twice(tmp_path: Path) -> None:
    """kill -9 before each of its statements: what is read then, and what is folded by who comes next, is the same."""
    store = filled(tmp_path)
    ledger = told_by(store)
    whole = tmp_path / "whole"
    whole.mkdir()
    with closing(sqlite3.connect(whole / "gatekeeper.db")) as copy:
        store._connection.backup(copy)
    store.close()
    statement, cut_off = 1, True
    while cut_off:
        folder = tmp_path / str(statement)
        shutil.copytree(whole, folder)
        cut_off = fold_up_to(folder / "gatekeeper.db", statement)
        with closing(SqliteStore(str(folder / "gatekeeper.db"))) as store:
            assert shown(store) == ledger.shown()
            fold(store)
            assert shown(store) == ledger.shown()
        statement += 1
    assert statement > 30


@pytest.mark.parametrize("slices", range(12))
def test_two_who_fold_at_once_tell_nothing_twice(tmp_path: Path, slices: int) -> None:
    """Whoever was overtaken sees it, and begins again with what is left."""
    store = filled(tmp_path)
    ledger = told_by(store)
    with closing(SqliteStore(store.path)) as other:
        for _ in range(slices):
            store.fold_slice(1)
        other.fold_slice(1)
        other.close_stale({}, 10**6, 10**9, NOW)
        fold(store)
        assert shown(store) == shown(other) == ledger.shown()
    store.close()


@pytest.mark.parametrize("folds", [True, False])
def test_a_report_that_only_counts_shows_that_a_box_is_still_online(tmp_path: Path, folds: bool) -> None:
    """RFC 5176 2.1: its session was acknowledged to be over. What says nothing else is not passed over for that."""
    store = filled(tmp_path)
    started = report(BOX, "A")
    for at in (0, 30):
        store.commit([counting(started, at)])
        fold(store)
    store.ask_to_disconnect("1", NOW + 40)
    store.end_wanted([Ended(one, "acknowledged", "") for one in store.wanted()], NOW + 41)
    store.commit([counting(started, 60)])
    if folds:
        fold(store)
    assert [row["asked"] for row in store.view("sessions", NOW)] == ["Disconnect acknowledged, still online"]
    store.close()


def counting(known: SessionReported, after: int) -> SessionReported:
    """An Interim of that session so many seconds later."""
    said = known.session._replace(last_seen=NOW + after, bytes_in=after)
    return SessionReported(said, "interim", NOW + after)


def test_sessions_of_one_second_are_listed_in_one_sequence_folded_or_not(tmp_path: Path) -> None:
    """By their boxes: the numbers of their rows are given when they are folded."""
    store = filled(tmp_path)
    store.commit([report(OTHER, "B"), report(BOX, "A")])
    before = list(store.view("sessions", NOW))
    assert [row["mac"] for row in before] == [mac_text(BOX), mac_text(OTHER)]
    fold(store)
    assert list(store.view("sessions", NOW)) == before


def test_who_may_only_read_has_what_waits(tmp_path: Path) -> None:
    """Nothing of the store is written for it."""
    store = filled(tmp_path)
    ledger = told_by(store)
    with closing(SqliteStore(store.path)) as reader:
        version = store._connection.execute("PRAGMA data_version").fetchone()
        assert shown(reader) == ledger.shown()
        assert store._connection.execute("PRAGMA data_version").fetchone() == version
    store.close()


@given(at=some.integers(0, 400), octet=some.integers(0, 255), cut=some.booleans())
@settings(deadline=None)
def test_a_body_that_is_damaged_is_said_to_be_and_never_passed_over(at: int, octet: int, cut: bool) -> None:
    """What was acknowledged is not lost in silence. An octet of a text may make another text: nobody sees that."""
    with closing(SqliteStore(":memory:")) as store:
        store.commit([report(BOX, "A"), report(OTHER, "B", "stop")])
        (body,) = store._connection.execute("SELECT body FROM reports").fetchone()
        at %= len(body)
        damaged = body[:at] if cut else body[:at] + bytes([octet]) + body[at + 1 :]
        store._connection.execute("UPDATE reports SET body = ?", (damaged,))
        seen = []
        looks: list[Callable[[], object]] = [lambda: shown(store), lambda: fold(store, 9)]
        for look in looks:
            try:
                look()
                seen.append("")
            except StoreError as error:
                seen.append(error.trouble)
        assert seen in (["", ""], ["store-damaged", "store-damaged"])
        kept = store._connection.execute("SELECT count(*) FROM reports").fetchone() == (1,)
        assert kept == (seen[0] != "")
        if cut:
            assert kept


def test_no_slice_of_a_fold_goes_through_all_sessions(tmp_path: Path) -> None:
    """SQLite's own plan of every statement: a million sessions cost no more than those that are reported."""
    store = filled(tmp_path)
    told_by(store)
    asked: list[str] = []
    store._connection.set_trace_callback(asked.append)
    shown_by = [
        store.wanted,
        store.fixed_in_session,
        lambda: store.holder(10, NOW),
        lambda: store.order("#1", NOW),
    ]
    for look in shown_by:
        look()
    fold(store)
    store._connection.set_trace_callback(None)
    store._unfolded.make()
    plans = {
        (text, row[3])
        for text in asked
        if text.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
        for row in store._connection.execute(f"EXPLAIN QUERY PLAN {text}")
    }
    assert len(plans) > 30
    whole = {f"SCAN {table}" for table in ("s", "c", "sessions", "courses")} | {"MATERIALIZE sessions_now"}
    assert not [plan for plan in plans if plan[1] in whole]
    store.close()
