"""The wall clock is confirmed while packets come: first what is on record is moved, then the gate goes on by it.

What was decided before is committed by the time that it was decided by, and nothing else until the store is moved. Then
all that is in memory begins anew, as at a start: nothing is left there whose time would mean something else.
"""

from collections.abc import Callable

from gatekeeper.drivers.clock import Clock
from gatekeeper.drivers.commit import ClockSet, Committer, Moved
from gatekeeper.report.clock import confirmed_text
from gatekeeper.state.clock import Move

Told = Callable[[str, str], None]


class Confirmation:
    """One of them. told: hears what was done, or why it could not be."""

    def __init__(self, by: str, passed: bool, told: Told) -> None:
        """by: who confirms, for people; passed: as in ``state.clock.move_of``."""
        self._by = by
        self._passed = passed
        self._told = told
        self._move: Move | None = None
        self._moved: Moved | None = None

    def has_begun(self) -> bool:
        """True from when on nothing must be committed by the time of before."""
        return self._move is not None

    def begin(self, clock: Clock, committer: Committer) -> None:
        """Have the store moved, behind what was submitted."""
        self._move = clock.move(self._passed)
        committer.set_clock(ClockSet(self._move, clock.moved(self._move)))

    def moved(self, committer: Committer) -> Moved | None:
        """How that ended, again and again; None if it has not."""
        self._moved = self._moved or committer.moved()
        return self._moved

    def take(self, clock: Clock) -> None:
        """Go on by the wall clock, and tell what was done."""
        assert self._move and self._moved
        clock.take(self._move)
        self._told(confirmed_text(self._by, self._move.by_s, self._moved.leases, self._move.older), "")

    def fail(self, why: str) -> None:
        """All is as it was."""
        self._told("", why)
