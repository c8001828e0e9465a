"""How soon is a gate with many boxes ready, and how large is it then?

    python -m tests.benchmarks.start [--boxes 1000000] [--ended 0] [--rounds 3] [--folder FOLDER]

Makes a store of so many boxes with leases, unless FOLDER has one, and starts ``gatekeeper serve`` over it. Each line is
one start: seconds from the process's first instruction to the ready line, its resident memory then; seconds until all
leases were in memory, and its resident memory a few seconds later. Two lines before them are the machine's own pace:
how long it takes an interpreter to start and import nothing, and to count to ten million. --ended: percent of the
leases whose time is over. Caches of the disk are warm.
"""

import argparse
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gatekeeper.store.opening import open_store
from gatekeeper.wire.text import mac_text

_FIRST = 0x0A000100  # 10.0.1.0
_LEASE_S = 86_400
_CONFIG = """\
[store]
url = "sqlite:gatekeeper.db"

[binding]
port = "learn"

[radius]
listen_auth = []

[dhcp]
listen = ["127.0.0.1:6767"]
server_id = "127.0.0.1"

[[dhcp.subnet]]
network = "10.0.0.0/8"
pools = ["10.0.1.0-10.255.250.255"]
routers = ["10.0.0.1"]
dns = ["10.0.0.53"]
lease_s = 86400
"""
_LIMIT_S = 120.0
_SETTLE_S = 3.0


class Start(NamedTuple):
    """One start: seconds and MB."""

    ready_s: float
    ready_mb: float
    loaded_s: float
    later_mb: float


def boxes(count: int, first: int = _FIRST, first_mac: int | None = None) -> Iterator[tuple[str, str, str, int]]:
    """(MAC, account, port, address). The pool is full in no place and empty in none: each 16th address is left out.

    first_mac: of the first box, the others follow; None = scattered.
    """
    for number in range(count):
        scattered = 2 << 40 | number * 2654435761 % (1 << 40)
        mac = mac_text((scattered if first_mac is None else first_mac + number).to_bytes(6, "big"))
        port = f"CD-OLT-{number >> 12:04d}|0/{number >> 8 & 15}/{number >> 4 & 15}/1/0/{number & 15}"
        yield mac, f"028{number:08d}@itv", port, first + number + number // 15


def make_store(
    folder: Path, count: int, ended: int = 0, first: int = _FIRST, first_mac: int | None = None
) -> None:  # fmt: skip
    """A store of so many boxes; ended: percent of the leases that are over; first: the lowest address; first_mac: as
    in ``boxes``."""
    path = folder / "gatekeeper.db"
    open_store(f"sqlite:{path}", create=True).close()
    now = int(time.time())
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO accounts VALUES (?, 'sub', 'active', 20000, 4000, ?, 'learned', 0, '', 1, '', '', 'dhcp', ?, ?)",
        ((account, port, now, port) for _, account, port, _ in boxes(count, first, first_mac)),
    )
    connection.executemany(
        "INSERT INTO boxes VALUES (?, ?, '')",
        sorted((mac, account) for mac, account, _, _ in boxes(count, first, first_mac)),
    )
    connection.executemany(
        "INSERT INTO leases VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?, ?)",
        (
            (address, mac, account, port, end, end - _LEASE_S, end - _LEASE_S, b"\x01\x20" + port.encode(), b"\x01box")
            for number, (mac, account, port, address) in enumerate(boxes(count, first, first_mac))
            for end in [now + (-1 - number % 9999 if number % 100 < ended else 3600 + number * 7919 % 80_000)]
        ),
    )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _rss_mb(pid: int) -> float:
    with Path(f"/proc/{pid}/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def start_once(folder: Path) -> Start:
    """Serve over the store, and stop. Raises TimeoutError with what was said where it is not ready in time."""
    log = folder / "serve.log"
    words = [sys.executable, "-c", "from gatekeeper.cli import main; main()", "serve", "-c", str(folder / "gk.toml")]
    with log.open("wb") as out:
        began = time.monotonic()
        process = subprocess.Popen(words, stdout=out, stderr=out)
    try:
        ready_s = _until(log, "gatekeeper ready:", began)
        ready_mb = _rss_mb(process.pid)
        loaded_s = _until(log, "leases are read", began) if "leases are being read" in log.read_text() else ready_s
        time.sleep(_SETTLE_S)
        return Start(ready_s, ready_mb, loaded_s, _rss_mb(process.pid))
    finally:
        process.terminate()
        process.wait(30)


def _until(log: Path, text: str, began: float) -> float:
    while time.monotonic() < began + _LIMIT_S:
        if text in log.read_text():
            return time.monotonic() - began
        time.sleep(0.005)
    raise TimeoutError(f"no {text!r} in {_LIMIT_S} s:\n{log.read_text()}")


def _pace() -> tuple[float, float]:
    """Seconds that this machine takes just now to start an interpreter, and to count to ten million."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    started = time.monotonic()
    for _ in range(10_000_000):
        pass
    return started - began, time.monotonic() - started


def _build() -> str:
    import gatekeeper.state.pools

    kind = "pure" if str(gatekeeper.state.pools.__file__).endswith(".py") else "compiled"
    return f"{platform.python_implementation()} {platform.python_version()}, {kind}, SQLite {sqlite3.sqlite_version}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--boxes", type=int, default=1_000_000)
    reader.add_argument("--ended", type=int, default=0)
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--folder", type=Path)
    said = reader.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder: Path = said.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gk.toml").write_text(_CONFIG)
        if not (folder / "gatekeeper.db").exists():
            make_store(folder, said.boxes, said.ended)
        size = (folder / "gatekeeper.db").stat().st_size / 1e6
        _say(f"{_build()}; {said.boxes} boxes, {said.ended} % ended, {size:.0f} MB")
        _say("pace: {:.3f} s to start, {:.3f} s to count".format(*_pace()))
        for _ in range(said.rounds):
            one = start_once(folder)
            _say(
                f"ready {one.ready_s:.2f} s, {one.ready_mb:.0f} MB; all leases {one.loaded_s:.2f} s,"
                f" {one.later_mb:.0f} MB"
            )


if __name__ == "__main__":
    main()
