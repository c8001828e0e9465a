"""What the gate remembers: facts by MAC, leases on their way to the disk. All of it bounded."""

from gatekeeper.model import Binding, Facts, Lease, LeaseBound, PortId, PortLearned, Rate
from gatekeeper.state.pools import Pools
from gatekeeper.state.world import MAX_UNKNOWN, World

BOX, OTHER = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"
BINDING = Binding("A", "", "", "active", Rate(0, 0), None, "unlearned", 0, "", "#1")
LEASE = Lease(10, BOX, "A", "", "active", 1100, 1000, 1000, b"", b"")


def _world() -> World:
    world = World(Pools([[(10, 13)]]))
    world.take_facts({BOX: Facts(BINDING, None)})
    return world


def _mac(number: int) -> bytes:
    return number.to_bytes(6, "big")


def test_what_is_known_needs_not_be_looked_up() -> None:
    """A stranger that was looked up is not looked up again."""
    world = _world()
    world.take_facts({OTHER: Facts(None, None)})
    assert [world.knows(mac) for mac in (BOX, OTHER, b"third.")] == [True, True, False]
    world.forget([OTHER])
    assert [world.knows(mac) for mac in (BOX, OTHER)] == [True, False]
    world.forget(None)
    assert [world.knows(mac) for mac in (BOX, OTHER)] == [False, False]


def test_a_flood_of_strangers_pushes_out_strangers_only() -> None:
    """Design 8.9: bounded, and the whitelisted box keeps its place."""
    world = _world()
    for number in range(MAX_UNKNOWN + 10):
        world.take_facts({_mac(number + 1000): Facts(None, None)})
    assert [world.knows(mac) for mac in (BOX, _mac(1000), _mac(1000 + MAX_UNKNOWN))] == [True, False, True]


def test_a_lease_on_its_way_to_the_disk_is_newer_than_the_store() -> None:
    """An order makes the gate look the box up again before the commit has ended."""
    world = _world()
    effects = (LeaseBound(LEASE),)
    world.apply(effects, 0, 1000)
    world.forget([BOX])
    world.take_facts({BOX: Facts(BINDING, None)})
    assert world.facts(BOX).lease == LEASE
    world.settle(effects)
    world.forget([BOX])
    world.take_facts({BOX: Facts(BINDING, None)})
    assert world.facts(BOX).lease is None


def test_what_did_not_get_to_disk_is_looked_up_again() -> None:
    """And an address that another box has in the store is not offered again before its lease ends."""
    world = _world()
    effects = (LeaseBound(LEASE),)
    world.apply(effects, 0, 1000)
    world.lose(effects, {0})
    assert not world.knows(BOX)
    assert not world.pools.is_free_for(10, BOX, 1099)
    assert world.pools.is_free_for(10, BOX, 1100)


def test_a_store_that_failed_blocks_no_address() -> None:
    """The box asks again and may have the same one."""
    world = _world()
    effects = (LeaseBound(LEASE),)
    world.apply(effects, 0, 1000)
    world.lose(effects, set())
    assert world.pools.is_free_for(10, BOX, 1000)


PORT = PortId("bras1|ge 1/0/7", "ge 1/0/7", "bras1")
LEARNED = (PortLearned("A", BOX, PORT, "radius", 1000),)


def test_a_learned_port_binds_when_it_is_on_disk() -> None:
    """Before that the store may still say no: another box of the account was first."""
    world = _world()
    world.apply(LEARNED, 0, 1000)
    assert world.facts(BOX).binding == BINDING
    world.settle(LEARNED)
    assert world.facts(BOX).binding == BINDING._replace(port=PORT, port_state="learned")


def test_a_port_that_an_order_cleared_meanwhile_is_not_brought_back() -> None:
    """learned, on disk, moved, looked up again, and only then settled: the order is the last word."""
    world = _world()
    world.apply(LEARNED, 0, 1000)
    world.forget([BOX])
    world.take_facts({BOX: Facts(BINDING._replace(order="#2"), None)})
    world.settle(LEARNED)
    binding = world.facts(BOX).binding
    assert binding is None or binding.port is None


def test_what_was_learned_and_lost_is_looked_up_again() -> None:
    """The port that won is in the store."""
    world = _world()
    world.apply(LEARNED, 0, 1000)
    world.lose(LEARNED, {0})
    assert not world.knows(BOX)


def test_of_extensions_on_their_way_the_disk_has_the_shortest_at_the_least() -> None:
    """A lease time that was made shorter, or AAA's Session-Timeout: whichever of them gets there first."""
    world = _world()
    world.take_facts({BOX: Facts(BINDING, LEASE)})
    for end in (1300, 1050, 1400):
        world.apply((LeaseBound(LEASE._replace(last_seen=1010, expires_at=end)),), 0, 1010)
    assert world.kept(BOX)[0] == 1050


def test_a_box_on_its_way_to_another_address_has_none_on_disk() -> None:
    """Nor has it the one that it comes from."""
    world = _world()
    world.take_facts({BOX: Facts(BINDING, LEASE)})
    world.apply((LeaseBound(LEASE._replace(address=11, last_seen=1010), 10),), 0, 1010)
    world.apply((LeaseBound(LEASE._replace(address=11, last_seen=1020)),), 0, 1020)
    assert world.kept(BOX)[0] == 0


def test_a_lease_that_is_lost_leaves_the_older_one_on_its_way() -> None:
    """What the disk has at the least is known until the last of them has ended."""
    world = _world()
    world.take_facts({BOX: Facts(BINDING, LEASE)})
    older = (LeaseBound(LEASE._replace(last_seen=1010, expires_at=1200)),)
    younger = (LeaseBound(LEASE._replace(last_seen=1020, expires_at=1300)),)
    world.apply(older, 0, 1010)
    world.apply(younger, 0, 1020)
    world.lose(younger, frozenset())
    assert (world.knows(BOX), world.kept(BOX)[0]) == (False, LEASE.expires_at)
    world.settle(older)
    assert world.kept(BOX)[0] == 0
