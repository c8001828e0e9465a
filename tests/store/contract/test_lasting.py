"""What a call has told is there afterwards, and what failed has left nothing behind."""

import pytest

from gatekeeper.policy.orders import Account, Changes
from gatekeeper.store.ports import Store
from tests.store.contract.conftest import Opens
from tests.store.ledger import BOX, bound, lease


def test_what_was_committed_is_there_after_a_reopening(store: Store, opens: Opens) -> None:
    """Orders, leases, the end of the feed."""
    store.commit([bound()])
    end = store.feed_end()
    store.close()
    again = opens()
    again.check()
    facts = again.facts([BOX])[BOX]
    assert (facts.lease, facts.binding and facts.binding.account, again.feed_end()) == (lease(), "A", end)


def test_an_order_that_fails_half_way_changes_nothing(store: Store) -> None:
    """One transaction: wholly or not at all."""
    before = [list(store.view("bindings", 0)), list(store.view("boxes", 0)), store.feed_end()]
    with pytest.raises(ZeroDivisionError), store.order_transaction():
        store.write_changes(Changes(Account("A", state="suspended"), (), (BOX,), ""), 0)
        assert store.facts([BOX])[BOX].binding is None
        raise ZeroDivisionError
    assert [list(store.view("bindings", 0)), list(store.view("boxes", 0)), store.feed_end()] == before
