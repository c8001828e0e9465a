"""Whether the wall clock is believed, and what time it is where it is not: reckoned from the last heartbeat of whoever
served, the boot that it was of, and the time since boot.

Leases end by time that passed. Where a wall clock says something else, nobody knows yet which of the two is wrong: the
gate then goes on by the least that can have passed, and so gives nobody's address away, until the clock is confirmed.
"""

from math import ceil
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value

# What a wall clock may differ by, and what a machine may spend in its firmware before its time since boot begins.
OFF_S: Final = 60
FIRMWARE_S: Final = 300

BELIEVED: Final = ""
JUMPED: Final = "jumped"  # how much time passed is known
RESTARTED: Final = "restarted"  # the machine was started anew, and how long it was off nobody can tell


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Beat(Value):
    """What whoever serves leaves in the store each second, and once more when it stops. at: by the wall clock; gate: by
    its own time; boottime: seconds since the boot of this id; cause, since: as in Standing."""

    __slots__ = ("at", "gate", "boot", "boottime", "cause", "since")

    def __init__(
        self,
        at: int,
        gate: float,
        boot: str = "",  # "" = of a gatekeeper that did not keep it
        boottime: float = 0.0,
        cause: str = BELIEVED,
        since: float = 0.0,
    ) -> None:
        self.at: Final = at
        self.gate: Final = gate
        self.boot: Final = boot
        self.boottime: Final = boottime
        self.cause: Final = cause
        self.since: Final = since


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Reading(Value):
    """What the clocks of the machine say. boot: "" = it does not tell."""

    __slots__ = ("wall", "boot", "boottime")

    def __init__(self, wall: float, boot: str, boottime: float) -> None:
        self.wall: Final = wall
        self.boot: Final = boot
        self.boottime: Final = boottime


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Standing(Value):
    """What time it is, Unix seconds; why the wall clock is not believed, BELIEVED = it is; and since when, by this time
    and not the wall clock's."""

    __slots__ = ("gate", "cause", "since")

    def __init__(self, gate: float, cause: str = BELIEVED, since: float = 0.0) -> None:
        self.gate: Final = gate
        self.cause: Final = cause
        self.since: Final = since


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Move(Value):
    """What becomes of times on record when the wall clock is confirmed. by_s: how far it is ahead of the time that it
    was until then, ``now``; since: what was given from then on keeps the time it has left, and where ``older`` so does
    all that was given before, else that is over when the wall clock says so."""

    __slots__ = ("by_s", "now", "since", "older")

    def __init__(self, by_s: int, now: int, since: int, older: bool) -> None:
        self.by_s: Final = by_s
        self.now: Final = now
        self.since: Final = since
        self.older: Final = older


def compare(last: Beat | None, reading: Reading) -> Standing:
    """What time it is after that heartbeat; None = nobody ever served, and the wall clock is all there is."""
    if last is None:
        return Standing(reading.wall)
    if last.boot and last.boot == reading.boot and reading.boottime >= last.boottime:
        gate = last.gate + reading.boottime - last.boottime
        if abs(reading.wall - gate) < OFF_S:
            return Standing(reading.wall)
        return Standing(gate, last.cause or JUMPED, last.since or gate)
    if _is_explained(reading.wall - last.gate, last, reading):
        return Standing(reading.wall)
    # That this boot lasts so long already says little: the store may have been carried here from another machine.
    return Standing(last.gate, RESTARTED, last.since or last.gate)


def _is_explained(passed: float, last: Beat, reading: Reading) -> bool:
    """True if so much may have passed from a heartbeat of another boot, or of nobody knows which, until now."""
    if abs(passed) < OFF_S:
        return True
    least = reading.boottime if last.boot else 0.0
    return least - OFF_S < passed < reading.boottime + FIRMWARE_S


def move_of(standing: Standing, wall: float, passed: bool) -> Move:
    """What confirming the wall clock means. passed: somebody says that the time in between did pass.

    A clock that was set back is no reason for anything to last longer than by the time that passed.
    """
    by_s = ceil(wall - standing.gate)
    older = by_s < 0 or (standing.cause == JUMPED and not passed)
    return Move(by_s, int(standing.gate), int(standing.since), older)
