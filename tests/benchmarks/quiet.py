"""Is anybody else at work on this machine? What a measurement cost, and what others used meanwhile."""

import os
import time
from pathlib import Path
from typing import NamedTuple

_TICK = os.sysconf("SC_CLK_TCK")
DISTURBED = 10.0  # per cent of one core


class Spent(NamedTuple):
    """CPU seconds so far: all of the machine, this process's children that have ended, and the wall clock."""

    machine: float
    children: float
    wall: float


def spent() -> Spent:
    with Path("/proc/stat").open() as file:
        user, nice, system, _, _, irq, softirq, *_ = (int(one) for one in file.readline().split()[1:])
    times = os.times()
    busy = (user + nice + system + irq + softirq) / _TICK
    return Spent(busy, times.children_user + times.children_system, time.monotonic())


def process_s(pid: int) -> float:
    """CPU seconds of a process and its descendants that live."""
    found = 0.0
    for one in descendants(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found += (int(fields[11]) + int(fields[12])) / _TICK
    return found


def descendants(pid: int) -> list[int]:
    """The process, its children, theirs."""
    found, left = [], [pid]
    while left:
        one = left.pop()
        found.append(one)
        for file in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                left += map(int, file.read_text().split())
            except OSError:
                continue
    return found


def rss_mb(pid: int) -> float:
    """Resident memory of a process and its descendants, MB."""
    pages = 0
    for one in descendants(pid):
        try:
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def wait_for_quiet(patience_s: float) -> bool:
    """Until nobody used over a tenth of a core for half a second; True if that came within the time."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        before = spent()
        time.sleep(0.5)
        after = spent()
        if 100 * (after.machine - before.machine) / (after.wall - before.wall) <= DISTURBED:
            return True
    return False


def foreign_percent(before: Spent, after: Spent, server_s: float) -> float:
    """Of one core, what neither the server nor our children used."""
    others = after.machine - before.machine - (after.children - before.children) - server_s
    return round(max(0.0, 100 * others / (after.wall - before.wall)), 1)
