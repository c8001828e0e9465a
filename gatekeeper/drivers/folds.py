"""When the commit thread folds what commits have put aside: while nothing else is to be done, and between two commits
once much waits, a slice each time, so that nobody waits for longer than one takes.

A slice asks the store a hundred things, for each of which it lets go of Python's lock and has it back before another
thread has woken up. So it rests behind each: else the packet loop would wait for tens of milliseconds."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from gatekeeper.store import StoreError
from gatekeeper.store.ports import CommitPort

_LONG: Final = 65_536  # effects
_TOO_LONG: Final = 4 * _LONG  # more come than one slice behind each commit is enough for
_IDLE_S: Final = 0.05
_AGAIN_S: Final = 1.0  # behind a failure
_REST_S: Final = 20e-6
_MANY_S: Final = 0.004
_END_S: Final = 1.0
_TURN_S: Final = 0.0005


class Folds:
    """One connection's. Until it has seen that nothing waits, something does: an earlier process may have left it."""

    def __init__(self, store: CommitPort, say: Callable[[str], object]) -> None:
        """say: is told why nothing can be folded, for people."""
        self._store = store
        self._say = say
        self._effects = 1  # that wait, about
        self._is_long = False
        self._is_idle = False
        self._again_at = 0.0

    def written(self, effects: int) -> None:
        """So many were committed."""
        self._effects += effects
        self._is_long = self._is_long or self._effects >= _LONG

    def wait(self) -> bool:
        """True if something waits."""
        return self._effects > 0

    def pause_s(self, now: float) -> float:
        """For how long nothing else must come until it is folded."""
        return max(0.0 if self._is_long or self._is_idle else _IDLE_S, self._again_at - now)

    def fold(self, idle: bool, now: float, is_waited_for: Callable[[], bool]) -> None:
        """Fold until somebody waits, a slice at least, if it is time; of far too much, for a few milliseconds."""
        self._is_idle = idle
        if not self._effects or now < self._again_at or not (idle or self._is_long):
            return
        least = time.monotonic() + (_MANY_S if self._effects >= _TOO_LONG else 0.0)
        try:
            while self._store.fold_slice():
                time.sleep(_REST_S)
                if is_waited_for() and time.monotonic() >= least:
                    return
        except StoreError as failure:
            self._again_at = now + _AGAIN_S
            self._say(f"leases and reports wait, on disk, until they can be put into their place: {failure}")
            return
        self._effects, self._is_long, self._is_idle = 0, False, False

    def fold_all(self) -> None:
        """What waits at the end, for a second. What is left the next start folds."""
        end = time.monotonic() + _END_S
        with suppress(StoreError):
            while self._store.fold_slice() and time.monotonic() < end:
                pass


def take_short_turns() -> None:
    """Of this process's threads each is given Python's lock within half a millisecond, if another one does not let go
    of it by itself: neither the packet loop nor who commits waits for longer."""
    sys.setswitchinterval(_TURN_S)


def fold_all(store: CommitPort) -> str:
    """What a process before this one left in the store's logs goes where it belongs. Why it cannot, for people; "" = it
    is there. It is read where it is, and tried again."""
    try:
        store.fold_all()
    except StoreError as error:
        return f"what was left in the log of leases and accounting is put into its place later: {error}"
    return ""
