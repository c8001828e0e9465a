"""The commit of effects: what lasts, and what loses against a constraint (design 8.4)."""

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Facts
from gatekeeper.policy.orders import OrderRules
from gatekeeper.state.rogues import Rogue
from gatekeeper.store.ports import MAX_ROGUES, Store
from gatekeeper.wire.text import ip_text
from tests.store.ledger import ADDRESS, BOX, NOW, OTHER, THIRD, bound, learned, lease, released, states


def test_a_lease_is_read_back_as_it_was_written(store: Store) -> None:
    """Octets included; and a box without anything on record has no facts."""
    assert store.commit([bound()]) == set()
    assert store.facts([BOX])[BOX].lease == lease()
    assert store.facts([b"\x02\0\0\0\0\xff"]) == {b"\x02\0\0\0\0\xff": Facts(None, None)}


@pytest.mark.parametrize(
    ("at", "lost"), [(NOW, True), (NOW + 3599, True), (NOW + 3600, False)], ids=["held", "last second", "ended"]
)
def test_an_address_that_another_box_holds_is_lost(store: Store, at: int, lost: bool) -> None:
    """The database says no, whatever the memory thought."""
    store.commit([bound(BOX)])
    late = bound(OTHER, at=at)
    assert store.commit([late]) == ({0} if lost else set())
    assert states(store)[ADDRESS] == ((BOX if lost else OTHER), "active")


def test_a_released_address_may_go_to_another_box_at_once(store: Store) -> None:
    """In a later commit."""
    store.commit([bound(BOX)])
    store.commit([released(BOX, at=NOW + 5)])
    assert store.commit([bound(OTHER, at=NOW + 5)]) == set()
    assert states(store)[ADDRESS] == (OTHER, "active")


def test_a_renewal_keeps_the_day_it_began(store: Store) -> None:
    """first_seen is the box's; another box begins anew."""
    store.commit([bound(BOX)])
    store.commit([bound(BOX, at=NOW + 60)])
    assert store.facts([BOX])[BOX].lease == lease(at=NOW + 60)._replace(first_seen=NOW)
    store.commit([bound(OTHER, at=NOW + 9999)])
    assert store.facts([OTHER])[OTHER].lease.first_seen == NOW + 9999  # type: ignore[union-attr]


def test_the_address_that_a_box_gives_up_is_released_with_the_new_one(store: Store) -> None:
    """One box, one active lease."""
    store.commit([bound(BOX, ADDRESS)])
    store.commit([bound(BOX, ADDRESS + 1, NOW + 5, ended=ADDRESS)])
    assert states(store) == {ADDRESS: (BOX, "released"), ADDRESS + 1: (BOX, "active")}


def test_a_lost_lease_releases_nothing(store: Store) -> None:
    """The box keeps what it had."""
    store.commit([bound(BOX, ADDRESS), bound(OTHER, ADDRESS + 1)])
    store.commit([bound(BOX, ADDRESS + 1, NOW + 5, ended=ADDRESS)])
    assert states(store) == {ADDRESS: (BOX, "active"), ADDRESS + 1: (OTHER, "active")}


def test_a_release_of_another_boxs_address_changes_nothing(store: Store) -> None:
    """The address has gone on meanwhile."""
    store.commit([bound(OTHER)])
    store.commit([released(BOX)])
    assert states(store)[ADDRESS] == (OTHER, "active")


def test_two_boxes_for_one_address_in_one_batch_have_one_winner(store: Store) -> None:
    """Exactly one of the two is told that it lost."""
    both = [bound(BOX), bound(OTHER)]
    (lost,) = store.commit(both)
    winner = both[1 - lost]
    assert states(store)[ADDRESS] == (winner.lease.mac, "active")


def test_a_box_that_binds_twice_in_one_batch_has_its_last_lease(store: Store) -> None:
    """REQUEST and its repetition."""
    assert store.commit([bound(at=NOW), bound(at=NOW + 1)]) == set()
    assert store.facts([BOX])[BOX].lease.last_seen == NOW + 1  # type: ignore[union-attr]


def test_a_box_that_asks_twice_for_anothers_address_loses_twice(store: Store) -> None:
    """Every answer whose lease is not on disk must stay unsent, the first one as well."""
    store.commit([bound(OTHER)])
    assert store.commit([bound(BOX, at=NOW), bound(BOX, at=NOW + 1)]) == {0, 1}


def test_effects_go_by_their_place_and_not_by_what_they_say(store: Store) -> None:
    """Two questions may lead to the same effect: each of the two answers is told of on its own."""
    store.commit([bound(OTHER)])
    assert store.commit([bound(BOX, ADDRESS + 1), bound(BOX), bound(BOX, ADDRESS + 2), bound(BOX)]) == {1, 3}


def test_a_lease_that_is_given_back_in_the_same_batch_is_released(store: Store) -> None:
    """Effects are written in their sequence: the disk must not say active where the memory says free."""
    store.commit([bound(BOX), released(BOX, at=NOW + 1)])
    assert states(store)[ADDRESS] == (BOX, "released")


def test_an_address_that_changes_hands_rightly_in_one_batch_is_lost_by_nobody(store: Store) -> None:
    """World.lose would block the address, and the second box's renewal would be refused."""
    assert store.commit([bound(BOX), released(BOX, at=NOW + 1), bound(OTHER, at=NOW + 1)]) == set()
    assert states(store)[ADDRESS] == (OTHER, "active")


def test_a_batch_of_any_size_is_written_whole(store: Store) -> None:
    """Whatever sizes the statements have."""
    for number in (1, 3, 16, 63, 64, 65, 200):
        effects = [
            bound(number.to_bytes(2, "big") + at.to_bytes(4, "big"), ADDRESS + 1000 * number + at)
            for at in range(number)
        ]
        assert store.commit(effects) == set()
        found = store.facts([effect.lease.mac for effect in effects])
        assert [found[effect.lease.mac].lease for effect in effects] == [effect.lease for effect in effects]


def test_only_the_first_port_is_learned(store: Store) -> None:
    """The account's other box, decided at the same moment on another port, loses; on the same port it does not."""
    assert store.commit([learned(BOX), learned(THIRD, "n|2"), learned(THIRD, "n|1")]) == {1}
    for mac in (BOX, THIRD):
        binding = store.facts([mac])[mac].binding
        assert binding is not None
        assert (binding.port and binding.port.text, binding.port_state) == ("n|1", "learned")


def test_boxes_that_learn_after_an_order_all_lose(store: Store) -> None:
    """Both boxes of the account were seen on the same wrong port: neither answer may leave."""
    OrderDesk(store, OrderRules(2)).hand_in({"order": "m", "kind": "move", "account": "A", "port": "n|9"}, NOW)
    assert store.commit([learned(BOX), learned(THIRD)]) == {0, 1}


def test_a_learned_port_never_overwrites_an_ordered_one(store: Store) -> None:
    """The order came between decision and commit."""
    OrderDesk(store, OrderRules(2)).hand_in({"order": "m", "kind": "move", "account": "A", "port": "n|9"}, NOW)
    assert store.commit([learned(BOX)]) == {0}
    assert store.facts([BOX])[BOX].binding.port.text == "n|9"  # type: ignore[union-attr]


def test_foreign_servers_are_added_up_and_bounded(store: Store) -> None:
    """By address, MAC and interface; the oldest go."""
    mac = b"\x00\x11\x22\x33\x44\x66"
    store.note([], {}, [Rogue(ADDRESS, mac, "eth0.100", 3, NOW, NOW + 1)])
    store.note([], {}, [Rogue(ADDRESS, mac, "eth0.100", 2, NOW + 5, NOW + 6), Rogue(ADDRESS, mac, "eth1", 1, NOW, NOW)])
    first, second = store.view("rogue", NOW)
    assert first == {
        "server": ip_text(ADDRESS), "mac": "00:11:22:33:44:66", "interface": "eth0.100", "offers": 5,
        "first_seen": NOW, "last_seen": NOW + 6,
    }  # fmt: skip
    assert (second["interface"], second["offers"]) == ("eth1", 1)
    store.note([], {}, [Rogue(number, mac, "eth2", 1, NOW + 9, NOW + 9) for number in range(MAX_ROGUES)])
    assert {row["interface"] for row in store.view("rogue", NOW)} == {"eth2"}
