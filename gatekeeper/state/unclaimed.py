"""Addresses that may have been given by a commit that was lost, to boxes that nobody knows."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final, NamedTuple

_HIGHEST: Final = 1 << 32


class Span(NamedTuple):
    """Addresses, first and last, that are kept until then."""

    first: int
    last: int
    until: int


class Unclaimed:
    """What a recovery of the store keeps for whoever renews it. Most are in long spans, so they are few."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._ended: set[int] = set()

    def keep(self, spans: Iterable[Span]) -> None:
        """These, and no others. spans: apart from each other."""
        self._spans = sorted(spans)
        self._ended = set()

    def end(self, address: int) -> None:
        """Somebody else is known to use it."""
        if self._spans:
            self._ended.add(address)

    def has(self, address: int, now: float) -> bool:
        """True if the address is kept still, should no box have taken it."""
        if not self._spans or address in self._ended:
            return False
        at = bisect_right(self._spans, (address, _HIGHEST)) - 1
        return at >= 0 and address <= self._spans[at].last and self._spans[at].until > now
