"""What one packet process knows when it begins: pools as the store has them, and boxes looked up ahead."""

import time
from collections.abc import Iterable
from math import inf
from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.heart.needs import lacking
from gatekeeper.model import PortId
from gatekeeper.policy.order_addresses import never_a_box
from gatekeeper.state.framed import SessionKey
from gatekeeper.state.held import ALL
from gatekeeper.state.pools import Pools
from gatekeeper.state.ranges import Ranges, without
from gatekeeper.state.world import World
from gatekeeper.store.ports import FactsPort

MOST_AHEAD: Final = 50_000  # some 80 MB
_AT_ONCE: Final = 64
_PART: Final = 2048  # leases, some milliseconds' worth


def ranges_of(book: Policybook, ours: Iterable[int] = ()) -> Ranges:
    """What each subnet gives out: its pools, less the addresses that we have ourselves."""
    return [without(subnet.ranges, ours) for subnet in book.subnets]


class LeaseReader:
    """Reads what is on record of addresses into the pools, a part at a time. Only ``pools`` are changed: what is read
    is there at once, so a change that the feed tells of meanwhile finds what it is about."""

    def __init__(self, store: FactsPort, pools: Pools) -> None:
        """Reads nothing but the leases of addresses that orders fix. Raises StoreError."""
        self._store, self._pools = store, pools
        self._next = self.leases = 0
        pools.read_from(0)
        self.read_fixed()
        pools.fix(store.fixed_addresses())

    def is_reading(self) -> bool:
        """True until all leases are read."""
        return self._next < ALL

    def read_fixed(self) -> None:
        """Have the leases of all addresses that orders fix: before the pools hear of those. Raises StoreError."""
        if self.is_reading():
            self._pools.take(self._store.fixed_leases())

    def read_on(self, seconds: float) -> bool:
        """Read for so long, one part at least. True: there is more. Raises StoreError, and may be called again."""
        until = time.monotonic() + seconds
        while self.is_reading():
            part = self._store.leases_from(self._next, _PART)
            self._pools.take(part)
            self.leases += len(part.addresses)
            self._next = part.addresses[-1] + 1 if len(part.addresses) == _PART else ALL
            self._pools.read_from(self._next)
            if time.monotonic() >= until:
                break
        return self.is_reading()


def make_world(book: Policybook, store: FactsPort, ranges: Ranges | None = None) -> tuple[World, LeaseReader]:
    """The world as the store has it now, and who reads the leases into it: before that it knows those of fixed
    addresses only. ranges: what each subnet gives out, if that is not all that its pools have."""
    pools = Pools(ranges_of(book) if ranges is None else ranges)
    reader = LeaseReader(store, pools)
    pools.reserve(never_a_box(book))
    pools.unclaimed.keep(store.unclaimed())
    stale_after = book.stale_after()
    for one in store.fixed_in_session():
        until = one.heard + stale_after.get(one.nas, book.stale_session_s)
        pools.framed.report(SessionKey(one.nas, one.device, one.session), one.mac, one.address, until, one.heard)
    world = World(pools)
    world.join(book.binding.port_names)
    return world, reader


def whole_world(book: Policybook, store: FactsPort) -> World:
    """The world with every lease in it."""
    world, reader = make_world(book, store)
    reader.read_on(inf)
    return world


def look_up(world: World, store: FactsPort, mac: bytes, port: PortId | None, counts_boxes: bool) -> None:
    """Have the world know all that judging this box on this port takes. Raises StoreError."""
    while (missing := lacking(world, mac, port, counts_boxes)) is not None:
        if isinstance(missing, bytes):
            world.take_facts(store.facts([missing]))
        else:
            world.take_crowds(store.crowds([missing]))


class Ahead:
    """Looks boxes up before they ask, some of them: after a power cut a whole district asks at once, and what is known
    already is answered sooner."""

    def __init__(self, store: FactsPort, world: World) -> None:
        self._store, self._world = store, world
        self._after = b""
        self._left = MOST_AHEAD

    def look_on(self, seconds: float) -> bool:
        """Look up for so long. True: there are more. Raises StoreError, and may be called again."""
        until = time.monotonic() + seconds
        while self._left > 0 and not self._world.is_full():
            macs = self._store.known_macs(self._after, _AT_ONCE)
            if not macs:
                break
            self._world.take_facts(self._store.facts([mac for mac in macs if not self._world.knows(mac)]))
            self._after, self._left = macs[-1], self._left - len(macs)
            if time.monotonic() >= until:
                return True
        return False
