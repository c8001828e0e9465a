"""Addresses that may have been given by a commit that was lost, to boxes that nobody knows."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Span(Value):
    """Addresses, first and last, that are kept until then."""

    __slots__ = ("first", "last", "until")

    def __init__(self, first: int, last: int, until: int) -> None:
        self.first: Final = first
        self.last: Final = last
        self.until: Final = until


class Unclaimed:
    """What a recovery of the store keeps for whoever renews it. Most are in long spans, so they are few."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._ended: set[int] = set()

    def keep(self, spans: Iterable[Span]) -> None:
        """These, and no others. spans: apart from each other."""
        self._spans = sorted(spans, key=_first_of)
        self._ended = set()

    def end(self, address: int) -> None:
        """Somebody else is known to use it."""
        if self._spans:
            self._ended.add(address)

    def has(self, address: int, now: float) -> bool:
        """True if the address is kept still, should no box have taken it."""
        if not self._spans or address in self._ended:
            return False
        at = bisect_right(self._spans, address, key=_first_of) - 1
        return at >= 0 and address <= self._spans[at].last and self._spans[at].until > now


def _first_of(span: Span) -> int:
    return span.first
