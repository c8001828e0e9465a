"""After commits were lost: what may have been given stays its box's, and nothing else is kept."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.model import LeaseBound
from gatekeeper.state.unclaimed import Span
from gatekeeper.store.found import Recovered
from gatekeeper.store.sqlite import SqliteStore
from tests.store.ledger import ADDRESS, BOX, NOW, OTHER, THIRD, bound, filled, learned, lease, states

RANGE = (ADDRESS, ADDRESS + 99)
HOUR = 3600


def nothing_told(_: int) -> None:
    """How far it is."""


def mended(path: Path, now: int = NOW, longest_s: int = 60) -> Recovered:
    store = SqliteStore(str(path), mend=True)
    try:
        return store.recover([RANGE], longest_s, now, nothing_told)
    finally:
        store.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[SqliteStore]:
    """BOX has an address in the main file; what comes now is in the log alone."""
    store = filled(tmp_path)
    store.commit([bound(BOX, ADDRESS)])
    store.begin_serving()
    yield store
    store.close()


def left(store: SqliteStore, *names: str) -> Path:
    """What is left where these were lost."""
    old = Path(store.path)
    to = old.parent / "left"
    to.mkdir(exist_ok=True)
    for name in {"", "-wal", "-mark"} - set(names):
        shutil.copy(f"{old}{name}", to / f"{old.name}{name}")
    return to / old.name


def open_again(path: Path) -> SqliteStore:
    """As who serves next opens it: nothing is lacking any more."""
    store = SqliteStore(str(path))
    assert store.begin_serving() == ""
    return store


def test_each_lost_lease_is_kept_for_the_last_box_that_had_it(served: SqliteStore) -> None:
    """The mark has every lost commit, so nothing else is kept."""
    served.commit([bound(OTHER, ADDRESS + 1)])
    served.commit([bound(THIRD, ADDRESS + 1, NOW + HOUR), learned()])
    served.commit([bound(OTHER, ADDRESS + 2), bound(bytes(6), ADDRESS + 3, NOW - HOUR)])
    path = left(served, "-wal")
    assert mended(path, NOW + 1)._replace(until=0) == Recovered(2, 0, 0, 0)
    store = open_again(path)
    assert states(store) == {
        ADDRESS: (BOX, "active"),
        ADDRESS + 1: (THIRD, "recovered"),
        ADDRESS + 2: (OTHER, "recovered"),
    }
    rows = {row["address"]: row for row in store.view("leases", NOW)}
    assert [rows["10.20.1.2"][name] for name in ("account", "lease_expires")] == ["A", NOW + 2 * HOUR]
    assert [row["kind"] for row in store.timeline("mac", OTHER.hex(":"), 0)][-1] == "recovered"
    store.close()


def test_a_lost_renewal_prolongs_what_is_on_record(served: SqliteStore) -> None:
    """Port and client identifier are known still."""
    served.commit([LeaseBound(lease(BOX, ADDRESS)._replace(expires_at=NOW + 2 * HOUR, last_seen=NOW + HOUR))])
    path = left(served, "-wal")
    mended(path)
    store = open_again(path)
    (found,) = store.all_leases()
    assert found == lease(BOX, ADDRESS)._replace(state="recovered", expires_at=NOW + 2 * HOUR)
    store.close()


def test_the_box_has_its_lease_back_and_nobody_else_before_it_is_over(served: SqliteStore) -> None:
    served.commit([bound(OTHER, ADDRESS + 1)])
    path = left(served, "-wal")
    mended(path)
    store = open_again(path)
    assert store.commit([bound(THIRD, ADDRESS + 1, NOW + 1)]) == {0}
    assert store.commit([bound(OTHER, ADDRESS + 1, NOW + 1)]) == set()
    assert states(store)[ADDRESS + 1] == (OTHER, "active")
    store.close()


@pytest.mark.parametrize("lost", [("-wal", "-mark"), ("-wal",)], ids=["mark too", "mark has a gap"])
def test_where_it_is_not_known_what_was_given_all_that_nobody_holds_is_kept(
    served: SqliteStore, lost: tuple[str, ...]
) -> None:
    """As long as the longest lease of the configuration, or on record; not what an order fixes."""
    served._connection.execute("UPDATE accounts SET address = ? WHERE account = 'B'", (ADDRESS + 50,))
    served.checkpoint()
    assert served._mark
    served._mark.note(served._seq + 2)
    path = left(served, *lost)
    assert mended(path, longest_s=2 * HOUR)[:3] == (0, 98, NOW + 2 * HOUR)
    store = open_again(path)
    found = states(store)
    assert found.pop(ADDRESS) == (BOX, "active")
    assert set(found.values()) == {(b"", "recovered")}
    assert store.unclaimed() == [
        Span(ADDRESS + 1, ADDRESS + 49, NOW + 2 * HOUR),
        Span(ADDRESS + 51, ADDRESS + 99, NOW + 2 * HOUR),
    ]
    count = store.pool_count([RANGE], NOW)
    assert (count.leased, count.quarantined) == (1, 98)
    # The first one that says that it is his.
    assert store.commit([bound(OTHER, ADDRESS + 7, NOW + 1)]) == set()
    assert store.commit([bound(THIRD, ADDRESS + 7, NOW + 2)]) == {0}
    store.close()


def test_a_longer_lease_on_record_decides_how_long(served: SqliteStore) -> None:
    """The configuration may have had longer ones then."""
    path = left(served, "-wal", "-mark")
    assert mended(path, longest_s=60).until == NOW + HOUR


def test_a_log_that_is_not_the_main_files_own_is_set_aside(served: SqliteStore) -> None:
    old = left(served, "-wal", "-mark").read_bytes()
    served.commit([bound(OTHER, ADDRESS + 1)])
    assert served.checkpoint()
    served.commit([bound(THIRD, ADDRESS + 2)])
    path = left(served)
    log = path.with_name("gatekeeper.db-wal").read_bytes()
    path.write_bytes(old)
    assert mended(path)[:2] == (1, 98)
    store = open_again(path)
    store.check()
    assert states(store)[ADDRESS + 1] == (b"", "recovered")
    assert states(store)[ADDRESS + 2] == (THIRD, "recovered")
    store.close()
    assert path.with_name("gatekeeper.db-wal.lost").read_bytes() == log


def test_a_recovery_that_is_killed_is_begun_again(served: SqliteStore) -> None:
    """All of it is one transaction, and the mark has what was lost until that is on disk."""

    def kill(_: int) -> None:
        raise KeyboardInterrupt

    served.commit([bound(OTHER, ADDRESS + 1)])
    assert served._mark
    served._mark.note(served._seq + 2)
    path = left(served, "-wal")
    before = path.with_name("gatekeeper.db-mark").read_bytes()
    store = SqliteStore(str(path), mend=True)
    with pytest.raises(KeyboardInterrupt):
        store.recover([RANGE], 60, NOW, kill)
    store.close()
    assert path.with_name("gatekeeper.db-mark").read_bytes() == before
    assert SqliteStore(str(path)).loss() != ""
    assert mended(path)[:2] == (1, 98)
    open_again(path).close()


def test_what_is_lost_once_more_after_a_recovery_is_noticed(served: SqliteStore) -> None:
    served.commit([bound(OTHER, ADDRESS + 1)])
    path = left(served, "-wal")
    mended(path)
    store = open_again(path)
    store.commit([bound(THIRD, ADDRESS + 2)])
    again = left(store, "-wal")
    store.close()
    store = SqliteStore(str(again))
    assert "its last 1 commits are lost, with 1 leases" in store.loss()
    store.close()


def test_one_that_was_cleared_is_nobodys_at_once(served: SqliteStore) -> None:
    path = left(served, "-wal", "-mark")
    mended(path)
    store = open_again(path)
    end = store.feed_end()
    assert store.clear_lease(ADDRESS + 3, NOW)
    assert store.freed_since(end) == [ADDRESS + 3]
    store.close()
