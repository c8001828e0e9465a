"""How many addresses of a pool are held now: counted where somebody asks, a part each time where it is a large one."""

from collections.abc import Sequence
from typing import Final

from gatekeeper.state.held import BITS, LOW, Held

_AT_ONCE: Final = 64  # blocks


class Use:
    """The count of one pool."""

    __slots__ = ("_at", "_counts", "_held", "_ranges", "_spans")

    def __init__(self, ranges: Sequence[tuple[int, int]], held: Held) -> None:
        self._ranges, self._held = ranges, held
        self._spans: list[tuple[int, int, int]] = []  # number of a block, first place, place behind the last
        self._counts: list[int] = []
        self._at = 0

    def count(self, now: float) -> int:
        """How many are held, those that nobody may have among them. Of more than 65,536 addresses some are as they were
        counted before, and until all have been counted once the answer is 0."""
        if not self._spans:
            self._spans = [
                (start >> BITS, start & LOW, min(last, start | LOW) - (start & ~LOW) + 1)
                for first, last in self._ranges
                for start in (first, *range((first | LOW) + 1, last + 1, LOW + 1))
            ]
        ended = int(now).__lt__
        for _ in range(min(_AT_ONCE, len(self._spans))):
            number, start, stop = self._spans[self._at % len(self._spans)]
            block = self._held.blocks.get(number)
            count = sum(map(ended, block.ends[start:stop])) if block else 0
            if self._at < len(self._spans):
                self._counts.append(count)
            else:
                self._counts[self._at % len(self._spans)] = count
            self._at += 1
        return sum(self._counts) if self._at >= len(self._spans) else 0
