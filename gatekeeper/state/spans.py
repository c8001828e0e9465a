"""Whose an address is, of all the ranges of all pools."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from gatekeeper.state.held import BITS, LOW, Held
from gatekeeper.state.pool import Pool

LAST: Final = (1 << 32) - 1


class Spans:
    """Whose an address is. No two pools have one."""

    def __init__(self, pools: Iterable[Pool]) -> None:
        self._spans = sorted(((first, last, pool) for pool in pools for first, last in pool.ranges), key=_first_of)

    def pool_of(self, address: int) -> Pool | None:
        """The pool whose ranges have the address."""
        at = bisect_right(self._spans, address, key=_first_of) - 1
        return self._spans[at][2] if at >= 0 and address <= self._spans[at][1] else None

    def around(self, address: int) -> tuple[Pool | None, int]:
        """The pool of the address, and the last one up to which all are of the same pool, or of none."""
        at = bisect_right(self._spans, address, key=_first_of)
        if at and address <= self._spans[at - 1][1]:
            return self._spans[at - 1][2], self._spans[at - 1][1]
        return None, self._spans[at][0] - 1 if at < len(self._spans) else LAST

    def clear_out(self, held: Held, now: float) -> None:
        """Forget what is over and in no pool, and blocks that hold nothing and are of none."""
        for number, block in list(held.blocks.items()):
            first, last = number << BITS, (number << BITS) + LOW
            pool, covered = self.around(first)
            if pool is None or covered < last:
                for address, end in held.of(((first, last),)):
                    if end <= now and not self.pool_of(address):
                        held.drop(address)
                if pool is None and covered >= last and not block.held:
                    del held.blocks[number]
        for address, (_, end) in list(held.outside.items()):
            if end <= now:
                held.drop(address)


def _first_of(span: tuple[int, int, Pool]) -> int:
    return span[0]
