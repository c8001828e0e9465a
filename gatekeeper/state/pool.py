"""The dynamic ranges of one subnet: which of their addresses comes next.

A cursor stands at the lowest address that was never used. The used ones wait for their turn in buckets by the time when
their lease ends. One that is prolonged stays in its bucket: it is moved on when the time of the bucket is over, so a
renewal costs nothing here. What counts is the end in ``state.held``; an address's mark there says where its one valid
entry is, and all others are passed over.
"""

from array import array
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import Final

from gatekeeper.state.held import BITS, LOW, Block, Held
from gatekeeper.state.use import Use

OUT: Final = -1  # marks that are no bucket: in no queue,
_NEAR: Final = -2  # among those that are next,
_ASIDE: Final = -3  # passed over for the time being
_LOOK_AGAIN_S: Final = 60

# Until when the address is promised to somebody; 0 = it is not.
Promised = Callable[[int], float]


class Pool:
    """Bounded by the number of its addresses, and one entry more for each time that a lease ended early."""

    __slots__ = (
        *("_aside", "_at", "_buckets", "_due", "_held", "_near", "_next", "_shift", "_tidied"),
        *("ranges", "use", "used"),
    )

    def __init__(self, ranges: Sequence[tuple[int, int]], held: Held) -> None:
        """ranges: (first, last) addresses, inclusive. What is held of them already waits for its turn at once, when
        ``enter`` says so."""
        self.ranges = sorted(ranges)
        self.used = 0  # how many are in the queue
        self._held = held
        self._at = 0
        self._next = self.ranges[0][0] if self.ranges else 0
        # Buckets are a minute wide in large pools and an hour in small ones, so that they are few and not too full.
        self._shift = min(12, max(6, 27 - self.size().bit_length()))
        self._buckets: dict[int, array[int]] = {}
        self._due: list[int] = []  # the buckets' numbers, a heap
        self._near: list[int] = []  # end and address of those out of opened buckets, a heap
        self._aside: list[tuple[float, int]] = []  # when to look again, and address, a heap
        self._tidied = 0  # buckets below this number were
        self.use = Use(self.ranges, held)

    def __contains__(self, address: int) -> bool:
        for first, last in self.ranges:  # noqa: SIM110 - any() with a generator costs three times as much here
            if first <= address <= last:
                return True
        return False

    def size(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    # Those that were never used.

    def unused(self, is_promised: Callable[[int], bool], unread: int) -> int:
        """The lowest address that nobody ever held or was promised; 0 = none, or none below unread."""
        while self._at < len(self.ranges):
            last = self.ranges[self._at][1]
            self._next = self._held.unheld(self._next, last)
            while self._next <= last:
                if self._next >= unread:
                    return 0
                if not is_promised(self._next):
                    return self._next
                self._next = self._held.unheld(self._next + 1, last)
            self._at += 1
            if self._at < len(self.ranges):
                self._next = self.ranges[self._at][0]
        return 0

    def look_again(self, address: int) -> None:
        """It is promised to nobody any more: one that was never used is looked for from there on."""
        if address < self._next:
            self._at = next(at for at, (_, last) in enumerate(self.ranges) if address <= last)
            self._next = address

    # Those that wait for their turn.

    def enter(self, address: int, block: Block, end: int) -> None:
        """The address, whose block this is, has this end; it has no entry, or one that would come too late."""
        at = address & LOW
        if block.marks[at] == OUT:
            self.used += 1
        number = end >> self._shift
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._bucket(number)
        bucket.append(address)
        block.marks[at] = number

    def read(self, block: Block, addresses: Sequence[int], macs: bytes, ends: Sequence[int]) -> None:
        """Leases on record of addresses of this block; six octets of macs are one. What is known stays."""
        block_ends, block_macs, marks, shift = block.ends, block.macs, block.marks, self._shift
        at = count = 0
        for address, end in zip(addresses, ends, strict=True):
            place = address & LOW
            if block_ends[place] < 0:
                count += 1
                block_ends[place] = end
                block_macs[6 * place : 6 * place + 6] = macs[at : at + 6]
                marks[place] = number = end >> shift
                bucket = self._buckets.get(number)
                if bucket is None:
                    bucket = self._bucket(number)
                bucket.append(address)
            at += 6
        block.held += count
        self.used += count

    def _bucket(self, number: int) -> "array[int]":
        bucket = self._buckets[number] = array("I")
        heappush(self._due, number)
        return bucket

    def prolong(self, address: int, block: Block, before: int, end: int) -> None:
        """Its end was ``before``, NEVER among them, and is another one."""
        mark = block.marks[address & LOW]
        if not (0 <= mark <= end >> self._shift or (mark == _NEAR and end >= before)):
            self.enter(address, block, end)

    def leave(self, address: int, block: Block) -> None:
        """It is given to nobody any more."""
        if block.marks[address & LOW] != OUT:
            block.marks[address & LOW] = OUT
            self.used -= 1

    def come_back(self, address: int) -> None:
        """Nobody is promised it any more."""
        block = self._held.blocks.get(address >> BITS)
        if block and block.marks[address & LOW] == _ASIDE:
            self.enter(address, block, block.ends[address & LOW])

    def reclaim(self, fixed: set[int], promised: Promised, now: float) -> int:
        """Of those whose time is over the one that ended first, of several the lowest; 0 = none."""
        aside, near = self._aside, self._near
        while aside and aside[0][0] <= now:
            self.come_back(heappop(aside)[1])
        while self._open_until(int(now) >> self._shift):
            end, address = near[0] >> 32, near[0] & 0xFFFFFFFF
            if end > now:
                return 0
            block = self._held.blocks[address >> BITS]
            if block.marks[address & LOW] != _NEAR:
                heappop(near)
            elif block.ends[address & LOW] != end:
                heappop(near)
                self.enter(address, block, block.ends[address & LOW])
            elif address in fixed:
                heappop(near)
                block.marks[address & LOW] = _ASIDE
            else:
                until = promised(address)
                if until <= now:
                    return address
                heappop(near)
                block.marks[address & LOW] = _ASIDE
                heappush(aside, (min(until, now + _LOOK_AGAIN_S), address))
        return 0

    def _open_until(self, last: int) -> bool:
        """True if the next one is in front of ``_near``: buckets up to this one are opened as far as that takes."""
        due, near = self._due, self._near
        while due and due[0] <= last and (not near or due[0] <= near[0] >> 32 >> self._shift):
            self._open(heappop(due))
        return bool(near)

    def _open(self, number: int) -> None:
        fresh = []
        for address in self._buckets.pop(number):
            block = self._held.blocks[address >> BITS]
            at = address & LOW
            if block.marks[at] == number:
                end = block.ends[at]
                if end >> self._shift > number:
                    self.enter(address, block, end)
                else:
                    block.marks[at] = _NEAR
                    fresh.append(end << 32 | address)
        near = self._near
        if len(fresh) * 8 < len(near):
            for key in fresh:
                heappush(near, key)
        else:
            near += fresh
            heapify(near)

    def tidy(self, now: float, most: int) -> int:
        """Move on what was prolonged, out of buckets whose time is over: so many addresses at most, or one bucket.
        Returns how many are left of most."""
        for number in sorted(self._due):
            if most <= 0 or number >= int(now) >> self._shift or number < self._tidied:
                continue
            self._tidied = number + 1
            most -= self._sift(number)
        return most

    def _sift(self, number: int) -> int:
        kept: array[int] = array("I")
        bucket = self._buckets[number]
        for address in bucket:
            block = self._held.blocks[address >> BITS]
            if block.marks[address & LOW] == number:
                end = block.ends[address & LOW]
                if end >> self._shift > number:
                    self.enter(address, block, end)
                else:
                    kept.append(address)
        self._buckets[number] = kept
        return len(bucket)
