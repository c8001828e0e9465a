"""What a person ends by hand, and what others report: running engines hear of it by the change feed."""

from gatekeeper.model import AddressDeclined
from gatekeeper.store.ports import Store
from gatekeeper.wire.text import mac_text
from tests.store.ledger import ADDRESS, BOX, NOW, THIRD, bound, learned, lease, states

ME = "this engine"


def test_a_cleared_lease_is_over_and_every_engine_hears_of_it(store: Store) -> None:
    """Its address is told apart from addresses that orders fix."""
    store.commit([bound(BOX)])
    end = store.feed_end()
    assert store.addresses_of(BOX, NOW) == [ADDRESS]
    assert store.clear_lease(ADDRESS, NOW + 1)
    assert store.addresses_of(BOX, NOW + 1) == []
    assert store.changes_since(end, ME)[1:] == ([BOX], True)
    assert store.freed_since(end) == [ADDRESS]
    assert states(store) == {ADDRESS: (BOX, "released")}
    assert [row["detail"] for row in store.timeline("address", ADDRESS, NOW + 1)] == ["10.20.1.1 cleared by hand"]


def test_a_quarantine_is_cleared_as_a_lease_is(store: Store) -> None:
    """And what is over already is not there to be cleared."""
    declined = lease(BOX)._replace(state="declined")
    store.commit([AddressDeclined(declined)])
    assert not store.clear_lease(ADDRESS, NOW + 3600)
    assert store.clear_lease(ADDRESS, NOW + 3599)
    assert not store.clear_lease(ADDRESS, NOW + 3599)
    assert not store.clear_lease(ADDRESS + 1, NOW)


def test_a_cleared_port_is_learned_anew(store: Store) -> None:
    """Named by the account or by one of its boxes in any spelling; all its boxes are looked up again."""
    assert (store.port_state("A"), store.clear_port_binding("A", NOW)) == ("unlearned", False)
    store.commit([learned(BOX)])
    end = store.feed_end()
    assert store.port_state("A") == "learned"
    assert store.clear_port_binding(BOX.hex("-"), NOW)
    assert set(store.changes_since(end, ME)[1] or ()) == {BOX, THIRD}
    assert (store.port_state("A"), store.port_state("no such")) == ("unlearned", "")
    assert store.commit([learned(THIRD, "n|2")]) == set()


def test_what_others_report_is_kept_of_boxes_that_orders_know(store: Store) -> None:
    """A stranger's MAC would fill the journal."""
    assert store.report("Inform", BOX, "0 BOOTSTRAP", NOW)
    assert not store.report("Inform", b"\x02\0\0\0\0\x77", "0 BOOTSTRAP", NOW)
    told = [(row["kind"], row["account"], row["detail"]) for row in store.timeline("mac", mac_text(BOX), NOW)]
    assert ("Inform", "A", "0 BOOTSTRAP") in told


def test_a_service_order_is_kept_once(store: Store) -> None:
    """Sent again, it is what it was the first time."""
    assert store.service_order("7") is None
    assert store.keep_service_order("7", "[1]", NOW) == "[1]"
    assert store.keep_service_order("7", "[2]", NOW + 1) == "[1]"
    assert store.service_order("7") == ("[1]", NOW)
