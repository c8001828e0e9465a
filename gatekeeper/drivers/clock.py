"""The clock. Leases end by time that passes, not by a wall clock that somebody sets."""

import time
from typing import Final

JUMP_S: Final = 60


class Clock:
    """Unix seconds that follow the wall clock while it goes steadily, and the monotonic clock across its jumps."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()
        self.jump_s = 0.0

    def now(self) -> float:
        """Unix seconds. A wall clock that jumps by over a minute is not followed; ``jump_s`` says how far."""
        passed = time.monotonic()
        offset = time.time() - passed
        self.jump_s = offset - self._offset
        if abs(self.jump_s) < JUMP_S:
            self._offset = offset
            self.jump_s = 0.0
        return passed + self._offset
