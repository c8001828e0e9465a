"""The change feed: which MACs an engine must look up again, and when it must forget everything."""

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.ports import Store
from tests.store.contract.conftest import Opens
from tests.store.ledger import BOX, NOW, OTHER, THIRD, learned

ME = "this engine"


def _hand_in(store: Store, kind: str, account: str = "A", **fields: str) -> None:
    number = f"f{sum(1 for _ in store.view('orders', NOW))}"
    result = OrderDesk(store, OrderRules(2)).hand_in({"order": number, "kind": kind, "account": account, **fields}, NOW)
    assert result.record.state == "applied"


def _changed(store: Store, seq: int) -> set[bytes]:
    _, macs, _ = store.changes_since(seq, ME)
    assert macs is not None
    return set(macs)


def test_an_order_tells_all_boxes_of_its_account(store: Store) -> None:
    """And no others; the end moves on."""
    end = store.feed_end()
    assert store.changes_since(end, ME) == (end, [], False)
    _hand_in(store, "suspend")
    new, macs, fixed = store.changes_since(end, ME)
    assert (set(macs or ()), fixed) == ({BOX, THIRD}, False)
    assert store.changes_since(new, ME) == (new, [], False)


def test_a_box_that_is_unbound_is_told_too(store: Store) -> None:
    """Swap and cancel: it must not be served from memory."""
    end = store.feed_end()
    _hand_in(store, "swap", old_mac=BOX.hex(), mac="020000000099")
    assert _changed(store, end) == {BOX, THIRD, bytes.fromhex("020000000099")}
    end = store.feed_end()
    _hand_in(store, "cancel", "B")
    assert _changed(store, end) == {OTHER}


def test_a_learned_port_tells_the_accounts_other_boxes(store: Store) -> None:
    """They are bound to it as well."""
    end = store.feed_end()
    store.commit([learned(BOX)])
    assert _changed(store, end) == {BOX, THIRD}


def test_an_engine_is_not_told_what_it_did_itself(store: Store) -> None:
    """The box that it learned a port of is in its memory; the account's other boxes are not."""
    end = store.feed_end()
    store.commit([learned(BOX)], ME)
    assert _changed(store, end) == {THIRD}
    assert store.changes_since(end, "another engine")[1] == [BOX, THIRD]


def test_a_fixed_address_is_told_also_while_the_account_waits_for_its_box(store: Store) -> None:
    """No running engine may give it to others."""
    end = store.feed_end()
    _hand_in(store, "install", "W", address="10.20.1.77")
    _, macs, fixed = store.changes_since(end, ME)
    assert (macs, fixed) == ([], True)
    assert store.fixed_addresses() == [0x0A14014D]


def test_a_refused_order_tells_nobody(store: Store) -> None:
    """Nothing has changed."""
    end = store.feed_end()
    OrderDesk(store, OrderRules(2)).hand_in({"order": "x", "kind": "rate", "account": "A"}, NOW)
    assert store.feed_end() == end


def test_a_commit_of_another_connection_is_noticed_without_reading_a_table(store: Store, opens: Opens) -> None:
    """It is what a running gate polls with each batch."""
    second = opens()
    before = second.data_version()
    assert second.data_version() == before
    _hand_in(store, "suspend")
    assert second.data_version() != before
    assert set(second.changes_since(0, ME)[1] or ()) == {BOX, OTHER, THIRD}
