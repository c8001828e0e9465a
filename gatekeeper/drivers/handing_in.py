"""When what has gathered is handed in to the commit thread: at once, or a little later where the disk is slow or more
packets wait already.

Each commit costs a transaction, an fsync and two changes of threads, whatever is in it. While packets wait one begins
each millisecond at most; as soon as none does, what has gathered goes, so that a box that asks alone waits for nobody.

On a slow disk those who have just been told ask for their next thing within milliseconds. Handed in without them a
batch is a small one, and they wait for a whole fsync more: half of what the disk can do would be lost (Helland and
others, "Group Commit Timers and High Volume Transaction Systems", 1987).
"""

from math import inf
from typing import Final

from gatekeeper.drivers.commit import Committer, Done
from gatekeeper.heart.batches import PATIENCE_S
from gatekeeper.heart.needs import Batch

SLOW_S: Final = 0.02  # a commit that took longer is told before the next one is handed in
_SHARE: Final = 0.15  # of what the last commit took
_LONGEST_S: Final = 0.02
_PACE_S: Final = 0.001


class Gathering:
    """How long the next batch is waited for."""

    def __init__(self) -> None:
        self.until = 0.0
        self._enough = 0

    def begin(self, told: int, gathered: int, took_s: float, now: float) -> None:
        """told: how many were just told, and may ask again; gathered: how many had gathered by then; took_s: their
        commit."""
        self.until = now + min(took_s * _SHARE, _LONGEST_S)
        self._enough = gathered + told

    def goes_on(self, gathered: int, now: float) -> bool:
        """True until as many have come as were told, or its time is over. A clock that was set back ends it."""
        if self.until - _LONGEST_S <= now < self.until and gathered < self._enough:
            return True
        self.until = 0.0
        return False


class HandingIn:
    """One batch at a time on its way through the commit thread."""

    def __init__(self, committer: Committer) -> None:
        self.under_way: Batch | None = None
        self._committer = committer
        self._handed_in_at = 0.0
        self._gathering = Gathering()
        self._held = False
        self.pressed = False  # packets came in this round, so that more may wait by now

    def ended(self) -> tuple[Batch, Done] | None:
        """The batch whose commit ended, and how, once."""
        batch = self.under_way
        done = self._committer.finished() if batch else None
        if batch is None or done is None:
            return None
        self.under_way = None
        return batch, done

    def is_under_way(self) -> bool:
        """Asked, and not looked at: what mypyc has seen to be None it takes for None until the function ends, whatever
        is handed in meanwhile."""
        return self.under_way is not None

    def gather(self, told: int, gathered: int, took_s: float, now: float) -> None:
        """Wait a little for the next one. As in Gathering."""
        self._gathering.begin(told, gathered, took_s, now)

    def waits(self, gathered: int, now: float) -> bool:
        """True while the next one does: for others' next thing, or until the loop has seen whether packets wait."""
        self._held = self.pressed and gathered > 0 and 0 <= now - self._handed_in_at < _PACE_S
        return self._gathering.goes_on(gathered, now) or self._held

    def hurry(self) -> None:
        """Wait for nobody."""
        self._gathering.until = 0.0
        self.pressed = False

    def hand_in(self, batch: Batch | None, now: float) -> None:
        """The next one, None = nothing has gathered."""
        self.under_way = batch
        if batch:
            self._handed_in_at = now
            self._committer.submit(batch.effects, batch.at_ms, batch.sizes)

    def is_late(self, now: float) -> bool:
        """True if the disk has had the batch for longer than boxes are to wait: extensions need it no longer."""
        return self.under_way is not None and not 0 <= now - self._handed_in_at < PATIENCE_S

    def next_due(self, deaf: bool) -> float:
        """When the loop is to look here, at the latest. deaf: its doors wait for ``is_late``."""
        if self._held:
            return 0.0
        if self._gathering.until:
            return self._gathering.until
        return self._handed_in_at + PATIENCE_S if deaf and self.under_way else inf
