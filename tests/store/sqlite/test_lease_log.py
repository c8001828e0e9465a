"""The log of leases: what waits in it is folded whenever it came, and known for as long as it is there."""

from pathlib import Path

import pytest

from gatekeeper.store import RecordError
from gatekeeper.store.sqlite import SqliteStore
from tests.store.ledger import ADDRESS, BOX, NOW, OTHER, bound, filled, report


def rows(store: SqliteStore) -> int:
    """Of the log."""
    return int(store._connection.execute("SELECT count(*) FROM lease_log").fetchone()[0])


def test_leases_that_come_behind_a_fold_are_folded_too(tmp_path: Path) -> None:
    """Also where nobody accounts."""
    store = filled(tmp_path)
    for number in range(3):
        store.commit([bound(at=NOW + number)])
        assert rows(store) == 1
        while store.fold_slice():
            pass
        assert rows(store) == 0


def test_leases_that_come_while_reports_are_folded_are_folded_too(tmp_path: Path) -> None:
    """Leases go first: what comes behind them must not be taken for folded when the reports are."""
    store = filled(tmp_path)
    store.commit([report(BOX, "A")])
    assert store.fold_slice()
    store.commit([bound()])
    while store.fold_slice():
        pass
    assert rows(store) == 0


def test_what_is_in_the_log_is_known_when_a_transaction_that_folds_it_is_undone(tmp_path: Path) -> None:
    """Such as a clearing on a full disk: else the address would go to another box."""
    reader = filled(tmp_path)
    writer = SqliteStore(reader.path)
    reader.read_beside(writer)
    writer.commit([bound()])
    with pytest.raises(TimeoutError), writer.order_transaction():
        raise TimeoutError
    lease = reader.facts([BOX])[BOX].lease
    assert lease and lease.address == ADDRESS
    assert writer.commit([bound(OTHER, at=NOW + 1)]) == {0}


def test_what_another_process_clears_is_no_longer_held(tmp_path: Path) -> None:
    """It has folded the log and written behind it; the commit thread sees that by the number of the last commit."""
    writer = filled(tmp_path)
    writer.commit([bound()])
    other = SqliteStore(writer.path)
    assert other.clear_lease(ADDRESS, NOW + 1)
    assert writer.commit([bound(OTHER, at=NOW + 2)]) == set()
    assert writer.facts([OTHER])[OTHER].lease == bound(OTHER, at=NOW + 2).lease


def test_a_commit_that_failed_hides_nothing_that_another_process_does_next(tmp_path: Path) -> None:
    """It would have had the number that the other's has."""
    store = filled(tmp_path)
    store.commit([bound()])
    with pytest.raises(RecordError):
        store.commit([bound(at=1 << 70)])
    other = SqliteStore(store.path)
    assert other.clear_lease(ADDRESS, NOW + 2)
    other.close()
    assert store.commit([bound(OTHER, at=NOW + 3)]) == set()
    store.close()


def test_another_connection_that_commits_from_now_on_is_read_beside(tmp_path: Path) -> None:
    """What it knows of the log is read anew: nothing, as it has just been opened."""
    reader = filled(tmp_path)
    writer = SqliteStore(reader.path)
    reader.read_beside(writer)
    writer.commit([bound()])
    writer.close()
    reader.read_beside(SqliteStore(reader.path))
    assert reader.facts([BOX])[BOX].lease == bound().lease
