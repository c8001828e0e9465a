"""Listings narrowed by the store: the same rows, without going through all of them."""

import sqlite3
from pathlib import Path

import pytest

from tests.store.ledger import BOX, NOW, filled

MAC = BOX.hex(":")


@pytest.mark.parametrize("what", ["bindings", "boxes", "leases", "sessions", "orders", "refused"])
@pytest.mark.parametrize(
    "only", [{"mac": MAC}, {"account": "A"}, {"account": "A", "mac": MAC}, {"address": "10.20.1.0"}]
)
def test_a_narrowed_listing_has_the_rows_that_are_asked_for(tmp_path: Path, what: str, only: dict[str, str]) -> None:
    """Each of them, in the same sequence."""
    store = filled(tmp_path)

    def such(rows: object) -> list[dict[str, object]]:
        return [row for row in rows if all(row.get(name) == value for name, value in only.items())]  # type: ignore[attr-defined]

    assert such(store.view(what, NOW, only)) == such(getattr(store, what)(NOW))


@pytest.mark.parametrize(
    ("what", "only"),
    [("bindings", {"mac": MAC}), ("bindings", {"account": "A"}), ("boxes", {"mac": MAC}), ("leases", {"mac": MAC}),
     ("leases", {"address": "10.20.1.0"}), ("sessions", {"mac": MAC}), ("refused", {"mac": MAC}),
     ("boxes", {"account": "A"})],
)  # fmt: skip
def test_a_box_is_looked_up_by_an_index(tmp_path: Path, what: str, only: dict[str, str]) -> None:
    """With a million accounts, asking for one must not read them all: no table is scanned."""
    store = filled(tmp_path)
    asked: list[str] = []
    store._connection.set_trace_callback(asked.append)
    list(store.view(what, NOW, only))
    store._connection.set_trace_callback(None)
    with sqlite3.connect(tmp_path / "gatekeeper.db") as other:
        plan = [row[3] for row in other.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]
    other.close()
    assert not [step for step in plan if step.startswith("SCAN")], plan
