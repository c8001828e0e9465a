"""The change feed: which MACs an engine must look up again, and when it must forget everything."""

import sqlite3
from pathlib import Path

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.sqlite import SqliteStore
from tests.store.ledger import BOX, NOW, OTHER, THIRD, filled, learned

ME = "this engine"


def _hand_in(store: SqliteStore, kind: str, account: str = "A", **fields: str) -> None:
    number = f"f{sum(1 for _ in store.orders(NOW))}"
    result = OrderDesk(store, OrderRules(2)).hand_in({"order": number, "kind": kind, "account": account, **fields}, NOW)
    assert result.record.state == "applied"


def _changed(store: SqliteStore, seq: int) -> set[bytes]:
    _, macs, _ = store.changes_since(seq, ME)
    assert macs is not None
    return set(macs)


def test_an_order_tells_all_boxes_of_its_account(tmp_path: Path) -> None:
    """And no others; the end moves on."""
    store = filled(tmp_path)
    end = store.feed_end()
    assert store.changes_since(end, ME) == (end, [], False)
    _hand_in(store, "suspend")
    new, macs, fixed = store.changes_since(end, ME)
    assert (set(macs or ()), fixed) == ({BOX, THIRD}, False)
    assert store.changes_since(new, ME) == (new, [], False)


def test_a_box_that_is_unbound_is_told_too(tmp_path: Path) -> None:
    """Swap and cancel: it must not be served from memory."""
    store = filled(tmp_path)
    end = store.feed_end()
    _hand_in(store, "swap", old_mac=BOX.hex(), mac="020000000099")
    assert _changed(store, end) == {BOX, THIRD, bytes.fromhex("020000000099")}
    end = store.feed_end()
    _hand_in(store, "cancel", "B")
    assert _changed(store, end) == {OTHER}


def test_a_learned_port_tells_the_accounts_other_boxes(tmp_path: Path) -> None:
    """They are bound to it as well."""
    store = filled(tmp_path)
    end = store.feed_end()
    store.commit([learned(BOX)])
    assert _changed(store, end) == {BOX, THIRD}


def test_an_engine_is_not_told_what_it_did_itself(tmp_path: Path) -> None:
    """The box that it learned a port of is in its memory; the account's other boxes are not."""
    store = filled(tmp_path)
    end = store.feed_end()
    store.commit([learned(BOX)], ME)
    assert _changed(store, end) == {THIRD}
    assert store.changes_since(end, "another engine")[1] == [BOX, THIRD]


def test_a_fixed_address_is_told_also_while_the_account_waits_for_its_box(tmp_path: Path) -> None:
    """No running engine may give it to others."""
    store = filled(tmp_path)
    end = store.feed_end()
    _hand_in(store, "install", "W", address="10.20.1.77")
    _, macs, fixed = store.changes_since(end, ME)
    assert (macs, fixed) == ([], True)
    assert store.fixed_addresses() == [0x0A14014D]


def test_a_refused_order_tells_nobody(tmp_path: Path) -> None:
    """Nothing has changed."""
    store = filled(tmp_path)
    end = store.feed_end()
    OrderDesk(store, OrderRules(2)).hand_in({"order": "x", "kind": "rate", "account": "A"}, NOW)
    assert store.feed_end() == end


def test_an_engine_that_was_away_for_too_long_forgets_everything(tmp_path: Path) -> None:
    """The rows that it needs are pruned: 100,000 changes are kept."""
    store = filled(tmp_path)
    end = store.feed_end()
    with sqlite3.connect(tmp_path / "gatekeeper.db") as other:
        other.execute("INSERT INTO feed (seq, mac, address, origin) VALUES (?, '', 0, '')", (end + 100_500,))
    other.close()
    _hand_in(store, "suspend")
    new, macs, _ = store.changes_since(end, ME)
    assert macs is None
    assert new == store.feed_end()
    assert _changed(store, new - 2) == {BOX, THIRD}


def test_a_commit_of_another_connection_is_noticed_without_reading_a_table(tmp_path: Path) -> None:
    """PRAGMA data_version: what a running gate polls."""
    store = filled(tmp_path)
    second = SqliteStore(str(tmp_path / "gatekeeper.db"))
    before = second.data_version()
    assert second.data_version() == before
    _hand_in(store, "suspend")
    assert second.data_version() != before
    assert set(second.changes_since(0, ME)[1] or ()) == {BOX, OTHER, THIRD}
