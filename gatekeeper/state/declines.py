"""Addresses that nobody gets because somebody else was found to use them, and the boxes that said so (RFC 2131 4.3.3).

A DHCPDECLINE takes an address from everybody for a while: one broken client, or one that means it, could empty a pool
by words. So a box is believed so often an hour, and what boxes say keeps no more than a part of a pool from use.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import inf
from typing import Final

from gatekeeper.state.bounded import bounded

PER_HOUR: Final = 3
MAX_BOXES: Final = 16_384
_HOUR_S: Final = 3600
_SHARE: Final = 5  # one of so many addresses of a pool
_Span = tuple[int, int, "Quarantine"]


class Quarantine:
    """Of one pool: until when which addresses are kept from use."""

    __slots__ = ("first_end", "most", "size", "until")

    def __init__(self, size: int) -> None:
        """size: addresses of the pool."""
        self.size = size
        self.most = max(1, size // _SHARE)  # that declines may bring here
        self.until: dict[int, int] = {}
        self.first_end: float = inf

    def count(self, now: float) -> int:
        """How many are in it."""
        if self.first_end <= now:
            self.until = {address: until for address, until in self.until.items() if until > now}
            self.first_end = min(self.until.values(), default=inf)
        return len(self.until)


class Declines:
    """Bounded by the sizes of the pools and by MAX_BOXES."""

    def __init__(self) -> None:
        self.per_hour = PER_HOUR  # of one box, as configured
        self._spans: list[_Span] = []
        self._said: dict[bytes, tuple[float, ...]] = {}

    def arrange(self, subnets: Sequence[Sequence[tuple[int, int]]]) -> None:
        """The pools have these ranges from now on, by subnet. What is in quarantine stays there."""
        kept = {address: until for _, _, pool in self._spans for address, until in pool.until.items()}
        self._spans = []
        for ranges in subnets:
            pool = Quarantine(sum(last - first + 1 for first, last in ranges))
            self._spans += ((first, last, pool) for first, last in ranges)
        self._spans.sort(key=_first_of)
        for address, until in kept.items():
            self.keep(address, until)

    def of(self, address: int) -> Quarantine | None:
        """That of the pool which has the address; None = it is fixed, or of a range that is gone."""
        at = bisect_right(self._spans, address, key=_first_of) - 1
        return self._spans[at][2] if at >= 0 and address <= self._spans[at][1] else None

    def keep(self, address: int, until: int) -> None:
        """Nobody gets it before then, whoever found out why."""
        pool = self.of(address)
        if pool:
            pool.until[address] = until
            pool.first_end = min(pool.first_end, until)

    def end(self, addresses: Iterable[int]) -> None:
        """A person has ended the quarantine of these."""
        for address in addresses:
            pool = self.of(address)
            if pool:
                pool.until.pop(address, None)

    def say(self, mac: bytes, now: float) -> None:
        """The box has declined an address, and was believed."""
        said = self._said.pop(mac, ())
        bounded(self._said, MAX_BOXES)[mac] = (*(at for at in said if at > now - _HOUR_S), now)

    def said(self, mac: bytes, now: float) -> int:
        """How often it was believed within the hour before now."""
        said = self._said.get(mac)
        return sum(at > now - _HOUR_S for at in said) if said else 0

    def has_room(self, address: int, now: float) -> bool:
        """True if the address may come into quarantine, or is there."""
        pool = self.of(address)
        return pool is None or pool.count(now) < pool.most or address in pool.until


def _first_of(span: _Span) -> int:
    return span[0]
