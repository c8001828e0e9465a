"""Boxes that ask too often, in the list of the refused: a better reason is kept, and there is room for others."""

from gatekeeper.model import Reason
from gatekeeper.state.pools import Pools
from gatekeeper.state.world import MAX_LIMITED, MAX_REFUSALS, World

BOX = b"\x02\0\0\0\0\x01"


def _mac(number: int) -> bytes:
    return number.to_bytes(6, "big")


def test_rate_limited_does_not_hide_why_a_box_is_refused() -> None:
    """An unknown box in a loop is above all unknown."""
    world = World(Pools([]))
    world.refuse(BOX, "dhcp", Reason.UNKNOWN_MAC, "p1", 1000)
    world.refuse(BOX, "radius", Reason.RATE_LIMITED, "p2", 1001)
    assert world.drain_refusals() == [(BOX, "dhcp", Reason.UNKNOWN_MAC, "p1", 2, 1000, 1000, "")]


def test_any_other_reason_takes_the_place_of_rate_limited() -> None:
    """Counted together."""
    world = World(Pools([]))
    world.refuse(BOX, "dhcp", Reason.RATE_LIMITED, "p1", 1000)
    world.refuse(BOX, "dhcp", Reason.RATE_LIMITED, "p1", 1001)
    world.refuse(BOX, "dhcp", Reason.SUSPENDED, "p2", 1002)
    assert world.drain_refusals() == [(BOX, "dhcp", Reason.SUSPENDED, "p2", 3, 1000, 1002, "")]


def test_a_flood_that_is_limited_leaves_room_for_those_who_are_refused() -> None:
    """It pushes nobody out, and lists no more of its invented MACs than that."""
    world = World(Pools([]))
    for number in range(MAX_REFUSALS * 2):
        world.refuse(_mac(number), "dhcp", Reason.RATE_LIMITED, "", 1000)
    for number in range(MAX_REFUSALS - MAX_LIMITED):
        world.refuse(_mac(100_000 + number), "dhcp", Reason.UNKNOWN_MAC, "", 1000)
    world.refuse(_mac(1), "dhcp", Reason.RATE_LIMITED, "", 1000)
    listed = [refused.reason for refused in world.drain_refusals()]
    assert (listed.count(Reason.RATE_LIMITED), len(listed)) == (MAX_LIMITED, MAX_REFUSALS)
