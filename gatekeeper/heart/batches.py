"""Group commit: outcomes that wait for the disk, and which of them a commit concerns. One batch at a time is under way;
what gathers meanwhile is the next one, so that the price of an fsync is shared by more and more leases.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from math import inf

from gatekeeper.heart.needs import Batch
from gatekeeper.heart.waiting import Room, Waiting
from gatekeeper.model import Effect, Outcome


class Batches:
    """Who waits here is not given up by time: what may be on disk has been promised."""

    def __init__(self, most: int) -> None:
        """most: that gather before doors are to be left alone. As many may be under way, and what the doors had given
        already finds its place too."""
        self._most = most
        self.room: Room[int] = Room("waiting.commits", 3 * most, inf)
        self._effects: list[Effect] = []  # of the batch that is gathered
        self._number = 1  # its own
        self._under_way = 0  # number of the batch that is being committed, 0 = none

    def __len__(self) -> int:
        return len(self.room)

    def is_full(self) -> bool:
        return self.room.count(self._number) > self._most

    def enter(self, guest: Waiting, now: float) -> Waiting | None:
        """Let it wait for the commit of its outcome's effects. Returns it if there is no room."""
        assert guest.outcome
        put_out = self.room.enter(guest, self._number, now)
        if put_out is None:
            self._effects += guest.outcome.effects
        return put_out

    def next(self) -> Batch | None:
        """What is to be committed now; None = nothing, or one is under way."""
        if self._under_way or not self._effects:
            return None
        number = self._under_way = self._number
        self._number += 1
        batch, self._effects = Batch(number, self._effects, self.room.count(number)), []
        return batch

    def ended(self, number: int) -> list[Waiting]:
        """Those whose batch has ended, in its sequence."""
        if number == self._under_way:
            self._under_way = 0
        return self.room.leave(number)

    def overdue(self, now: float, most: int) -> list[Waiting]:
        """Nobody."""
        return self.room.overdue(now, most)

    def next_due(self) -> float:
        return self.room.next_due()


def share(guests: list[Waiting], lost: AbstractSet[int]) -> Iterator[tuple[Waiting, Outcome, AbstractSet[int]]]:
    """Each of a batch with its outcome and the places of its own effects that were lost. lost: in the whole batch."""
    start = 0
    for guest in guests:
        outcome = guest.outcome
        assert outcome
        end = start + len(outcome.effects)
        yield guest, outcome, {place - start for place in lost if start <= place < end} if lost else lost
        start = end
