"""Who holds which address, and until when: 18 octets an address, in blocks that are made when they are needed.

A table with an object for each lease would take ten times that, and as many seconds at the start.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value

BITS: Final = 10
SIZE: Final = 1 << BITS
LOW: Final = SIZE - 1
NOBODY: Final = b"\xff" * 6  # no box has this MAC: it is Ethernet's broadcast address
NEVER: Final = -1  # the end of what was never held
FOR_EVER: Final = (1 << 36) - 1  # Unix seconds; every end is one, and fits a bucket's number
ALL: Final = 1 << 32  # behind the last address

_NONE: Final = array("q", [NEVER]) * SIZE
_OUT: Final = array("i", [-1]) * SIZE


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Part(Value):
    """Leases on record as columns, in the sequence of their addresses. macs: six octets each, NOBODY among them.
    declined: whether a box has said of it that somebody else uses it."""

    __slots__ = ("addresses", "macs", "ends", "declined")

    def __init__(
        self, addresses: Sequence[int], macs: bytes, ends: Sequence[int], declined: Sequence[object] = ()
    ) -> None:
        self.addresses: Final = addresses
        self.macs: Final = macs
        self.ends: Final = ends
        self.declined: Final = declined


class Block:
    """Addresses that begin alike. By place: end in Unix seconds, holder's MAC in six octets, where it waits for its
    turn (``state.pool``)."""

    __slots__ = ("ends", "held", "macs", "marks")

    def __init__(self) -> None:
        self.ends = _NONE[:]
        self.macs = bytearray(6 * SIZE)
        self.marks = _OUT[:]
        self.held = 0  # how many have an end


class Held:
    """Blocks for the addresses of ranges. What is held elsewhere is little as a rule, and stands in ``outside``."""

    __slots__ = ("blocks", "outside")

    def __init__(self) -> None:
        self.blocks: dict[int, Block] = {}
        self.outside: dict[int, tuple[bytes, int]] = {}

    def make_block(self, number: int) -> Block:
        """The block of this number, made where it is absent, with what was outside of all blocks until then."""
        block = self.blocks.get(number)
        if block is None:
            block = self.blocks[number] = Block()
            for address in range(number << BITS, (number + 1) << BITS) if self.outside else ():
                found = self.outside.pop(address, None)
                if found:
                    self.put(address, *found)
        return block

    def put(self, address: int, mac: bytes, end: int) -> None:
        """It is held by this box, NOBODY among them, until then: in its block, if there is one."""
        block = self.blocks.get(address >> BITS)
        if block is None:
            self.outside[address] = (mac, end)
            return
        at = address & LOW
        if block.ends[at] < 0:
            block.held += 1
        block.ends[at] = end
        block.macs[6 * at : 6 * at + 6] = mac

    def read(self, addresses: Sequence[int], macs: bytes, ends: Sequence[int]) -> None:
        """Leases on record of addresses in no pool; six octets of macs are one. What is known stays."""
        for at, address in enumerate(addresses):
            if self.end(address) == NEVER:
                self.put(address, macs[6 * at : 6 * at + 6], ends[at])

    def drop(self, address: int) -> None:
        """It is as if it had never been held."""
        block = self.blocks.get(address >> BITS)
        if block is None:
            self.outside.pop(address, None)
            return
        at = address & LOW
        if block.ends[at] >= 0:
            block.held -= 1
        block.ends[at] = NEVER
        block.marks[at] = -1

    def end(self, address: int) -> int:
        """When its time is over; NEVER = it was never held."""
        block = self.blocks.get(address >> BITS)
        if block is None:
            found = self.outside.get(address)
            return found[1] if found else NEVER
        return block.ends[address & LOW]

    def holder(self, address: int) -> bytes:
        """Who holds it or did last, NOBODY among them. Only of what has an end."""
        block = self.blocks.get(address >> BITS)
        if block is None:
            return self.outside[address][0]
        at = 6 * (address & LOW)
        return bytes(block.macs[at : at + 6])

    def unheld(self, address: int, last: int) -> int:
        """The first that was never held, of those from address to last; last + 1 = none. None of them is outside."""
        while address <= last:
            block = self.blocks.get(address >> BITS)
            if block is None:
                return address
            if block.held < SIZE:
                try:
                    return address - (address & LOW) + block.ends.index(NEVER, address & LOW, _stop(address, last))
                except ValueError:
                    pass
            address = ((address >> BITS) + 1) << BITS
        return last + 1

    def of(self, ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """(address, end) of all that are or were held in these ranges, but for what is outside."""
        for first, last in ranges:
            for number in range(first >> BITS, (last >> BITS) + 1):
                block = self.blocks.get(number)
                if block:
                    start = max(first, number << BITS)
                    for address, end in enumerate(block.ends[start & LOW : _stop(start, last)], start):
                        if end >= 0:
                            yield address, end


def _stop(address: int, last: int) -> int:
    """The place behind the last address, in the block of this one."""
    return min(last - (address - (address & LOW)), LOW) + 1
