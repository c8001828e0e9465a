"""Listings in parts: behind the place of a row stand the rows behind it, whatever came or went meanwhile."""

from itertools import islice

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Reason
from gatekeeper.policy.orders import OrderRules
from gatekeeper.state.clock import Beat
from gatekeeper.state.evidence import Refused
from gatekeeper.state.rogues import Rogue
from gatekeeper.store.places import PLACES, WHEN, Place
from gatekeeper.store.ports import Store
from tests.store.ledger import ADDRESS, BOX, NOW, OTHER, THIRD, bound, report

LISTED = [what for what in PLACES if what != "timeline"]


@pytest.fixture
def full(store: Store) -> Store:
    """Several rows in every listing, some of which differ in the last part of their place alone."""
    boxes = (BOX, OTHER, THIRD)
    leases = [bound(mac, ADDRESS + at, NOW + at) for at, mac in enumerate(boxes)]
    sessions = [report(mac, "A", at=NOW + at // 2) for at, mac in enumerate(boxes)]
    ended = [report(BOX, "A", "stop", at=NOW + 9)]
    assert not store.commit([*leases, *sessions, *ended])
    reasons = (Reason.UNKNOWN_MAC, Reason.PORT_MISMATCH, Reason.SUSPENDED)
    strangers = [Refused(bytes((2, 9, 0, 0, 0, at // 2)), "dhcp", reasons[at % 3], "p", 1, NOW, NOW + at // 4)
                 for at in range(9)]  # fmt: skip
    rogues = [Rogue(7, BOX, "eth0", 1, NOW, NOW), Rogue(7, BOX, "eth1", 1, NOW, NOW), Rogue(8, BOX, "eth0", 1, 1, 2)]
    store.note(strangers, {("dhcp", "x"): 1, ("dhcp", "y"): 1}, rogues, beat=Beat(NOW, float(NOW)))
    desk = OrderDesk(store, OrderRules(2))
    desk.hand_in_all(
        ({"order": f"w{at}", "kind": "install", "account": f"W{at}", "port": f"n|{at}"} for at in (1, 2)), NOW
    )
    return store


@pytest.mark.parametrize("what", LISTED)
def test_parts_joined_are_the_whole(full: Store, what: str) -> None:
    """Row for row, in the sequence of the whole; a place is of the kinds that are promised, and is one row's alone."""
    whole = list(full.placed(what, NOW))
    assert [row for _, row in whole] == list(full.view(what, NOW))
    assert len(whole) > 1
    assert len({place for place, _ in whole}) == len(whole)
    assert all(tuple(map(type, place)) == PLACES[what] for place, _ in whole)
    for size in (1, 2):
        joined: list[tuple[Place, object]] = []
        while part := list(full.placed(what, NOW, after=joined[-1][0] if joined else None, most=size)):
            assert len(part) <= size
            joined += part
        assert joined == whole


def test_what_comes_and_goes_between_two_parts_changes_nothing_else(full: Store) -> None:
    """No row twice, none left out: a place is a key, and no count of rows."""
    whole = [row["order"] for row in full.view("orders", NOW)]
    place, _ = list(islice(full.placed("orders", NOW), 2))[-1]
    OrderDesk(full, OrderRules(2)).hand_in({"order": "later", "kind": "install", "account": "L"}, NOW)
    assert [row["order"] for _, row in full.placed("orders", NOW, after=place)] == [*whole[2:], "later"]
    first = next(iter(full.placed("leases", NOW)))
    assert not full.commit([bound(BOX, ADDRESS - 1)])
    addresses = [row["address"] for _, row in full.placed("leases", NOW, after=first[0])]
    assert addresses == ["10.20.1.2", "10.20.1.3"]


def test_a_narrowed_listing_goes_on_where_it_was(full: Store) -> None:
    """Only the rows that are asked for, behind the place."""
    only = {"account": "A"}
    whole = list(full.placed("bindings", NOW, only))
    assert len(whole) == 2
    assert list(full.placed("bindings", NOW, only, whole[0][0])) == whole[1:]


@pytest.mark.parametrize("what", LISTED)
def test_the_amount_is_how_many_rows_there_are(full: Store, what: str) -> None:
    """Counted by the store, or None where it cannot be narrowed by what is asked."""
    assert full.amount(what, NOW) == len(list(full.view(what, NOW)))
    narrowed = full.amount(what, NOW, {"account": "A"})
    if narrowed is not None and what != "ports":
        assert narrowed == sum(row["account"] == "A" for row in full.view(what, NOW))
    assert (narrowed is None) is (what in ("rogue", "stats"))


def test_a_timeline_is_told_from_its_young_end(full: Store) -> None:
    """The youngest ones, oldest of these first; then those older than that."""
    whole = list(full.timeline("account", "A", 0))
    assert len(whole) > 5
    joined: list[dict[str, object]] = []
    while True:
        before = tuple(joined[0][name] for name in WHEN) if joined else None
        part = list(full.timeline("account", "A", 0, 2, before))  # type: ignore[arg-type]
        if not part:
            break
        joined = part + joined
    assert joined == whole
