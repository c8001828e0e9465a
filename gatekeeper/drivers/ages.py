"""How long datagrams have waited in the kernel.

Its stamps are the wall clock's, which somebody may set while they wait. What jumps is the difference between the wall
clock and the time since boot; for a while after a jump a stamp is read by both differences, and the younger age counts:
nothing is thrown away because a clock was set.
"""

import time
from typing import Final

from gatekeeper.drivers.moment import since_boot

_JUMP_S: Final = 0.2  # what is less is slewed, or the two clocks were not read at once
_MEANT_S: Final = 60.0  # so long after a jump stamps from before it may come
_EARLY_S: Final = 0.01  # CPUs and clock readings differ by so much


def age(stamp: float, wall: float, before: float) -> float:
    """Seconds, never negative. before: how much less the wall clock was ahead of the time since boot before it jumped;
    0 = it did not."""
    found = [one for one in (wall - stamp, wall - before - stamp) if one >= -_EARLY_S]
    return max(min(found, default=0.0), 0.0)


class Ages:
    """By one wall clock."""

    def __init__(self) -> None:
        self._offset = time.time() - since_boot()
        self._jump, self._jumped_at = 0.0, 0.0

    def wall(self) -> float:
        """The wall clock now, Unix seconds, and whether it has jumped is seen."""
        wall, passed = time.time(), since_boot()
        offset = wall - passed
        if abs(offset - self._offset) > _JUMP_S:
            self._jump, self._jumped_at = offset - self._offset, passed
        elif self._jump and passed > self._jumped_at + _MEANT_S:
            self._jump = 0.0
        self._offset = offset
        return wall

    def of(self, stamp: float, wall: float) -> float:
        """Age of what has this stamp; wall: as ``wall`` has said just now. 0.0 where there is no stamp."""
        return age(stamp, wall, self._jump) if stamp else 0.0
