"""Pools beside the simplest thing that could do the same: a dict of leases, and a walk over it for every question.

What is on record is read a part at a time meanwhile: that may delay an answer, and must not change one.
"""

from typing import Final

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from gatekeeper.state.held import ALL, NOBODY, Part
from gatekeeper.state.pools import Pools

_WIDE: Final = [[(10, 13)], [(1023, 1024), (2047, 2047)]]  # over the ends of blocks
_OTHER: Final = [[(12, 15)], [(1023, 1024), (2047, 2047)], [(30, 30)]]
_MACS: Final = [b"\x02\0\0\0\0" + bytes((number,)) for number in range(6)]
_OFFER_S: Final = 30
_STRANGER: Final = b"\x02\2\0\0\0\0"

macs = st.sampled_from(_MACS)
addresses = st.sampled_from([*range(10, 17), 1022, 1023, 1024, 1025, 2047, 2048, 30])
leases = st.sampled_from([1, 59, 60, 300, 4000, 90_000])


class Simple:
    """The same promises, without a thought for speed."""

    def __init__(self, ranges: list[list[tuple[int, int]]]) -> None:
        self.ranges = ranges
        self.held: dict[int, tuple[bytes, int]] = {}
        self.offers: dict[int, tuple[bytes, int]] = {}
        self.fixed: set[int] = set()
        self.reserved: set[int] = set()

    def pool(self, subnet: int) -> list[int]:
        return [address for first, last in self.ranges[subnet] for address in range(first, last + 1)]

    def pooled(self, address: int) -> bool:
        return any(address in self.pool(subnet) for subnet in range(len(self.ranges)))

    def is_free_for(self, address: int, mac: bytes, now: int) -> bool:
        holder, end = self.held.get(address, (mac, 0))
        offered, until = self.offers.get(address, (mac, 0))
        return address not in self.reserved and (holder == mac or end <= now) and (offered == mac or until <= now)

    def choose(self, subnet: int, mac: bytes, preferred: list[int], now: int) -> int:
        pool = [address for address in self.pool(subnet) if address not in self.fixed | self.reserved]
        ended = sorted((self.held[one][1], one) for one in pool if one in self.held and self.held[one][1] <= now)
        first = [one for one in preferred if one in pool and self.is_free_for(one, mac, now)]
        first += [one for one in pool if one not in self.held and one not in self.offers]
        first += [one for _, one in ended if self.offers.get(one, (b"", 0))[1] <= now]
        if not first:
            self.offers = {one: offer for one, offer in self.offers.items() if offer[1] > now}
            first = [one for one in pool if one not in self.held and one not in self.offers]
        return first[0] if first else 0

    def forget_offer(self, mac: bytes) -> None:
        self.offers = {one: offer for one, offer in self.offers.items() if offer[0] != mac}


class PoolsMachine(RuleBasedStateMachine):
    """One process's pools from its start on."""

    bound = Bundle("bound")

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000
        self.simple, self.pools = Simple(_WIDE), Pools(_WIDE)
        self.read_to = ALL

    @initialize(ends=st.dictionaries(addresses, st.tuples(macs, st.integers(-90_000, 90_000))))
    def start(self, ends: dict[int, tuple[bytes, int]]) -> None:
        self.simple.held = {address: (mac, self.now + end) for address, (mac, end) in ends.items()}
        self.read_to = 0
        self.pools.read_from(0)

    def learn(self, address: int) -> None:
        """As when the facts of its box are looked up."""
        if address in self.simple.held and address not in self.simple.reserved:
            mac, end = self.simple.held[address]
            self.pools.take(Part((address,), mac or NOBODY, (end,)))

    def subnet(self, address: int) -> int:
        return next((at for at in range(len(self.simple.ranges)) if address in self.simple.pool(at)), 0)

    @precondition(lambda self: self.read_to < ALL)
    @rule(most=st.integers(1, 5))
    def read_on(self, most: int) -> None:
        rows = sorted((at, *lease) for at, lease in self.simple.held.items() if at >= self.read_to)[:most]
        part = Part([row[0] for row in rows], b"".join(row[1] or NOBODY for row in rows), [row[2] for row in rows])
        self.pools.take(part)
        self.read_to = rows[-1][0] + 1 if len(rows) == most else ALL
        self.pools.read_from(self.read_to)

    @rule(seconds=leases)
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def keep_house(self) -> None:
        self.pools.tidy(self.now)

    @rule(mac=macs, subnet=st.integers(0, 1), preferred=st.lists(addresses, max_size=2))
    def discover(self, mac: bytes, subnet: int, preferred: list[int]) -> None:
        found, whole = self.pools.choose(subnet, mac, preferred, self.now), None
        if found or self.pools.has_read(subnet):
            whole = self.simple.choose(subnet, mac, preferred, self.now)
            assert found == whole == self.pools.choose(subnet, mac, preferred, self.now)
        if found:
            self.simple.forget_offer(mac)
            self.simple.offers.pop(found, None)
            self.simple.offers[found] = (mac, self.now + _OFFER_S)
            self.pools.offer(mac, found, self.now + _OFFER_S, self.now)

    @rule(mac=macs, seconds=leases, target=bound)
    def bind(self, mac: bytes, seconds: int) -> object:
        address = self.pools.offered_to(mac, self.now)
        if not address or not self.pools.is_free_for(address, mac, self.now):
            return multiple()
        return self.hold(address, mac, seconds)

    def hold(self, address: int, mac: bytes, seconds: int) -> tuple[int, bytes]:
        self.simple.forget_offer(mac)
        self.simple.held[address] = (mac, self.now + seconds)
        self.pools.hold(self.subnet(address), address, mac, self.now + seconds)
        return address, mac

    @precondition(lambda self: self.read_to == ALL)
    @rule(subnet=st.integers(0, 1), seconds=leases)
    def fill(self, subnet: int, seconds: int) -> None:
        """Strangers take all that is left."""
        while address := self._chosen(subnet):
            self.hold(address, b"\x02\1" + address.to_bytes(4, "big"), seconds)

    @rule(who=bound, seconds=leases)
    def renew(self, who: tuple[int, bytes], seconds: int) -> None:
        address, mac = who
        if self.simple.held.get(address, (b"", 0))[0] == mac:
            self.learn(address)
            if self.simple.is_free_for(address, mac, self.now):
                assert self.pools.is_free_for(address, mac, self.now)
                self.hold(address, mac, seconds)

    @rule(who=consumes(bound))
    def release(self, who: tuple[int, bytes]) -> None:
        address, mac = who
        if self.simple.held.get(address, (b"", 0))[0] == mac:
            self.simple.held[address] = (mac, self.now)
        self.pools.release(self.subnet(address), address, mac, self.now)

    @rule(who=consumes(bound), seconds=leases)
    def decline(self, who: tuple[int, bytes], seconds: int) -> None:
        address, _ = who
        self.simple.offers.pop(address, None)
        self.simple.held[address] = (b"", self.now + seconds)
        self.pools.quarantine(self.subnet(address), address, self.now + seconds)

    @rule(who=bound, seconds=leases)
    def lose(self, who: tuple[int, bytes], seconds: int) -> None:
        self.simple.held[who[0]] = (b"", self.now + seconds)
        self.pools.block(who[0], self.now + seconds)

    @rule(mac=macs)
    def forget_offer(self, mac: bytes) -> None:
        self.simple.forget_offer(mac)
        self.pools.forget_offer(mac)

    @rule(some=st.lists(addresses, max_size=3))
    def clear(self, some: list[int]) -> None:
        for address in some:
            mac, end = self.simple.held.get(address, (b"", 0))
            if end > self.now and address not in self.simple.reserved:
                self.simple.held[address] = (mac, self.now)
        self.pools.end(some, self.now)

    @rule(some=st.sets(addresses, max_size=3))
    def fix(self, some: set[int]) -> None:
        for address in some:
            self.learn(address)
        self.simple.fixed = some
        self.pools.fix(some)

    @rule(some=st.sets(addresses, max_size=2))
    def reserve(self, some: set[int]) -> None:
        for address in self.simple.reserved ^ some:
            self.simple.held.pop(address, None)
        self.simple.reserved = some
        self.pools.reserve(some)

    @precondition(lambda self: self.read_to == ALL)
    @rule(ranges=st.sampled_from([_WIDE, _OTHER]))
    def arrange(self, ranges: list[list[tuple[int, int]]]) -> None:
        simple, before = self.simple, [one for one in self.simple.offers if self.simple.pooled(one)]
        simple.ranges = ranges
        simple.offers = {at: one for at, one in simple.offers.items() if simple.pooled(at) or at not in before}
        simple.held = {at: one for at, one in simple.held.items() if simple.pooled(at) or one[1] > self.now}
        self.pools.arrange(ranges, self.now)

    @invariant()
    def nobody_is_told_a_falsehood(self) -> None:
        for address in [*range(9, 17), 1022, 1023, 1024, 2047, 2048, 30]:
            for mac in _MACS[:3]:
                free, is_read = self.pools.is_free_for(address, mac, self.now), self.pools.is_read(address)
                assert free == (is_read and self.simple.is_free_for(address, mac, self.now)), address

    @precondition(lambda self: self.read_to == ALL)
    @invariant()
    def the_next_one_is_right(self) -> None:
        for subnet in range(len(self.simple.ranges)):
            self._chosen(subnet)

    def _chosen(self, subnet: int) -> int:
        whole = self.simple.choose(subnet, _STRANGER, [], self.now)
        assert self.pools.choose(subnet, _STRANGER, (), self.now) == whole
        return whole

    @invariant()
    def the_count_is_right(self) -> None:
        if self.read_to == ALL:
            held = {at for at, (_, end) in self.simple.held.items() if end > self.now} - self.simple.reserved
            used = [len(held & set(self.simple.pool(subnet))) for subnet in range(len(self.simple.ranges))]
            full = [(at, count, len(self.simple.pool(at))) for at, count in enumerate(used)]
            assert self.pools.nearly_full(self.now, 0) == full


TestPools = PoolsMachine.TestCase
TestPools.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
