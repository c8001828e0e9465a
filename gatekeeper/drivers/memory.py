"""What memory begins with: the world as the store has it. No socket, so that whoever only looks pays for none."""

import time
from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.state.pools import Pools
from gatekeeper.state.world import World
from gatekeeper.store.sqlite import SqliteStore

WARM_S: Final = 0.5


def make_world(book: Policybook, store: SqliteStore) -> World:
    """The world as the store has it now."""
    pools = Pools([subnet.ranges for subnet in book.subnets])
    # A declined address is nobody's.
    leases = ((one.address, b"" if one.state == "declined" else one.mac, one.expires_at) for one in store.all_leases())
    pools.load(leases, store.fixed_addresses())
    return World(pools)


def warm(world: World, store: SqliteStore) -> None:
    """Look boxes up before the first packet, for half a second at most.

    After a power cut a whole district asks at once, and what is known already is answered sooner.
    """
    until = time.monotonic() + WARM_S
    macs = store.known_macs(b"", 1024)
    while macs and time.monotonic() < until and not world.is_full():
        world.take_facts(store.facts(macs))
        macs = store.known_macs(macs[-1], 1024)
