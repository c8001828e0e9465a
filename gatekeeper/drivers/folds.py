"""When the commit thread folds what commits have put aside: while nothing else is to be done, and once much waits a
slice behind each commit, so that nobody waits for longer than one takes.

A slice asks the store a hundred things, for each of which it lets go of Python's lock and has it back before another
thread has woken up. So it rests behind each while nothing else is done: else the packet loop would wait for tens of
milliseconds."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from gatekeeper.store import StoreError
from gatekeeper.store.ports import SLICE, CommitPort

_LONG: Final = 65_536  # effects
_TOO_LONG: Final = 4 * _LONG  # more come than one slice behind each commit is enough for
_IDLE_S: Final = 0.05
_AGAIN_S: Final = 1.0  # behind a failure
_REST_S: Final = 20e-6
_MANY_S: Final = 0.004
_BATCHES: Final = 8
_MOST: Final = 1_024  # leases or reports of a slice, some 2 ms
_END_S: Final = 1.0


class Folds:
    """One connection's. Until it has seen that nothing waits, something does: an earlier process may have left it."""

    def __init__(self, store: CommitPort, say: Callable[[str], object]) -> None:
        """say: is told why nothing can be folded, for people."""
        self._store = store
        self._say = say
        self._effects = 1  # that wait, about
        self._batch = 0  # effects of the last commit
        self._is_long = False
        self._is_idle = False
        self._again_at = 0.0

    def written(self, effects: int) -> None:
        """So many were committed."""
        self._batch = effects or self._batch
        self._is_idle = False
        self._effects += effects
        self._is_long = self._is_long or self._effects >= _LONG

    def wait(self) -> bool:
        """True if something waits."""
        return self._effects > 0

    def pause_s(self, now: float) -> float:
        """For how long nothing else must come until it is folded."""
        return max(0.0 if self._is_idle else _IDLE_S, self._again_at - now)

    def fold_behind(self, now: float) -> None:
        """Where much waits, a slice behind a commit, before it is told: then the packet loop has little to do, and does
        not contend with it for Python's lock and the processor. It is as long as the commit's batch is large; far too
        much is folded for some milliseconds."""
        if not self._is_long or now < self._again_at:
            return
        end = time.monotonic() + (_MANY_S if self._effects >= _TOO_LONG else 0.0)
        self._fold(max(SLICE, min(_BATCHES * self._batch, _MOST)), lambda: time.monotonic() >= end)

    def fold(self, now: float, is_waited_for: Callable[[], bool]) -> None:
        """While nothing else is to be done: until somebody waits."""
        self._is_idle = True
        if self._effects and now >= self._again_at:
            self._fold(SLICE, is_waited_for, _REST_S)

    def _fold(self, most: int, is_enough: Callable[[], bool], rest_s: float = 0.0) -> None:
        try:
            while self._store.fold_slice(most):
                if is_enough():
                    return
                if rest_s:
                    time.sleep(rest_s)
        except Exception as failure:  # our bug, too: whoever waits for the commit must hear of it
            why = str(failure) if isinstance(failure, StoreError) else f"bug: {failure!r}"
            self._again_at = time.monotonic() + _AGAIN_S
            self._say(f"leases and reports wait, on disk, until they can be put into their place: {why}")
            return
        self._effects, self._is_long, self._is_idle = 0, False, False

    def fold_all(self) -> None:
        """What waits at the end, for a second. What is left the next start folds."""
        end = time.monotonic() + _END_S
        with suppress(StoreError):
            while self._store.fold_slice() and time.monotonic() < end:
                pass


def fold_all(store: CommitPort) -> str:
    """What a process before this one left in the store's logs goes where it belongs. Why it cannot, for people; "" = it
    is there. It is read where it is, and tried again."""
    try:
        store.fold_all()
    except StoreError as error:
        return f"what was left in the log of leases and accounting is put into its place later: {error}"
    return ""
