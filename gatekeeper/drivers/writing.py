"""How the store is written, as the thread that does it meets it: what is wrong with it, and whether it is slow."""

from typing import Final

LOCKED_S: Final = 0.3  # that another process's turn may take before it is told
SLOW_S: Final = 0.075  # a disk of spinning rust has done it by then
HANGS_S: Final = 0.3
_OVER_S: Final = 3.0
_IN_SUCCESSION: Final = 2


class Writing:
    """Told by one thread, read by any other. Times are by a clock that does not jump."""

    def __init__(self) -> None:
        self._failure = ("", "")  # trouble and detail of the last write
        self._since = 0.0  # when the write that is going on began; 0 = none is
        self._slow = 0  # so many of the last ones in succession
        self._slow_s = 0.0  # what the last of these took
        self._slow_at = -_OVER_S
        self._is_slow = False

    def begin(self, now: float) -> None:
        """A transaction is begun."""
        self._since = now

    def end(self, took_s: float, trouble: str, detail: str, now: float) -> None:
        """It has ended. took_s: without the wait for others; trouble: of ``report.troubles``, "" = none."""
        self._since = 0.0
        self._failure = (trouble, detail if trouble else "")
        if took_s < SLOW_S:
            self._slow = 0
            self._is_slow = self._is_slow and now - self._slow_at < _OVER_S
            return
        self._slow, self._slow_s, self._slow_at = self._slow + 1, took_s, now
        self._is_slow = self._is_slow or self._slow >= _IN_SUCCESSION

    def failure(self, waits_since: float, now: float) -> tuple[str, str]:
        """Trouble and detail of the last write, and of the one that waits for its turn since then (0 = none does)."""
        if waits_since and now - waits_since >= LOCKED_S and not self._failure[0]:
            return "store-locked", "another process holds it"
        return self._failure

    def slowness(self, waits_since: float, now: float) -> str:
        """How slow commits are; "" = they are not. waits_since: as above."""
        since = self._since
        if since and not waits_since and now - since >= HANGS_S:
            return f"one has taken {now - since:.1f} s so far"
        return f"the last slow one took {self._slow_s * 1000:.0f} ms" if self._is_slow else ""
