"""How SQLite finds leases by what lease queries name."""

from pathlib import Path

import pytest

from gatekeeper.policy.leasequery import MAC, Sought
from gatekeeper.store import StoreError
from gatekeeper.store.sqlite.leasequery import _QUERIES
from tests.store.ledger import BOX, NOW, filled


def test_queries_read_an_index(tmp_path: Path) -> None:
    """None of them goes through all leases: that would hold up every box."""
    store = filled(tmp_path)
    store.keep_lease_keys(True)
    given = {"value": b"", "form": "", "now": 0, "most": 1, "looked": 1}
    for text in _QUERIES.values():
        plan = [row[3] for row in store._connection.execute("EXPLAIN QUERY PLAN " + text, given)]
        assert not [line for line in plan if line.startswith("SCAN")], plan
    store.close()


def test_a_store_that_nobody_asks_by_key_has_none_of_their_tables(tmp_path: Path) -> None:
    """A trigger left behind would cost every new lease 20 µs."""
    store = filled(tmp_path)
    named = "SELECT name FROM sqlite_master WHERE name LIKE 'lease_keys%'"
    store.keep_lease_keys(True)
    assert len(store._connection.execute(named).fetchall()) >= 5
    store.keep_lease_keys(False)
    assert store._connection.execute(named).fetchall() == []
    store.close()


def test_a_table_that_is_gone_is_trouble_of_the_store_and_not_an_empty_answer(tmp_path: Path) -> None:
    """Nothing found would throw a customer out."""
    store = filled(tmp_path)
    store._connection.execute("DROP TABLE leases")
    with pytest.raises(StoreError):
        store.leases_about(Sought(MAC, BOX), NOW)
    store.close()
