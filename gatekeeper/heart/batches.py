"""Group commit: outcomes that wait for the disk, and which of them a commit concerns. What gathers while a batch is
under way is the next one, so that the price of an fsync is shared by more and more leases.

A room like the others but for three things. Whoever has waited for as long as the room lets him is looked at once, for
an extension may leave as what the disk has. He is not given up, for what may be on disk has been promised. And a
question need not have waited before, so that most of what a packet costs here is one place in a list.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import inf
from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.heart.needs import Batch
from gatekeeper.model import Effect, Outcome
from gatekeeper.value import Value

PATIENCE_S: Final = 0.15  # a box asks again after 4 s (RFC 2131 4.1), a monitor calls 250 ms slow


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Promise(Value):
    """An outcome that is told when its effects are on disk: whose question it answers, by which door that came, and
    when it was decided."""

    __slots__ = ("mouth", "question", "door", "outcome", "at")

    def __init__(self, mouth: str, question: Any, door: Any, outcome: Outcome, at: float) -> None:
        self.mouth: Final = mouth
        self.question: Final = question
        self.door: Final = door
        self.outcome: Final = outcome
        self.at: Final = at


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
        # Of all in their sequence so many were looked at, their time being over.
        self._looked_at = 0
        # Those that have been told already, by identity: they are still held here.
        self._told: set[int] = set()

    def __len__(self) -> int:
        return len(self._gathered) + sum(map(len, self._under_way.values())) - len(self._told)

    def gathered(self) -> int:
        """How many the next batch has by now."""
        return len(self._gathered)

    def is_full(self) -> bool:
        return len(self._gathered) > self._most

    def enter(self, promise: Promise) -> bool:
        """Let it wait for the commit of its effects. False: there is no room but for who cannot do without."""
        if len(self._gathered) > self._most:
            return False
        self._put(promise)
        return True

    def squeeze_in(self, promise: Promise) -> bool:
        """Let one more wait, who cannot do without. False: there is no room at all."""
        if len(self._gathered) >= 2 * self._most:
            self.turned_away += 1
            return False
        self._put(promise)
        return True

    def _put(self, promise: Promise) -> None:
        self._gathered.append(promise)
        effects = promise.outcome.effects
        self._effects += effects
        self._at_ms += (int(promise.at * 1000),) * len(effects)

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
        """Those whose batch has ended, in its sequence; once. ``was_told`` says, once, which of them were told."""
        found = self._under_way.pop(number, [])
        self._looked_at = max(self._looked_at - len(found), 0)
        return found

    def tell(self, promise: Promise) -> None:
        """It is told before its commit has ended."""
        self._told.add(id(promise))

    def was_told(self, promise: Promise) -> bool:
        """Whether it was; it is forgotten by that."""
        if id(promise) not in self._told:
            return False
        self._told.remove(id(promise))
        return True

    def any_told(self) -> bool:
        return bool(self._told)

    def next_due(self) -> float:
        """When the next one is to be looked at; infinity where there is none."""
        promise = self._next_to_look_at()
        return promise.at + PATIENCE_S if promise else inf

    def overdue(self, now: float, most: int) -> list[Promise]:
        """Those whose time is over, so many at most, each once; they wait on."""
        found: list[Promise] = []
        while len(found) < most and (promise := self._next_to_look_at()) and promise.at + PATIENCE_S <= now:
            self._looked_at += 1
            found.append(promise)
        return found

    def _next_to_look_at(self) -> Promise | None:
        place = self._looked_at
        for promises in self._under_way.values():
            if place < len(promises):
                return promises[place]
            place -= len(promises)
        return self._gathered[place] if place < len(self._gathered) else None


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
