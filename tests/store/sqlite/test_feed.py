"""The change feed is pruned: what becomes of an engine that needs the rows that are gone."""

import sqlite3
from pathlib import Path

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.policy.orders import OrderRules
from tests.store.ledger import BOX, NOW, THIRD, filled

ME = "this engine"


def test_an_engine_that_was_away_for_too_long_forgets_everything(tmp_path: Path) -> None:
    """The rows that it needs are pruned: 100,000 changes are kept."""
    store = filled(tmp_path)
    end = store.feed_end()
    with sqlite3.connect(tmp_path / "gatekeeper.db") as other:
        other.execute("INSERT INTO feed (seq, mac, address, origin) VALUES (?, '', 0, '')", (end + 100_500,))
    other.close()
    OrderDesk(store, OrderRules(2)).hand_in({"order": "s", "kind": "suspend", "account": "A"}, NOW)
    new, macs, _ = store.changes_since(end, ME)
    assert macs is None
    assert new == store.feed_end()
    assert set(store.changes_since(new - 2, ME)[1] or ()) == {BOX, THIRD}
