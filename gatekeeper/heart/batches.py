"""Group commit: outcomes that wait for the disk, and which of them a commit concerns. What gathers while a batch is
under way is the next one, so that the price of an fsync is shared by more and more leases.

A room like the others but for two things: nobody is given up by time, for what may be on disk has been promised; and a
question need not have waited before, so that most of what a packet costs here is one place in a list.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from gatekeeper.heart.needs import Batch
from gatekeeper.model import Effect, Outcome


class Promise(NamedTuple):
    """An outcome that is told when its effects are on disk: whose question it answers, by which door that came, and
    when it was decided."""

    mouth: str
    question: Any
    door: Any
    outcome: Outcome
    at: float


class Batches:
    """Those that gather, and those of the batches that are under way."""

    def __init__(self, most: int) -> None:
        """most: that gather before doors are to be left alone; what those had given already finds its place too."""
        self.name = "waiting.commits"  # that counters call it by
        self.turned_away = 0
        self._most = most
        self._gathered: list[Promise] = []
        self._effects: list[Effect] = []
        self._at_ms: list[int] = []
        self._under_way: dict[int, list[Promise]] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._gathered) + sum(map(len, self._under_way.values()))

    def is_full(self) -> bool:
        return len(self._gathered) > self._most

    def enter(self, promise: Promise) -> bool:
        """Let it wait for the commit of its effects. False: there is no room."""
        if len(self._gathered) >= 2 * self._most:
            self.turned_away += 1
            return False
        self._gathered.append(promise)
        effects = promise.outcome.effects
        self._effects += effects
        self._at_ms += (int(promise.at * 1000),) * len(effects)
        return True

    def next(self) -> Batch | None:
        """All that has gathered; None = nothing. How many are under way at a time is up to who commits them."""
        if not self._gathered:
            return None
        self._number += 1
        sizes = [len(promise.outcome.effects) for promise in self._gathered]
        batch = Batch(self._number, self._effects, self._at_ms, len(sizes), sizes)
        self._under_way[batch.number] = self._gathered
        self._gathered, self._effects, self._at_ms = [], [], []
        return batch

    def ended(self, number: int) -> list[Promise]:
        """Those whose batch has ended, in its sequence; once."""
        return self._under_way.pop(number, [])


def share(
    promises: Sequence[Promise], lost: AbstractSet[int], unfit: Mapping[int, str]
) -> Iterator[tuple[Promise, AbstractSet[int], str]]:
    """Each of a batch, with the places of its own effects that were lost, and why it is no row, "" = it is one. lost,
    unfit: places in the whole batch, of the latter the outcome's first."""
    start = 0
    for promise in promises:
        end = start + len(promise.outcome.effects)
        yield promise, {place - start for place in lost if start <= place < end}, unfit.get(start, "")
        start = end
