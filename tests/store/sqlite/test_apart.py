"""What is a row's trouble and what is SQLite's: the first costs its own outcome, the second the whole batch."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.office.orders import written
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store import RecordError, StoreError
from gatekeeper.store.sqlite import SqliteStore
from tests.store.ledger import ADDRESS, NOW, bound, filled, states


def full(store: SqliteStore, other: sqlite3.Connection) -> None:
    store._connection.execute("PRAGMA max_page_count = 1")  # the store's own size is the least that it takes


def read_only(store: SqliteStore, other: sqlite3.Connection) -> None:
    store._connection.execute("PRAGMA query_only = 1")


def raising(words: str) -> Callable[[SqliteStore, sqlite3.Connection], None]:
    """A trigger that stands for whatever may be wrong with one box's lease."""

    def make(store: SqliteStore, other: sqlite3.Connection) -> None:
        its = f"instr(new.body, x'{ADDRESS.to_bytes(4, 'big').hex()}')"
        text = f"CREATE TRIGGER bad BEFORE INSERT ON lease_log WHEN {its} BEGIN SELECT {words}; END"
        other.execute(text)

    return make


def big(count: int) -> list[object]:
    """So many leases that the store has to grow for them."""
    return [bound(bytes((2, 0, 0, 1, number >> 8, number & 255)), ADDRESS + number) for number in range(count)]


@pytest.mark.parametrize("trouble", [full, read_only], ids=["full", "read-only"])
def test_trouble_of_the_store_is_no_rows(
    tmp_path: Path, trouble: Callable[[SqliteStore, sqlite3.Connection], None]
) -> None:
    """Nothing of the batch is written, and trying it again by halves would tell a full disk from none."""
    store = filled(tmp_path)
    trouble(store, sqlite3.connect(store.path))
    effects = big(3000)
    with pytest.raises(StoreError) as told:
        store.commit(effects)  # type: ignore[arg-type]
    assert not isinstance(told.value, RecordError)
    with pytest.raises(StoreError):
        store.commit_apart(effects, [1] * len(effects))  # type: ignore[arg-type]
    assert states(store) == {}


@pytest.mark.parametrize("words", ["RAISE(ABORT, 'no')", "RAISE(FAIL, 'no')", "abs(-9223372036854775807 - 1)"])
def test_a_row_that_a_trigger_refuses_is_a_bad_row(tmp_path: Path, words: str) -> None:
    """A constraint, and an expression that cannot be computed."""
    store = filled(tmp_path)
    raising(words)(store, sqlite3.connect(store.path))
    effects = [bound(bytes((2, 0, 0, 0, 0, number)), ADDRESS + number) for number in range(3)]
    with pytest.raises(RecordError):
        store.commit(effects)
    assert store.commit_apart(effects, [1] * 3).unfit.keys() == {0}
    assert sorted(states(store)) == [ADDRESS + 1, ADDRESS + 2]


def test_an_order_that_is_no_row_is_refused_alone(tmp_path: Path) -> None:
    """And those of its file are applied, once each."""
    store = filled(tmp_path)
    desk = OrderDesk(store, OrderRules(2))
    sqlite3.connect(store.path).execute(
        "CREATE TRIGGER bad BEFORE INSERT ON boxes WHEN new.mac = '02:00:00:00:09:03'"
        " BEGIN SELECT RAISE(ABORT, 'no such box'); END"
    )
    orders = [
        {"order": f"n{number}", "kind": "install", "account": f"N{number}", "mac": f"0200000009{number:02x}"}
        for number in range(7)
    ]
    results = [one.record for one in written(desk.hand_in_all, orders, NOW)]
    assert [record.reason for record in results] == ["", "", "", "BAD_RECORD", "", "", ""]
    assert "no such box" in results[3].detail
    assert store.find_order("n3") is None
    applied = [row["order"] for row in store.view("orders", NOW) if str(row["order"]).startswith("n")]
    assert sorted(applied) == ["n0", "n1", "n2", "n4", "n5", "n6"]
