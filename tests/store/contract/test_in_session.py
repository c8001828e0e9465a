"""Running sessions that have an address which an order fixed: who restarts must not give it to another box."""

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.found import InSession
from gatekeeper.store.ports import Store
from tests.store.ledger import BOX, NOW, OTHER, THIRD, report

FIXED, POOLED = 0x0A140909, 0x0A140101


def _at(store: Store, mac: bytes, address: int, status: str = "start", heard: int = NOW) -> None:
    said = report(mac, "A", status)
    store.commit([said._replace(session=said.session._replace(address=address), heard=heard)])


def test_those_that_run_are_told_and_the_last_heard_of_first(store: Store) -> None:
    """Not one with an address of the pool, and none that has ended."""
    desk = OrderDesk(store, OrderRules(2))
    desk.hand_in({"order": "f", "kind": "amend", "account": "A", "address": "10.20.9.9"}, NOW)
    _at(store, BOX, FIXED)
    _at(store, THIRD, FIXED, heard=NOW + 5)
    _at(store, OTHER, POOLED)
    one, two = report(BOX, "A").session, report(THIRD, "A").session
    expected = [
        InSession(FIXED, THIRD, two.nas, two.device, two.session, NOW + 5),
        InSession(FIXED, BOX, one.nas, one.device, one.session, NOW),
    ]
    assert store.fixed_in_session() == expected
    _at(store, THIRD, FIXED, "stop", NOW + 9)
    assert store.fixed_in_session() == expected[1:]
    desk.hand_in({"order": "g", "kind": "amend", "account": "A", "address": "255.255.255.255"}, NOW)
    assert store.fixed_in_session() == []
