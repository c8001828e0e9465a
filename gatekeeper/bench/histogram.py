"""Latencies in bounded memory: log-linear buckets, each a 64th of what it begins with wide (1.6 %)."""

from typing import Final

_PARTS: Final = 64
_PARTS_BITS: Final = 6
_BUCKETS: Final = 60 * _PARTS


class Histogram:
    """Nanoseconds, counted."""

    def __init__(self) -> None:
        self.count = 0
        self.most_ns = 0
        self._buckets = [0] * _BUCKETS

    def add(self, ns: int) -> None:
        """Count one. Less than nothing, which a clock never shows, counts as nothing."""
        if ns < _PARTS:
            at = ns if ns > 0 else 0
        else:
            power = ns.bit_length() - 1
            at = (power - _PARTS_BITS + 1) * _PARTS + (ns >> (power - _PARTS_BITS) & (_PARTS - 1))
        self._buckets[at] += 1
        self.count += 1
        if ns > self.most_ns:
            self.most_ns = ns

    def at_share(self, share: float) -> int:
        """Nanoseconds that this share of all (0 to 1) took at most, to 1.6 %; 0 where nothing was counted."""
        wanted = share * self.count
        seen = 0
        for at, count in enumerate(self._buckets):
            seen += count
            if count and seen >= wanted:
                return min(_middle(at), self.most_ns)
        return self.most_ns


def _middle(at: int) -> int:
    """What stands for a bucket."""
    if at < _PARTS:
        return at
    shift = at // _PARTS - 1
    return (_PARTS + at % _PARTS << shift) + (1 << shift >> 1)
