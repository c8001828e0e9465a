"""Which address comes next, and who may have it. Contract 10.12: always in the same sequence."""

import pytest

from gatekeeper.state.held import Held, Part
from gatekeeper.state.pool import Pool
from gatekeeper.state.pools import Pools

A, B, C = b"\x02\0\0\0\0\x0a", b"\x02\0\0\0\0\x0b", b"\x02\0\0\0\0\x0c"
NOW = 1000


def _pools(*ranges: tuple[int, int]) -> Pools:
    return Pools([list(ranges) or [(10, 13)]])


def _mac(number: int) -> bytes:
    return b"\x02\0\0\0" + number.to_bytes(2, "big")


def _on_record(pools: Pools, *leases: tuple[int, bytes, int]) -> None:
    rows = sorted(leases)
    pools.take(Part([row[0] for row in rows], b"".join(row[1] for row in rows), [row[2] for row in rows]))


def _take(pools: Pools, mac: bytes, now: int = NOW, lease: int = 100) -> int:
    address = pools.choose(0, mac, (), now)
    if address:
        pools.hold(0, address, mac, now + lease)
    return address


def test_the_lowest_address_never_used_comes_first() -> None:
    """Also over a gap between two ranges, in whatever sequence they are configured."""
    pools = _pools((20, 21), (10, 11))
    assert [_take(pools, _mac(number)) for number in range(5)] == [10, 11, 20, 21, 0]


def test_of_the_used_ones_that_whose_lease_ended_first_comes_next() -> None:
    """So a box that comes back soon finds its own address free."""
    pools = _pools((10, 12))
    assert [_take(pools, mac, NOW + at) for at, mac in enumerate((A, B, C))] == [10, 11, 12]
    pools.hold(0, 10, A, NOW + 500)
    assert pools.choose(0, b"new", (), NOW + 400) == 11


@pytest.mark.parametrize(
    ("now", "free"), [(NOW, False), (NOW + 99, False), (NOW + 100, True)], ids=["held", "last second", "ended"]
)
def test_an_address_is_free_for_others_when_its_lease_has_ended(now: int, free: bool) -> None:
    """expires_at is the first second without it."""
    pools = _pools()
    pools.hold(0, 10, A, NOW + 100)
    assert pools.is_free_for(10, B, now) is free
    assert pools.is_free_for(10, A, now)


def test_an_offer_keeps_the_address_for_its_box_until_it_lapses() -> None:
    """RFC 2131 4.3.1: an offered address SHOULD NOT be offered to others."""
    pools = _pools()
    pools.offer(A, 10, NOW + 30, NOW)
    assert pools.offered_to(A, NOW + 29) == 10
    assert not pools.is_free_for(10, B, NOW + 29)
    assert pools.choose(0, B, (10,), NOW) == 11
    assert pools.offered_to(A, NOW + 30) == 0
    assert pools.choose(0, B, (10,), NOW + 30) == 10


def test_a_box_has_one_offer() -> None:
    """The former one is free at once."""
    pools = _pools()
    pools.offer(A, 10, NOW + 30, NOW)
    pools.offer(A, 11, NOW + 30, NOW)
    assert pools.is_free_for(10, B, NOW)
    assert pools.offered_to(A, NOW) == 11


def test_addresses_on_lapsed_offers_are_given_when_all_others_are_gone() -> None:
    """A flood of DISCOVERs does not use up the pool for ever."""
    pools = _pools((10, 11))
    pools.offer(A, 10, NOW + 30, NOW)
    pools.offer(B, 11, NOW + 31, NOW)
    assert pools.choose(0, C, (), NOW) == 0
    assert pools.choose(0, C, (), NOW + 30) == 10


def test_a_preferred_address_is_taken_where_the_pool_has_it_free() -> None:
    """The first one that fits; none outside the pool, none fixed, none of another box."""
    pools = _pools()
    pools.fix([11])
    pools.hold(0, 12, B, NOW + 100)
    assert pools.choose(0, A, (0, 99, 11, 12, 13), NOW) == 13
    assert pools.choose(0, A, (0, 99, 11, 12), NOW) == 10


def test_fixed_addresses_are_never_given_from_the_pool() -> None:
    """Neither new ones nor ones held before."""
    pools = _pools((10, 11))
    pools.hold(0, 10, A, NOW)
    pools.fix([10])
    assert pools.choose(0, B, (), NOW + 5) == 11
    pools.fix([10, 11])
    assert pools.choose(0, B, (), NOW + 5) == 0
    pools.fix([10])
    assert pools.choose(0, B, (), NOW + 5) == 11


def test_a_released_address_is_free_but_goes_last_to_others_while_new_ones_are_left() -> None:
    """RFC 2131 4.3.4: the record is kept for the box."""
    pools = _pools((10, 11))
    pools.hold(0, 10, A, NOW + 100)
    pools.release(0, 10, A, NOW)
    assert pools.choose(0, B, (), NOW) == 11
    pools.hold(0, 11, B, NOW + 100)
    assert pools.choose(0, C, (), NOW) == 10


def test_a_released_address_goes_to_the_front_of_its_pools_queue() -> None:
    """Behind an address that is held it would not be found, and boxes would be told that the pool is exhausted."""
    pools = _pools((10, 11))
    pools.hold(0, 10, A, NOW + 100)
    pools.hold(0, 11, B, NOW + 100)
    assert pools.choose(0, C, (), NOW) == 0
    pools.release(0, 11, B, NOW)
    assert pools.choose(0, C, (), NOW) == 11


def test_an_address_that_is_cleared_by_hand_goes_to_the_front_too() -> None:
    """As one that its box gave back."""
    pools = _pools((10, 11))
    pools.hold(0, 10, A, NOW + 100)
    pools.hold(0, 11, B, NOW + 100)
    pools.end([11], NOW)
    assert pools.choose(0, C, (), NOW) == 11


def test_a_release_by_a_box_that_does_not_hold_it_changes_nothing() -> None:
    """Another box has it by now."""
    pools = _pools()
    pools.hold(0, 10, B, NOW + 100)
    pools.release(0, 10, A, NOW)
    assert not pools.is_free_for(10, C, NOW)


def test_a_blocked_address_is_nobodys_until_then() -> None:
    """Somebody unknown has it."""
    pools = _pools((10, 10))
    pools.hold(0, 10, A, NOW)
    pools.block(10, NOW + 50)
    assert pools.choose(0, A, (10,), NOW + 49) == 0
    assert pools.choose(0, A, (10,), NOW + 50) == 10


def test_leases_on_record_are_loaded_with_their_sequence() -> None:
    """After a restart the next address is the same as without one; leases outside every pool are known too."""
    pools = _pools((10, 12))
    pools.fix([11])
    _on_record(pools, (12, C, NOW + 10), (10, A, NOW + 20), (99, B, NOW + 99))
    assert pools.choose(0, b"new", (), NOW) == 0
    assert pools.choose(0, b"new", (), NOW + 30) == 12
    assert not pools.is_free_for(99, A, NOW)


def test_a_pool_counts_its_addresses() -> None:
    """Both ends are in it."""
    pool = Pool([(10, 12), (20, 20)], Held())
    assert pool.size() == 4
    assert [address in pool for address in (9, 10, 12, 13, 20, 21)] == [False, True, True, False, True, False]


def test_other_ranges_forget_what_is_over_and_outside_of_them() -> None:
    """However often they change, memory is bounded by what is held and what the pools have."""
    pools = _pools((10, 13))
    pools.hold(0, 10, A, NOW + 100)
    pools.hold(0, 11, B, NOW - 1)
    pools.arrange([[(20, 21)]], NOW)
    assert (pools.gives(0, 20), pools.gives(0, 10)) == (True, False)
    assert not pools.is_free_for(10, B, NOW)
    pools.arrange([[(10, 13)]], NOW)
    assert pools.choose(0, B, (), NOW) == 11


def test_addresses_that_come_back_are_given_again_in_the_sequence_of_their_end() -> None:
    """As after a start."""
    pools = _pools((10, 12))
    for address, end in ((10, 300), (11, 100), (12, 200)):
        pools.hold(0, address, _mac(address), NOW + end)
    pools.arrange([[(30, 31)], [(11, 12), (10, 10)]], NOW)
    taken = []
    for number in range(3):
        taken.append(pools.choose(1, _mac(number), (), NOW + 300))
        pools.hold(1, taken[-1], _mac(number), NOW + 900)
    assert taken == [11, 12, 10]


def test_a_reserved_address_is_nobodys_whatever_leases_and_orders_say() -> None:
    """Not the next one, not a preferred one, not one to be reclaimed or cleared by hand; and others are still found."""
    pools = _pools()
    pools.fix([12])
    _on_record(pools, (10, A, 5), (11, B, 6))
    pools.reserve([10, 12])
    assert [pools.is_free_for(address, A, 100) for address in (10, 11, 12)] == [False, True, False]
    assert pools.choose(0, A, (10, 12), 100) == 13
    pools.hold(0, 13, C, 1000)
    assert pools.choose(0, A, (), 100) == 11
    pools.end([10, 12], 100)
    assert not pools.is_free_for(10, A, 200)


def test_what_is_reserved_no_longer_is_given_again() -> None:
    """After a reload with another router."""
    pools = _pools()
    pools.reserve([10, 12])
    assert pools.choose(0, A, (), 0) == 11
    pools.reserve([12])
    assert pools.choose(0, A, (), 0) == 10
