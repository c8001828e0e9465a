"""What an order or a listing of one box asks has an index: a million accounts answer as fast as none."""

import sqlite3
from pathlib import Path

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.policy.orders import OrderRules
from tests.store.ledger import BOX, NOW, filled

MAC = BOX.hex(":")
KINDS = [
    {"kind": "install", "mac": "020000000009", "port": "ge 1/0/7", "address": "10.20.1.9"},
    {"kind": "amend", "mac": "020000000009", "port": "ge 1/0/7", "address": "10.20.1.9"},
    {"kind": "swap", "old_mac": "020000000001", "mac": "020000000009"},
    {"kind": "move", "port": "ge 1/0/7"},
    {"kind": "rate", "rate_down_kbps": "1"},
    {"kind": "suspend"},
    {"kind": "cancel"},
]


@pytest.mark.parametrize("fields", KINDS, ids=[fields["kind"] for fields in KINDS])
def test_no_order_reads_a_whole_table(tmp_path: Path, fields: dict[str, str]) -> None:
    """SQLite's own plan of every statement of the order, with every rule in force."""
    store = filled(tmp_path)
    asked: list[str] = []
    store._connection.set_trace_callback(asked.append)
    desk = OrderDesk(store, OrderRules(2, boxes_per_port=4, hold_s=60))
    assert desk.hand_in({"order": "new", "account": "A", **fields}, NOW).record.state in ("applied", "refused")
    store._connection.set_trace_callback(None)
    plans = {
        (text, row[3])
        for text in asked
        if text.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")
        for row in store._connection.execute(f"EXPLAIN QUERY PLAN {text}")
    }
    assert len(plans) > 5
    assert not [plan for plan in plans if plan[1].startswith("SCAN") and "CONSTANT" not in plan[1]]


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
