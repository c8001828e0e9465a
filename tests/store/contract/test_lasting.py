"""What a call has told is there afterwards, and what failed has left nothing behind."""

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Binding, Rate
from gatekeeper.policy.orders import Account, Changes, OrderRules
from gatekeeper.store.ports import Store
from gatekeeper.wire.line_id import port_from_text
from tests.store.contract.conftest import Opens
from tests.store.ledger import BOX, NOW, bound, lease

NEW = bytes((2, 0, 0, 0, 0, 9))


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


def test_what_an_order_says_is_what_the_packet_loop_finds(store: Store) -> None:
    """Each value in its place."""
    stbid = "0" * 20 + NEW.hex()
    fields = {
        "order": "whole", "kind": "install", "account": "W", "mac": NEW.hex(), "stbid": stbid, "subscriber": "s-1",
        "rate_down_kbps": "50000", "rate_up_kbps": "5000", "port": "n|7", "address": "10.20.1.9",
        "acs_url": "http://acs.example.net/", "plan": "gold",
    }  # fmt: skip
    assert OrderDesk(store, OrderRules(2)).hand_in(fields, NOW).record.state == "applied"
    assert store.facts([NEW])[NEW].binding == Binding(
        account="W", subscriber="s-1", stbid=stbid, state="active", rate=Rate(50000, 5000),
        port=port_from_text("n|7"), port_state="ordered", address=0x0A140109, acs_url="http://acs.example.net/",
        order="whole", plan="gold",
    )  # fmt: skip
    (boxed,) = [one for one in store.boxed_accounts() if one.account.account == "W"]
    assert boxed.boxes == ((NEW, stbid),)
    assert (boxed.account.plan, boxed.account.subscriber, boxed.account.last_order) == ("gold", "s-1", "whole")
