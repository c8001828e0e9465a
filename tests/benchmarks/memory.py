"""Whether packets leave memory as they found it: ``python -m tests.benchmarks.memory [PACKETS]``.

Ten million unless said, of every kind that a gate meets, the odd ones too, through the heart alone (``inside``). The
collector of cyclic garbage does not run, as in a gate that is never idle. Exit 1 if RSS grew by more than FLAT_KB.
"""

import gc
import os
import sys
import tempfile
from pathlib import Path

from gatekeeper.report.build import build
from tests.benchmarks.inside import Inside

MANY = 10_000_000
# One object lost in each thousand packets is half a megabyte after ten million of them.
FLAT_KB = 512
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
# Until what grows to a bound has got there: the cells of dicts, SQLite's pages, what malloc keeps.
_WARM_LAPS = 8


def resident_kb() -> int:
    """RSS of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KB


def grown_kb(packets: int, folder: Path) -> tuple[int, int]:
    """(packets played, kilobytes by which the process is larger than it was when warm)."""
    inside = Inside(folder)
    tapes = tuple(inside.tapes)
    lap = sum(map(len, inside.tapes.values()))
    gc.disable()
    for _ in range(_WARM_LAPS):
        warm = inside.play(*tapes)
    before, played = resident_kb(), 0
    while played < packets:
        replies = inside.play(*tapes)
        if replies != warm:
            raise RuntimeError(f"a lap that is as all others ended otherwise: {replies}, not {warm}")
        played += lap
    return played, resident_kb() - before


def main() -> int:
    """Print what was found; 0 = flat."""
    packets = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as folder:
        played, grown = grown_kb(packets, Path(folder))
    python = ".".join(map(str, sys.version_info[:3]))
    sys.stdout.write(f"{build()}, Python {python}: {played:,} packets, RSS {grown:+,} kB (at most {FLAT_KB:+,})\n")
    return int(grown > FLAT_KB)


if __name__ == "__main__":
    sys.exit(main())
