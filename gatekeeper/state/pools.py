"""Who holds or is offered which address, and which address comes next.

Addresses are given in a deterministic sequence: the lowest one never used, then the one whose lease ended first, of
several that ended at once the lowest. So a box that comes back after a while finds its old address free for as long as
there are others to give, and after a restart all goes on as without one.

What is on record may be read a part at a time (``take``). An address of a part that was not read yet is free for nobody
but the box whose lease on record it is, and no new one is given that a whole reading might have put behind others.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from gatekeeper.state.declines import Declines
from gatekeeper.state.framed import FramedAddresses
from gatekeeper.state.held import ALL, BITS, FOR_EVER, LOW, NEVER, NOBODY, Held, Part
from gatekeeper.state.offers import Offers
from gatekeeper.state.pool import OUT, Pool
from gatekeeper.state.ranges import Ranges
from gatekeeper.state.spans import Spans
from gatekeeper.state.unclaimed import Unclaimed

_TIDIED_AT_ONCE: Final = 16_384


class Pools:
    """All addresses of one node. Bounded by the sizes of the pools, those before the last ``arrange`` among them, and
    the number of fixed addresses."""

    def __init__(self, subnets: Ranges) -> None:
        """subnets: for each subnet its ranges, in the sequence of the configuration."""
        self._held = Held()
        self._blocks = self._held.blocks  # asked for every packet, at hand
        self._offers = Offers()
        self._offered = self._offers.by_address
        self._fixed: set[int] = set()
        self._reserved: frozenset[int] = frozenset()
        self._unread = ALL
        self.framed = FramedAddresses()
        self.unclaimed = Unclaimed()
        self._framed = self.framed.by_address
        self.declines = Declines()
        self.declines.arrange(subnets)
        self._set_pools([Pool(ranges, self._held) for ranges in subnets])

    def _set_pools(self, pools: list[Pool]) -> None:
        self._pools = pools
        self._spans = Spans(pools)
        self._pool_of = self._spans.pool_of

    # What is on record.

    def read_from(self, unread: int) -> None:
        """Leases on record of addresses from this one on are not read yet; ALL = there are none, all is known."""
        self._unread = unread

    def is_reading(self) -> bool:
        """True if something on record is not read yet."""
        return self._unread < ALL

    def is_read(self, address: int) -> bool:
        """True if it is known who holds the address, be it nobody. What orders fix is read first."""
        return address < self._unread or address in self._fixed or self._held.end(address) != NEVER

    def has_read(self, subnet: int) -> bool:
        """True if that is known of all addresses of the subnet's ranges."""
        ranges = self._pools[subnet].ranges
        return not ranges or ranges[-1][1] < self._unread

    def take(self, part: Part) -> None:
        """Leases on record. What is known of an address already is younger, and stays."""
        addresses, macs, ends, declined = part.addresses, part.macs, part.ends, part.declined
        if ends and (min(ends) < 0 or max(ends) > FOR_EVER):
            ends = [min(max(end, 0), FOR_EVER) for end in ends]
        if any(declined):
            for address, end, one in zip(addresses, ends, declined, strict=True):
                if one and self._held.end(address) == NEVER:
                    self.declines.keep(address, end)
        at = 0
        while at < len(addresses):
            pool, last = self._spans.around(addresses[at])
            stop = bisect_right(addresses, min(last, addresses[at] | LOW), at)
            run = addresses[at:stop], macs[6 * at : 6 * stop], ends[at:stop]
            if pool:
                pool.read(self._held.make_block(addresses[at] >> BITS), *run)
            else:
                self._held.read(*run)
            at = stop

    # What the configuration and orders say.

    def arrange(self, subnets: Ranges, now: float) -> None:
        """Give out these ranges from now on. What is held stays so until its end, wherever it is; what is on offer
        too, unless it was of a range that is gone."""
        self.declines.arrange(subnets)
        gone = [address for address in self._offered if self._pool_of(address)]
        before, known = self._pools, {tuple(pool.ranges): pool for pool in self._pools if pool.ranges}
        self._set_pools([known.get(tuple(sorted(ranges))) or Pool(ranges, self._held) for ranges in subnets])
        for address in gone:
            if not self._pool_of(address):
                self.forget_offer(self._offered[address][0])
        for pool in before:
            if pool not in self._pools:
                self._take_out(pool)
        for address in list(self._held.outside):
            if self._pool_of(address):
                self._held.make_block(address >> BITS)
        self._spans.clear_out(self._held, now)
        for pool in self._pools:
            if pool not in before:
                self._put_in(pool)

    def _take_out(self, pool: Pool) -> None:
        """Nothing of it waits there any more."""
        for address, _ in self._held.of(pool.ranges):
            self._blocks[address >> BITS].marks[address & LOW] = OUT

    def _put_in(self, pool: Pool) -> None:
        """What is held of its addresses waits for its turn there."""
        for address, end in self._held.of(pool.ranges):
            if address not in self._reserved:
                pool.enter(address, self._blocks[address >> BITS], end)

    def fix(self, addresses: Iterable[int]) -> None:
        """These are the addresses that orders fixed, and no others: they are given to nobody else."""
        before, self._fixed = self._fixed, set(addresses)
        self.framed.keep_only(self._fixed)
        for address in before - self._fixed:
            self._free(address)

    def _free(self, address: int) -> None:
        """Something that kept the pool from giving the address is no longer so."""
        pool = self._pool_of(address)
        if pool and self._held.end(address) == NEVER:
            pool.look_again(address)
        elif pool:
            pool.come_back(address)

    def reserve(self, addresses: Iterable[int]) -> None:
        """These are no box's, and no others: nobody is given them, whatever orders and leases say."""
        before, self._reserved = self._reserved, frozenset(addresses)
        for address in before - self._reserved:
            self._held.drop(address)
            self._free(address)
        for address in self._reserved:
            pool = self._pool_of(address)
            if pool:
                pool.leave(address, self._held.make_block(address >> BITS))
            self._held.put(address, NOBODY, FOR_EVER)

    def is_fixed(self, address: int) -> bool:
        """True if an order promised the address to some account."""
        return address in self._fixed

    def _is_promised(self, address: int) -> bool:
        return address in self._offered or address in self._fixed

    def gives(self, subnet: int, address: int) -> bool:
        """True if the address is in a dynamic range of the subnet."""
        return address in self._pools[subnet]

    def owns(self, subnet: int, address: int) -> bool:
        """True if this process alone gives the address, out of the subnet's ranges, and knows who holds it."""
        if address in self._fixed or (address >= self._unread and self._held.end(address) == NEVER):
            return False
        return address in self._pools[subnet]

    def is_free_for(self, address: int, mac: bytes, now: float) -> bool:
        """True if no other box holds the address, is offered it, or has a session with it; and that is known."""
        block = self._blocks.get(address >> BITS)
        if block is None:
            end = self._held.end(address)
            if end > now and self._held.holder(address) != mac:
                return False
        else:
            end = block.ends[address & LOW]
            if end > now:
                at = 6 * (address & LOW)
                if block.macs[at : at + 6] != mac:
                    return False
        if end < 0 and address >= self._unread and address not in self._fixed:
            return False
        framed = self._framed.get(address)
        if framed and framed.mac != mac and framed.until > now:
            return False
        offer = self._offered.get(address)
        return not offer or offer[0] == mac or offer[1] <= now

    def is_unclaimed(self, address: int, now: float) -> bool:
        """True if the address is kept for a box that nobody knows, and none has taken it since."""
        return self.unclaimed.has(address, now) and self.is_free_for(address, NOBODY, now)

    def offered_to(self, mac: bytes, now: float) -> int:
        """The address on offer to this box, 0 = none."""
        return self._offers.to(mac, now)

    def choose(self, subnet: int, mac: bytes, preferred: Sequence[int], now: float) -> int:
        """The address for this box: the first of the preferred that the pool has free, else the next one; 0 = none, or
        none is known before more is read."""
        pool = self._pools[subnet]
        for address in preferred:
            if address and address in pool and address not in self._fixed:
                if self.is_free_for(address, mac, now):
                    return address
                if not self.is_read(address):
                    return 0
        found = pool.unused(self._is_promised, self._unread)
        if found or not self.has_read(subnet):
            return found
        found = pool.reclaim(self._fixed, self._promised_until, now)
        if found or not self._forget_lapsed(now):
            return found
        return pool.unused(self._is_promised, ALL)

    def _promised_until(self, address: int) -> float:
        """Until when it is on offer, or a session has it; 0 = neither."""
        framed, offer = self._framed.get(address), self._offered.get(address)
        return max(framed.until if framed else 0, offer[1] if offer else 0)

    def _forget_lapsed(self, now: float) -> bool:
        """Every never used one may have been on offer: such offers are kept for boxes that are slow, until others need
        them. True: some were over."""
        lapsed = self._offers.lapsed(now)
        for address in lapsed:
            self._free(address)
        return bool(lapsed)

    # What becomes of an address.

    def offer(self, mac: bytes, address: int, until: float, now: float) -> None:
        """Keep the address for the box; one offer a box."""
        before = self._offers.put(mac, address, int(until))
        if before:
            self._free(before)

    def forget_offer(self, mac: bytes) -> None:
        """The box takes no address that was offered to it: others may have it."""
        address = self._offers.forget(mac)
        if address:
            self._free(address)

    def hold(self, subnet: int, address: int, mac: bytes, expires_at: int) -> None:
        """The box has the address until then; b"" = somebody whom we do not know has it."""
        pool: Pool | None = self._pools[subnet]
        if pool and address not in pool:
            pool = self._pool_of(address)
        self._set(pool, address, mac or NOBODY, expires_at)
        self.forget_offer(mac)

    def _set(self, pool: Pool | None, address: int, mac: bytes, expires_at: int) -> None:
        if address in self._reserved:
            return
        end = expires_at if expires_at < FOR_EVER else FOR_EVER
        block = self._blocks.get(address >> BITS)
        if pool is None:
            self._held.put(address, mac, end)
            return
        if block is None:
            block = self._held.make_block(address >> BITS)
        at = address & LOW
        before = block.ends[at]
        if before < 0:
            block.held += 1
        block.ends[at] = end
        block.macs[6 * at : 6 * at + 6] = mac
        pool.prolong(address, block, before, end)

    def release(self, subnet: int, address: int, mac: bytes, now: int) -> None:
        """The box gave the address back. It stays its own until somebody needs it."""
        if self._held.end(address) != NEVER and self._held.holder(address) == mac:
            self._set(self._pool_of(address), address, mac, now)

    def end(self, addresses: Iterable[int], now: float) -> None:
        """These are held no longer, whatever was promised: the next box that needs one may have it."""
        addresses = list(addresses)
        self.declines.end(addresses)
        for address in addresses:
            if self._held.end(address) > now and address not in self._reserved:
                self._set(self._pool_of(address), address, self._held.holder(address), int(now))

    def quarantine(self, subnet: int, address: int, until: int) -> None:
        """Somebody else uses the address: nobody gets it before then."""
        offer = self._offered.get(address)
        if offer:
            self.forget_offer(offer[0])
        self.unclaimed.end(address)
        self.hold(subnet, address, b"", until)

    def block(self, address: int, until: int) -> None:
        """Somebody whom we do not know holds the address until then."""
        self.unclaimed.end(address)
        self._set(self._pool_of(address), address, NOBODY, until)

    # What is looked at once a second.

    def tidy(self, now: float) -> None:
        """Move leases that were prolonged to where they belong, some at a time: else whoever needs an address after a
        long time would have to wait until all are."""
        most = _TIDIED_AT_ONCE
        for pool in self._pools:
            most = pool.tidy(now, most)

    def nearly_full(self, now: float, share: float) -> list[tuple[int, int, int]]:
        """(subnet, addresses in use, size) of each pool that has at least this share of its addresses in use."""
        found = []
        for subnet, pool in enumerate(self._pools):
            size = pool.size()
            if size and pool.used >= share * size:
                # Those whose time is over are counted only where it matters.
                used = pool.use.count(now) - sum(map(pool.__contains__, self._reserved))
                if used >= share * size:
                    found.append((subnet, used, size))
        return found
