"""What time it is, for whoever looks into a store: as whoever serves over it reckons."""

import time
from functools import cache
from pathlib import Path
from typing import Final

from gatekeeper.state.clock import Reading, compare
from gatekeeper.store.asking import BeatPort

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@cache
def boot() -> str:
    """Which boot of this machine it is; "" = the kernel does not tell."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def since_boot() -> float:
    """Seconds, those in suspension among them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def read_clocks() -> Reading:
    """All of them."""
    return Reading(time.time(), boot(), since_boot())


def now_of(store: BeatPort) -> float:
    """Unix seconds as whoever serves over the store reckons, or would after his last heartbeat. Raises StoreError."""
    return compare(store.beat(), read_clocks()).gate
