"""What one packet process knows when it begins: pools as the store has them, and boxes looked up ahead."""

import time
from collections.abc import Iterable, Iterator
from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.heart.needs import lacking
from gatekeeper.model import Lease, PortId
from gatekeeper.policy.order_addresses import never_a_box
from gatekeeper.state.framed import SessionKey
from gatekeeper.state.pools import Pools, Ranges, without
from gatekeeper.state.world import World
from gatekeeper.store.ports import FactsPort

WARM_S: Final = 0.5
_AT_ONCE: Final = 1024


def ranges_of(book: Policybook, ours: Iterable[int] = ()) -> Ranges:
    """What each subnet gives out: its pools, less the addresses that we have ourselves."""
    return [without(subnet.ranges, ours) for subnet in book.subnets]


def make_world(book: Policybook, store: FactsPort, ranges: Ranges | None = None) -> World:
    """The world as the store has it now. ranges: what each subnet gives out, if that is not all that its pools have."""
    pools = Pools(ranges_of(book) if ranges is None else ranges)
    pools.load(_holders(pools, store.all_leases()), store.fixed_addresses())
    pools.reserve(never_a_box(book))
    pools.unclaimed.keep(store.unclaimed())
    stale_after = book.stale_after()
    for one in store.fixed_in_session():
        until = one.heard + stale_after.get(one.nas, book.stale_session_s)
        pools.framed.report(SessionKey(one.nas, one.device, one.session), one.mac, one.address, until, one.heard)
    world = World(pools)
    world.join(book.binding.port_names)
    return world


def _holders(pools: Pools, leases: Iterable[Lease]) -> Iterator[tuple[int, bytes, int]]:
    """Address, MAC and end of each."""
    for one in leases:
        if one.state == "declined":  # and so nobody's
            pools.declines.keep(one.address, one.expires_at)
        yield one.address, b"" if one.state == "declined" else one.mac, one.expires_at


def look_up(world: World, store: FactsPort, mac: bytes, port: PortId | None, counts_boxes: bool) -> None:
    """Have the world know all that judging this box on this port takes. Raises StoreError."""
    while (missing := lacking(world, mac, port, counts_boxes)) is not None:
        if isinstance(missing, bytes):
            world.take_facts(store.facts([missing]))
        else:
            world.take_crowds(store.crowds([missing]))


def warm(world: World, store: FactsPort) -> None:
    """Look boxes up before the first packet, for half a second at most.

    After a power cut a whole district asks at once, and what is known already is answered sooner.
    """
    until = time.monotonic() + WARM_S
    macs = store.known_macs(b"", _AT_ONCE)
    while macs and time.monotonic() < until and not world.is_full():
        world.take_facts(store.facts(macs))
        macs = store.known_macs(macs[-1], _AT_ONCE)
