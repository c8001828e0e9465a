"""Who holds or is offered which address, and which address comes next.

Addresses are given in a deterministic sequence: the lowest one never used, then the one whose lease ended first. So a
box that comes back after a while finds its old address free for as long as there are others to give.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from gatekeeper.state.declines import Declines
from gatekeeper.state.framed import FramedAddresses
from gatekeeper.state.unclaimed import Unclaimed

# Addresses at the head of the reclaim queue that are on offer just now are passed over, this many at most.
_LOOK_AT: Final = 64
_FOR_EVER: Final = 1 << 62

# For each subnet its ranges: first and last address.
Ranges = Sequence[Sequence[tuple[int, int]]]


class Pool:
    """The dynamic ranges of one subnet: a cursor over the never used, a queue of the used, oldest first."""

    __slots__ = ("_at", "_next", "ranges", "used")

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        """ranges: (first, last) addresses, inclusive."""
        self.ranges = sorted(ranges)
        self.used: OrderedDict[int, None] = OrderedDict()
        self.start_over()

    def start_over(self) -> None:
        """Look for never used addresses from the first one on again: one that was fixed may be free."""
        self._at = 0
        self._next = self.ranges[0][0] if self.ranges else 0

    def __contains__(self, address: int) -> bool:
        for first, last in self.ranges:  # noqa: SIM110 - any() with a generator costs three times as much here
            if first <= address <= last:
                return True
        return False

    def unused(self, taken: "Pools") -> int:
        """The lowest address that nobody ever held, is offered or was promised; 0 = none."""
        while self._at < len(self.ranges):
            last = self.ranges[self._at][1]
            while self._next <= last:
                if not taken.known(self._next):
                    return self._next
                self._next += 1
            self._at += 1
            if self._at < len(self.ranges):
                self._next = self.ranges[self._at][0]
        return 0

    def size(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)


def without(ranges: Sequence[tuple[int, int]], addresses: Iterable[int]) -> list[tuple[int, int]]:
    """The ranges less these addresses, which must never be leased: those of routers and servers."""
    left = list(ranges)
    for address in addresses:
        cut: list[tuple[int, int]] = []
        for first, last in left:
            if first <= address <= last:
                cut += [pair for pair in ((first, address - 1), (address + 1, last)) if pair[0] <= pair[1]]
            else:
                cut.append((first, last))
        left = cut
    return left


def _first_of(span: tuple[int, int, Pool]) -> int:
    return span[0]


def _end_of(held: tuple[int, tuple[bytes, int]]) -> int:
    return held[1][1]


class Pools:
    """All addresses of one node. Bounded by the sizes of the pools, those before the last ``arrange`` among them, and
    the number of fixed addresses."""

    def __init__(self, subnets: Ranges) -> None:
        """subnets: for each subnet its ranges, in the sequence of the configuration."""
        self._held: dict[int, tuple[bytes, int]] = {}
        self._offers: dict[int, tuple[bytes, int]] = {}
        self._offer_of: dict[bytes, int] = {}
        self._fixed: set[int] = set()
        self._reserved: frozenset[int] = frozenset()
        self.framed = FramedAddresses()
        self.unclaimed = Unclaimed()
        self._framed = self.framed.by_address  # asked for every packet, at hand
        self.declines = Declines()
        self._set_ranges(subnets)

    def _set_ranges(self, subnets: Ranges) -> None:
        self._pools = [Pool(ranges) for ranges in subnets]
        spans = [(first, last, pool) for pool in self._pools for first, last in pool.ranges]
        self._spans = sorted(spans, key=_first_of)
        self.declines.arrange(subnets)

    def _pool_of(self, address: int) -> Pool | None:
        """The pool whose ranges have the address: no two have it."""
        at = bisect_right(self._spans, address, key=_first_of) - 1
        return self._spans[at][2] if at >= 0 and address <= self._spans[at][1] else None

    def load(self, leases: Iterable[tuple[int, bytes, int]], fixed: Iterable[int]) -> None:
        """(address, MAC, end) of every lease on record, those that end first first; and the fixed addresses."""
        self._fixed.update(fixed)
        for address, mac, expires_at in leases:
            self._held[address] = (mac, expires_at)
            pool = self._pool_of(address)
            if pool:
                pool.used[address] = None

    def arrange(self, subnets: Ranges, now: float) -> None:
        """Give out these ranges from now on. What is held stays so until its end, wherever it is; what is on offer
        too, unless it was of a range that is gone."""
        gone = [address for address in self._offers if self._pool_of(address)]
        self._set_ranges(subnets)
        for address in gone:
            if not self._pool_of(address):
                self.forget_offer(self._offers[address][0])
        held, self._held = self._held, {}
        for address, (mac, expires_at) in sorted(held.items(), key=_end_of):
            pool = self._pool_of(address)
            if pool:
                pool.used[address] = None
            if pool or expires_at > now:
                self._held[address] = (mac, expires_at)

    def fix(self, addresses: Iterable[int]) -> None:
        """These are the addresses that orders fixed, and no others: they are given to nobody else."""
        before, self._fixed = self._fixed, set(addresses)
        self.framed.keep_only(self._fixed)
        if before - self._fixed:
            for pool in self._pools:
                pool.start_over()

    def reserve(self, addresses: Iterable[int]) -> None:
        """These are no box's, and no others: nobody is given them, whatever orders and leases say."""
        before, self._reserved = self._reserved, frozenset(addresses)
        for address in before - self._reserved:
            del self._held[address]
        for address in self._reserved:
            self._held[address] = (b"", _FOR_EVER)
        for pool in self._pools:
            for address in self._reserved:
                pool.used.pop(address, None)
            if before - self._reserved:
                pool.start_over()

    def is_fixed(self, address: int) -> bool:
        """True if an order promised the address to some account."""
        return address in self._fixed

    def known(self, address: int) -> bool:
        """True if the address is or was held, is offered or fixed."""
        return address in self._held or address in self._offers or address in self._fixed

    def gives(self, subnet: int, address: int) -> bool:
        """True if the address is in a dynamic range of the subnet."""
        return address in self._pools[subnet]

    def is_free_for(self, address: int, mac: bytes, now: float) -> bool:
        """True if no other box holds the address, is offered it, or has a session with it."""
        held = self._held.get(address)
        if held and held[0] != mac and held[1] > now:
            return False
        framed = self._framed.get(address)
        if framed and framed.mac != mac and framed.until > now:
            return False
        offer = self._offers.get(address)
        return not offer or offer[0] == mac or offer[1] <= now

    def is_unclaimed(self, address: int, now: float) -> bool:
        """True if the address is kept for a box that nobody knows, and none has taken it since."""
        return self.unclaimed.has(address, now) and self.is_free_for(address, b"", now)

    def offered_to(self, mac: bytes, now: float) -> int:
        """The address on offer to this box, 0 = none."""
        address = self._offer_of.get(mac, 0)
        return address if address and self._offers[address][1] > now else 0

    def choose(self, subnet: int, mac: bytes, preferred: Sequence[int], now: float) -> int:
        """The address for this box: the first of the preferred that the pool has free, else the next one; 0 = none."""
        pool = self._pools[subnet]
        for address in preferred:
            if address and address in pool and address not in self._fixed and self.is_free_for(address, mac, now):
                return address
        return pool.unused(self) or self._reclaim(pool, mac, now)

    def _reclaim(self, pool: Pool, mac: bytes, now: float) -> int:
        for count, address in enumerate(pool.used):
            if self._held[address][1] > now or count == _LOOK_AT:
                break
            if address not in self._fixed and self.is_free_for(address, mac, now):
                return address
        # Every never used one may be on offer that lapsed; those are few and the offers are in sequence of their end.
        for address, (_, until) in self._offers.items():
            if until > now:
                break
            if address in pool and address not in self._held and address not in self._fixed:
                return address
        return 0

    def offer(self, mac: bytes, address: int, until: float, now: float) -> None:
        """Keep the address for the box; one offer a box. Lapsed offers go, a few each time."""
        self.forget_offer(mac)
        lapsed = self._offers.pop(address, None)
        if lapsed:
            self._offer_of.pop(lapsed[0], None)
        self._offers[address] = (mac, int(until))
        self._offer_of[mac] = address

    def forget_offer(self, mac: bytes) -> None:
        address = self._offer_of.pop(mac, 0)
        if address:
            del self._offers[address]

    def hold(self, subnet: int, address: int, mac: bytes, expires_at: int) -> None:
        """The box has the address until then."""
        self.forget_offer(mac)
        self._held[address] = (mac, expires_at)
        used = self._pools[subnet].used
        if address in used:
            used.move_to_end(address)
        elif address in self._pools[subnet]:
            used[address] = None

    def release(self, subnet: int, address: int, mac: bytes, now: int) -> None:
        """The box gave the address back. It stays its own until somebody needs it."""
        held = self._held.get(address)
        if held and held[0] == mac:
            self._held[address] = (mac, now)
            used = self._pools[subnet].used
            if address in used:
                used.move_to_end(address, last=False)

    def end(self, addresses: Iterable[int], now: float) -> None:
        """These are held no longer, whatever was promised: the next box that needs one may have it."""
        addresses = list(addresses)
        self.declines.end(addresses)
        for address in addresses:
            held = self._held.get(address)
            if held and held[1] > now and address not in self._reserved:
                self._held[address] = (held[0], int(now))
                for pool in self._pools:
                    if address in pool.used:
                        pool.used.move_to_end(address, last=False)

    def quarantine(self, subnet: int, address: int, until: int) -> None:
        """Somebody else uses the address: nobody gets it before then."""
        offer = self._offers.get(address)
        if offer:
            self.forget_offer(offer[0])
        self.unclaimed.end(address)
        self.hold(subnet, address, b"", until)

    def nearly_full(self, now: float, share: float) -> list[tuple[int, int, int]]:
        """(subnet, addresses in use, size) of each pool that has at least this share of its addresses in use."""
        found = []
        for subnet, pool in enumerate(self._pools):
            size, known = pool.size(), len(pool.used)
            # Those whose time is over stand in front; they are counted only where it matters.
            if size and known >= share * size:
                for address in pool.used:
                    if self._held[address][1] > now:
                        break
                    known -= 1
                if known >= share * size:
                    found.append((subnet, known, size))
        return found

    def block(self, address: int, until: int) -> None:
        """Somebody whom we do not know holds the address until then."""
        self.unclaimed.end(address)
        self._held[address] = (b"", until)
