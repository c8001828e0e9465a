"""A million boxes against ten thousand: rate, seconds until ready, resident memory. gatekeeper alone."""

import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.boxes import RESERVED
from tests.benchmarks.gate import Build, config
from tests.benchmarks.measuring import Means
from tests.benchmarks.place import SERVER_IP, Running
from tests.benchmarks.quiet import rss_mb, wait_for_quiet
from tests.benchmarks.start import make_store

FEW, MANY = 10_000, 1_000_000
_FIRST_ADDRESS = 0x0A400000
_POOL = ("10.64.0.0", "10.127.255.255")
_READY_S = 120.0


class Size(NamedTuple):
    """What a gate with so many boxes did."""

    per_s: float
    ready_s: float
    rss_mb: float


def stores(folder: Path) -> dict[int, Path]:
    """A store of each size, every box with a lease that is hours old."""
    found = {}
    for count in (FEW, MANY):
        found[count] = folder / f"boxes-{count}"
        found[count].mkdir(parents=True)
        make_store(found[count], count, first=_FIRST_ADDRESS, first_mac=RESERVED.first_mac)
    return found


def measured(build: Build, made: Path, count: int, folder: Path, means: Means) -> Size:
    """A start over a copy of the store, then DORA of boxes from all over it, each a write. Raises RuntimeError."""
    folder.mkdir(parents=True)
    subprocess.run(["cp", "-a", *map(str, made.glob("gatekeeper.db*")), str(folder)], check=True)
    (folder / "gatekeeper.toml").write_text(config(build, "dhcp", True, _POOL))
    running = Running(means.pair, folder, build.words("serve", "-c", str(folder / "gatekeeper.toml")), {})
    try:
        ready_s = running.wait_until(lambda: "gatekeeper ready:" in running.tail(), _READY_S)
        running.wait_until(lambda: "are being read" not in running.tail() or "are read" in running.tail(), _READY_S)
        wait_for_quiet(means.patience_s)
        boxes = ["--base", RESERVED.base(), "--clients", str(count)]
        pace = ["--window", "64", "--duration", f"{means.seconds:g}", "-o", "json"]
        row = means.pair.load([*means.generator, "bench", "dhcp", "--target", SERVER_IP, *boxes, *pace], 120)
        if row["wrong"] or row["refused"] or row["lost"]:
            raise RuntimeError(f"{count} boxes: {row['lost']} lost, {row['refused']} refused, wrong: {row['wrongs']}")
        return Size(row["per_s"], round(ready_s, 2), round(rss_mb(running.pid), 1))
    finally:
        running.stop()
