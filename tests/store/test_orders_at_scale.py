"""What an order asks of the store has an index: a store of a million accounts answers as fast as an empty one."""

from pathlib import Path

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.policy.orders import OrderRules
from tests.store.ledger import NOW, filled

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
