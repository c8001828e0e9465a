"""A million boxes against ten thousand, and a hundred thousand that boot in one second. gatekeeper alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.boxes import RESERVED
from tests.benchmarks.gate import Build, config
from tests.benchmarks.measuring import Means
from tests.benchmarks.phases import WINDOW
from tests.benchmarks.place import SERVER_IP, Running
from tests.benchmarks.quiet import rss_mb, wait_for_quiet
from tests.benchmarks.start import make_store

FEW, HERD, MANY = 10_000, 100_000, 1_000_000
_FIRST_ADDRESS = 0x0A400000
_POOL = ("10.64.0.0", "10.127.255.255")
_READY_S = 120.0


class Size(NamedTuple):
    """What a gate with so many boxes did."""

    per_s: float
    ready_s: float
    rss_mb: float


class Herd(NamedTuple):
    """How soon all had their lease, and how often the least lucky box had to ask."""

    bound_s: float
    most_tries: int
    lost: int


def stores(folder: Path) -> dict[int, Path]:
    """A store of each size, every box with a lease that is hours old."""
    found = {}
    for count in (FEW, HERD, MANY):
        found[count] = folder / f"boxes-{count}"
        found[count].mkdir(parents=True)
        make_store(found[count], count, first=_FIRST_ADDRESS, first_mac=RESERVED.first_mac)
    return found


@contextmanager
def _serving(build: Build, made: Path, folder: Path, means: Means) -> Iterator[tuple[Running, float]]:
    """A gate over a copy of the store with all leases read, on a quiet machine; seconds until it was ready."""
    folder.mkdir(parents=True)
    for file in made.glob("gatekeeper.db*"):
        shutil.copy2(file, folder)
    (folder / "gatekeeper.toml").write_text(config(build, "dhcp", True, _POOL))
    running = Running(means.pair, folder, build.words("serve", "-c", str(folder / "gatekeeper.toml")), {})
    try:
        ready_s = running.wait_until(lambda: "gatekeeper ready:" in running.tail(), _READY_S)
        running.wait_until(lambda: "are being read" not in running.tail() or "are read" in running.tail(), _READY_S)
        wait_for_quiet(means.patience_s)
        yield running, ready_s
    finally:
        running.stop()


def _played(means: Means, verb: str, count: int, *words: str) -> dict[str, Any]:
    boxes = ["--base", RESERVED.base(), "--clients", str(count)]
    return means.pair.load([*means.generator, "bench", verb, "--target", SERVER_IP, *boxes, *words, "-o", "json"], 240)


def measured(build: Build, made: Path, count: int, folder: Path, means: Means) -> Size:
    """A start, then DORA of boxes from all over the store, each a write. Raises RuntimeError."""
    with _serving(build, made, folder, means) as (running, ready_s):
        row = _played(means, "dhcp", count, "--window", str(WINDOW), "--duration", f"{means.seconds:g}")
        if row["wrong"] or row["refused"]:
            raise RuntimeError(f"{count} boxes: {row['refused']} refused, wrong: {row['wrongs']}")
        return Size(row["per_s"], round(ready_s, 2), round(rss_mb(running.pid), 1))


def herd(build: Build, made: Path, folder: Path, means: Means) -> Herd:
    """All boxes of the store boot within one second. Raises RuntimeError."""
    with _serving(build, made, folder, means):
        row = _played(means, "herd", HERD, "--within", "1")
        if row["wrong"] or row["refused"]:
            raise RuntimeError(f"herd: {row['refused']} refused, wrong: {row['wrongs']}")
        return Herd(row["bound_s"], row["most_tries"], row["lost"])
