"""The mark beside a store: a log that is gone, cut or damaged is noticed, and nothing else is.

SQLite takes any whole beginning of a log for the whole log (sqlite.org/fileformat2.html 4.4), and no log for an empty
one; what fault tools did to a store that was killed is done here to the copy of one that is open.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gatekeeper.store import StoreError
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.store.sqlite.mark import LONG
from gatekeeper.store.sqlite.mark_format import clean_record, head, leases_in, pack_lease, read_mark, record
from tests.store.ledger import ADDRESS, NOW, bound, filled, released, states

FILES = ("gatekeeper.db", "gatekeeper.db-wal", "gatekeeper.db-mark")
LEASES = 40
TOKEN = bytes(range(16))


def mac(number: int) -> bytes:
    return b"\x02\x09\x00\x00" + number.to_bytes(2, "big")


def served(folder: Path, leases: int = LEASES) -> SqliteStore:
    """A store that is being served, each lease a commit of its own."""
    store = filled(folder)
    store.begin_serving()
    for number in range(leases):
        store.commit([bound(mac(number), ADDRESS + number)])
    return store


def left(folder: Path, to: Path, names: tuple[str, ...] = FILES) -> Path:
    """What a kill -9 leaves of it."""
    to.mkdir(exist_ok=True)
    for name in FILES:
        (to / name).unlink(missing_ok=True)
        if name in names:
            shutil.copy(folder / name, to / name)
    return to / "gatekeeper.db"


def found(path: Path) -> dict[int, tuple[bytes, str]]:
    """Who is on record for each address."""
    store = SqliteStore(str(path))
    try:
        return states(store)
    finally:
        store.close()


def refusal(path: Path) -> str:
    """What keeps it from being served; "" = nothing does."""
    store = SqliteStore(str(path))
    try:
        store.begin_serving()
    except StoreError as error:
        assert "\n" not in str(error)
        return str(error)
    finally:
        store.close()
    return ""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a store that is being served."""
    folder = tmp_path_factory.mktemp("running")
    store = served(folder)
    yield folder
    store.close()


def test_what_a_killed_gate_leaves_is_whole(running: Path, tmp_path: Path) -> None:
    assert refusal(left(running, tmp_path / "left")) == ""


@pytest.mark.parametrize("remains", [0, 1 / 2], ids=["empty", "half"])
def test_a_log_that_is_cut_is_refused_with_what_is_lost_and_the_ways_on(
    running: Path, tmp_path: Path, remains: float
) -> None:
    path = left(running, tmp_path / "left")
    log = path.with_name("gatekeeper.db-wal")
    os.truncate(log, int(log.stat().st_size * remains))
    text = refusal(path)
    lost = LEASES - len(found(path))
    assert 0 < lost <= LEASES
    assert f"its last {lost} commits are lost, with {lost} leases" in text
    assert f"put back {log} as it was" in text and "'gatekeeper store recover'" in text


def test_a_log_that_is_gone_is_refused_and_its_return_mends_that(running: Path, tmp_path: Path) -> None:
    """Looking at what is left changes neither."""
    path = left(running, tmp_path / "left", ("gatekeeper.db", "gatekeeper.db-mark"))
    assert f"its last {LEASES} commits are lost" in refusal(path)
    assert found(path) == {}
    shutil.copy(running / "gatekeeper.db-wal", path.with_name("gatekeeper.db-wal"))
    assert refusal(path) == ""
    assert len(found(path)) == LEASES


def test_who_only_reads_leaves_a_cut_log_as_it_is(running: Path, tmp_path: Path) -> None:
    """The last one that closes a log would put what is left of it into the main file and remove it."""
    path = left(running, tmp_path / "left")
    log = path.with_name("gatekeeper.db-wal")
    os.truncate(log, log.stat().st_size // 2)
    before = log.read_bytes(), path.read_bytes()
    store = SqliteStore(str(path))
    assert 0 < len(states(store)) < LEASES
    with pytest.raises(StoreError, match="commits are lost"):
        store.commit([bound()])
    with pytest.raises(StoreError, match="commits are lost"):
        store.confirm()
    store.close()
    assert (log.read_bytes(), path.read_bytes()) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_however_the_log_is_damaged_it_is_noticed_unless_nothing_is_lost(
    running: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """Cut anywhere, and octets turned anywhere: served is only what has every lease."""
    path = left(running, tmp_path / "left")
    log = path.with_name("gatekeeper.db-wal")
    octets = bytearray(log.read_bytes())
    if data.draw(st.booleans()):
        del octets[data.draw(st.integers(0, len(octets))) :]
    for _ in range(data.draw(st.integers(0, 3)) if octets else 0):
        octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    log.write_bytes(octets)
    if refusal(path) == "":
        assert len(found(path)) == LEASES


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_a_mark_that_is_gone_cut_or_damaged_refuses_nobody_whose_log_is_whole(
    running: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """It is not fsynced with each commit: after a power cut any of that may be so."""
    path = left(running, tmp_path / "left")
    mark = path.with_name("gatekeeper.db-mark")
    octets = bytearray(mark.read_bytes())
    del octets[data.draw(st.integers(0, len(octets))) :]
    if octets and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(octets) - 1))
        octets[at:] = bytes(len(octets) - at)
    if octets:
        mark.write_bytes(octets)
    else:
        mark.unlink()
    assert refusal(path) == ""
    assert read_mark(mark.read_bytes()) is not None


def test_a_copy_of_the_main_file_alone_says_that_it_was_being_served(running: Path, tmp_path: Path) -> None:
    text = refusal(left(running, tmp_path / "left", ("gatekeeper.db",)))
    assert "it was being served when it was left or copied" in text
    assert "'gatekeeper store recover'" in text


def test_an_older_main_file_beside_a_younger_log_is_refused_and_both_are_left_alone(tmp_path: Path) -> None:
    """SQLite would put the log on top of it."""
    store = served(tmp_path)
    older = (tmp_path / "gatekeeper.db").read_bytes()
    store.commit([bound(mac(500), ADDRESS + 500)])
    assert store.checkpoint()
    store.commit([bound(mac(501), ADDRESS + 501)])
    path = left(tmp_path, tmp_path / "left")
    store.close()
    path.write_bytes(older)
    log = path.with_name("gatekeeper.db-wal").read_bytes()
    assert "it is not the file that" in refusal(path)
    assert (path.read_bytes(), path.with_name("gatekeeper.db-wal").read_bytes()) == (older, log)


def test_a_backup_of_yesterday_is_refused_also_after_a_clean_stop(tmp_path: Path) -> None:
    store = served(tmp_path)
    store.checkpoint()
    shutil.copy(tmp_path / "gatekeeper.db", tmp_path / "yesterday")
    store.commit([bound(mac(500), ADDRESS + 500)])
    store.end_serving()
    store.close()
    path = tmp_path / "gatekeeper.db"
    assert refusal(path) == ""
    shutil.copy(tmp_path / "yesterday", path)
    assert "commits are lost, with" in refusal(path)


def test_another_store_in_its_place_is_refused(tmp_path: Path) -> None:
    served(tmp_path).close()
    other = tmp_path / "other"
    other.mkdir()
    filled(other).close()
    shutil.copy(other / "gatekeeper.db", tmp_path / "gatekeeper.db")
    assert "it is not the one that was served here" in refusal(tmp_path / "gatekeeper.db")


def test_a_clean_stop_clears_what_says_that_it_is_served(tmp_path: Path) -> None:
    """A copy of the main file alone is a whole one then, and what is beside it says so."""
    store = served(tmp_path)
    store.end_serving()
    store.close()
    marked = read_mark((tmp_path / "gatekeeper.db-mark").read_bytes())
    assert marked and marked.clean
    assert not (tmp_path / "gatekeeper.db-wal").exists()
    assert refusal(left(tmp_path, tmp_path / "left", ("gatekeeper.db",))) == ""


def test_where_a_store_was_in_use_no_new_one_is_made(running: Path, tmp_path: Path) -> None:
    """A log or a mark that is not clean says so; a mark that is clean does not."""
    for names in (FILES[1:], FILES[1:2], FILES[2:]):
        path = left(running, tmp_path / "left", names)
        with pytest.raises(StoreError, match=r"is gone, and .* says that it was in use"):
            SqliteStore(str(path), create=True)
    path = left(running, tmp_path / "left")
    os.truncate(path, 0)
    with pytest.raises(StoreError, match=r"is gone, and .* says that it was in use"):
        SqliteStore(str(path), create=True)
    assert path.with_name("gatekeeper.db-wal").stat().st_size
    store = served(tmp_path)
    store.end_serving()
    store.close()
    (tmp_path / "gatekeeper.db").unlink()
    filled(tmp_path).close()
    assert refusal(tmp_path / "gatekeeper.db") == ""


def test_files_that_are_taken_away_end_the_commits_until_they_are_back(tmp_path: Path) -> None:
    """SQLite itself writes on into files that have no name any more."""
    store = served(tmp_path, 1)
    for name in (*FILES[:2], "gatekeeper.db-shm"):
        away = tmp_path / "away"
        (tmp_path / name).rename(away)
        with pytest.raises(StoreError, match=f"{name} is gone"):
            store.commit([bound()])
        assert f"{name} is gone" in store.amiss()
        shutil.copy(away, tmp_path / name)
        with pytest.raises(StoreError, match=f"{name} is another file"):
            store.commit([bound()])
        away.rename(tmp_path / name)
        store.commit([bound()])
        store.confirm()
    store.close()


def test_a_checkpoint_begins_the_mark_anew_and_keeps_what_is_not_in_the_main_file(tmp_path: Path) -> None:
    store, other = served(tmp_path), SqliteStore(str(tmp_path / "gatekeeper.db"))
    assert store.checkpoint()
    marked = read_mark((tmp_path / "gatekeeper.db-mark").read_bytes())
    assert marked and marked.records == [] and marked.base == marked.seq
    # The other one has the former file open still.
    other.commit([bound(mac(500), ADDRESS + 500)])
    after = read_mark((tmp_path / "gatekeeper.db-mark").read_bytes())
    assert after and [one.seq for one in after.records] == [marked.seq + 1]
    assert list(leases_in(after.records[0])) == [(ADDRESS + 500, mac(500), NOW + 3600)]
    other.close()
    store.close()


def test_a_reader_keeps_a_checkpoint_from_ending_and_it_is_tried_more_rarely(tmp_path: Path) -> None:
    store = served(tmp_path, 1)
    reader = sqlite3.connect(tmp_path / "gatekeeper.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM leases").fetchone()
    number = 0
    while not store.mark_is_long():
        number += 1
        store.commit([bound(mac(n), ADDRESS + n, NOW + number) for n in range(500)])
    assert not store.checkpoint()
    assert not store.mark_is_long()
    reader.close()
    while not store.mark_is_long():
        number += 1
        store.commit([bound(mac(n), ADDRESS + n, NOW + number) for n in range(500)])
    assert (tmp_path / "gatekeeper.db-mark").stat().st_size > 2 * LONG
    assert store.checkpoint()
    assert (tmp_path / "gatekeeper.db-mark").stat().st_size < 100
    store.close()


def test_a_log_that_nobody_puts_into_its_place_is_long_until_somebody_does(tmp_path: Path) -> None:
    """SQLite's own checkpoint after 1,000 pages is left to who calls it; WAL frames are pages of 4,096 octets."""
    store = served(tmp_path, 1)
    store.hurry()
    pages, number = 0, 0
    while pages < 16_384:
        number += 1
        store.commit([bound(mac(n), ADDRESS + n, NOW + number) for n in range(5_000)])
        pages = (tmp_path / "gatekeeper.db-wal").stat().st_size // 4_120
    assert not store.log_is_long()
    assert store.checkpoint() and store.log_is_long()
    store.commit([bound(mac(1), ADDRESS + 1, NOW)])
    assert store.checkpoint() and not store.log_is_long()
    store.close()


def test_what_cannot_be_written_of_the_mark_is_told_and_made_up_for(tmp_path: Path) -> None:
    store = served(tmp_path, 1)
    mark = tmp_path / "gatekeeper.db-mark"
    mark.unlink()
    mark.mkdir()
    assert store.commit([bound(mac(7), ADDRESS + 7)]) == set()
    assert "nobody would notice" in store.amiss()
    mark.rmdir()
    assert store.commit([bound(mac(8), ADDRESS + 8)]) == set()
    assert store.amiss() == ""
    marked = read_mark(mark.read_bytes())
    assert marked and [len(one.leases) for one in marked.records] == [18, 18]
    store.close()


def test_what_is_torn_is_cut_off_before_more_is_written(tmp_path: Path) -> None:
    """Else all that comes behind it could not be read."""
    served(tmp_path, 1).close()
    mark = tmp_path / "gatekeeper.db-mark"
    mark.write_bytes(mark.read_bytes() + record(9, pack_lease(ADDRESS, mac(1), NOW))[:-1])
    store = SqliteStore(str(tmp_path / "gatekeeper.db"))
    store.commit([bound(mac(7), ADDRESS + 7)])
    marked = read_mark(mark.read_bytes())
    assert marked and list(leases_in(marked.records[-1])) == [(ADDRESS + 7, mac(7), NOW + 3600)]
    assert marked.length == mark.stat().st_size
    store.close()


def test_a_release_is_no_lease(tmp_path: Path) -> None:
    store = served(tmp_path, 1)
    store.commit([released(mac(0))])
    marked = read_mark((tmp_path / "gatekeeper.db-mark").read_bytes())
    assert marked and marked.records[-1].leases == b""
    store.close()


@given(st.lists(st.tuples(st.integers(1, 2**63), st.integers(0, 3)), max_size=20), st.integers(0, 400))
@example([(1, 1)], 0)
def test_a_mark_is_read_up_to_what_is_torn(commits: list[tuple[int, int]], cut: int) -> None:
    """Any beginning of it is one: with the records that are whole."""
    parts = [record(seq, pack_lease(ADDRESS, TOKEN[:6], NOW) * leases) for seq, leases in commits]
    whole = head(TOKEN, 0) + b"".join(parts)
    octets = whole[: max(len(whole) - cut, len(head(TOKEN, 0)))]
    marked = read_mark(octets)
    assert marked and (marked.store, marked.base) == (TOKEN, 0)
    assert whole.startswith(octets[: marked.length])
    assert [(one.seq, len(one.leases) // 18) for one in marked.records] == commits[: len(marked.records)]
    assert len(octets) - marked.length < len(record(0)) + 54
    assert marked.seq == max((seq for seq, _ in commits[: len(marked.records)]), default=0)


def test_clean_is_what_nothing_was_written_behind() -> None:
    begun = head(TOKEN, 3)
    marked = [
        read_mark(begun + rest)
        for rest in (b"", clean_record(3), clean_record(3) + record(4), record(5) + clean_record(4))
    ]
    assert [one.clean for one in marked if one] == [False, True, False, False]
