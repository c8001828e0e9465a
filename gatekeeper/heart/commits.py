"""What waits for the disk, and how it goes on: kept, lost, or, of an extension, told as the disk has it meanwhile.

A box that comes back has its lease on disk already. While the store is slow or away it is told what remains of that,
never more (RFC 2131 4.4.5 lets it ask again half way through), so that nobody goes dark for want of a write.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from gatekeeper.heart.batches import Batches, Promise, share
from gatekeeper.heart.endings import Endings
from gatekeeper.heart.ports import DhcpMouth
from gatekeeper.heart.told import Bug, Told
from gatekeeper.model import Action
from gatekeeper.state.world import World

_NONE: Final[frozenset[int]] = frozenset()
ALL_FIT: Final[Mapping[int, str]] = {}


class Commits:
    """Promises on their way."""

    dhcp: DhcpMouth

    def __init__(self, world: World, ends: Endings, most: int) -> None:
        """most: as in Batches."""
        self.batches = Batches(most)
        self._world = world
        self._ends = ends
        self._deferred = 0

    def gather(self, promise: Promise, now: float) -> None:
        """It is decided, and told when its effects are on disk."""
        if not self.batches.enter(promise):
            if self._leaves_early(promise, now):
                self._ends.drop(promise, _NONE, now)
            elif not self.batches.squeeze_in(promise):
                self._ends.lose(promise, _NONE, now)

    def committed(
        self, promises: Sequence[Promise], lost: AbstractSet[int], now: float, unfit: Mapping[int, str] = ALL_FIT
    ) -> None:
        """These are on disk. lost: places of effects that another box's claim kept out. unfit: the first place of each
        outcome that is no row, and so not on disk, and why."""
        ends, batches = self._ends, self.batches
        if not lost and not unfit and not batches.any_told():
            ends.keep(promises, now)
            return
        for promise, mine, why in share(promises, lost, unfit):
            told = batches.was_told(promise)
            if (mine or why) and told:
                ends.drop(promise, mine, now, why)
            elif mine or why:
                ends.lose(promise, mine, now, why)
            elif told:
                ends.settle(promise, now)
            else:
                ends.keep((promise,), now)

    def failed(self, promises: Sequence[Promise], now: float) -> None:
        """They are not, or nobody knows whether they are."""
        # First all are told: what the disk has of a box is known as long as a lease of it is on its way.
        told = [self.batches.was_told(promise) or self._leaves_early(promise, now) for promise in promises]
        for promise, was_told in zip(promises, told, strict=True):
            if was_told:
                self._ends.drop(promise, _NONE, now)
            else:
                self._ends.lose(promise, _NONE, now)

    def handle_time(self, now: float, most: int) -> None:
        """Extensions that have waited for as long as their room lets them leave as the disk has them."""
        for promise in self.batches.overdue(now, most):
            if self._leaves_early(promise, now):
                self.batches.tell(promise)

    def drain_deferred(self) -> int:
        """How many did since the last time."""
        deferred, self._deferred = self._deferred, 0
        return deferred

    def _leaves_early(self, promise: Promise, now: float) -> bool:
        """True if it has ended by this: as what the disk has, or by a bug."""
        question, outcome = promise.question, promise.outcome
        until, since = self._world.kept(outcome.mac) if outcome.verdict.action is Action.ACK else (0, 0)
        if not until:
            return False
        try:
            deferred = self.dhcp.deferred(question, outcome, until, since, now)
        except Exception as bug:
            self._ends.bugs.append(Bug(bug, question.datagram, now))
            return True
        if deferred is None:
            return False
        self._deferred += 1
        self._ends.hear(Told(deferred, promise.door, now))
        return True
