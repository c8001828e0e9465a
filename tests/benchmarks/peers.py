"""How fast is the gate beside Kea, ISC dhcpd and FreeRADIUS? One generator, one machine, the same minutes.

    sudo .venv/bin/python -m tests.benchmarks.peers [--readme] [--gate VENV]… [--rounds 3] [--seconds 4]

Needs root, two cores, iproute2, util-linux. Peers are Debian's packages; one that is not installed is named and left
out. --gate: a virtual environment with gatekeeper in it, made with the Python that counts; given twice, a compiled and
a pure one are measured side by side. The generator is ``gatekeeper bench`` of --generator, of the first gate else.

Each server runs on core 0 in a network namespace, the generator on core 1 in another, a veth pair between them; 64
exchanges outstanding, every answer verified. Rounds interleave the servers and start each afresh. A measurement waits
for a quiet machine, and is made again where others used over a tenth of a core meanwhile. Ratios are medians over the
rounds, each of figures of one round; in brackets the least and the greatest.

Kea does not fsync its leases, FreeRADIUS's detail file is not fsynced; gatekeeper, dhcpd and SQLite have on disk what
they acknowledge. gatekeeper reads its boxes from orders; Kea and dhcpd give anybody an address of the pool.
"""

import argparse
import fcntl
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks import million
from tests.benchmarks.dhcp_peers import DHCPD, KEA
from tests.benchmarks.gate import Build, build_of, gate, make_store
from tests.benchmarks.measuring import Figures, Means, measured_run
from tests.benchmarks.phases import RATIOS, RUNS, Ratio
from tests.benchmarks.place import GENERATOR_CORE, wire
from tests.benchmarks.quiet import DISTURBED
from tests.benchmarks.radius_peers import FILES, SQLITE
from tests.benchmarks.servers import Server, program

FAILED, BELOW = 1, 3
BEGIN, END = "<!-- peers -->", "<!-- /peers -->"
PEERS = (KEA, DHCPD, FILES, SQLITE)
# By server, for each round its phases.
Results = dict[str, list[dict[str, Figures]]]


def say(text: str) -> None:
    """How far it is, beside what is printed."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own = Path(sys.executable).parent.parent
    parser.add_argument("--gate", type=Path, action="append", metavar="VENV", help=f"[{own}]")
    parser.add_argument("--generator", type=Path, metavar="VENV", help="whose bench plays the boxes [the first gate]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of one measurement")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait for a quiet machine, each time")
    parser.add_argument("--only", choices=("dhcp", "radius", "million"))
    parser.add_argument("--readme", action="store_true", help="put what is printed into README.md too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--store-dir", type=Path, metavar="DIR", help="stores and lease files go here; no tmpfs")
    parser.add_argument("--assert", dest="check", action="store_true", help=f"exit {BELOW} where a ratio is too small")
    said = parser.parse_args()
    said.gate = said.gate or [own]
    if said.rounds < 1 or said.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    if os.geteuid() != 0 or (os.cpu_count() or 1) < 2:
        parser.error("root and two cores are needed")
    return said


@contextmanager
def alone_here() -> Iterator[None]:
    """Wait until no other run of this program measures on this machine."""
    with (Path(tempfile.gettempdir()) / "gkbench.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def rounds(said: argparse.Namespace, builds: list[Build], folder: Path, means: Means) -> Results:
    """All servers, interleaved, as often as asked for."""
    made = {build.venv: make_store(build, folder / f"store-{at}") for at, build in enumerate(builds)}
    peers = [peer for peer in PEERS if said.only in (None, peer.protocol)]
    for peer in [peer for peer in peers if not program(peer.binary)]:
        say(f"{peer.label} is not installed (Debian package {peer.package}): left out")
        peers.remove(peer)
    found: Results = {}
    for number in range(said.rounds):
        for kind in dict.fromkeys(kind for kinds in RUNS.values() for kind in kinds):
            protocol = "radius" if kind == "radius" else "dhcp"
            if said.only not in (None, protocol):
                continue
            own = [gate(build, protocol, made[build.venv], kind != "young") for build in builds]
            for at, server in enumerate([*own, *(peer for peer in peers if kind in RUNS[peer.name])]):
                of_server = found.setdefault(server.name, [{} for _ in range(said.rounds)])
                place = folder / f"{number}-{kind}-{at}"
                of_server[number] |= run_of(server, kind, place, number, means)
    return found


def run_of(server: Server, kind: str, place: Path, number: int, means: Means) -> dict[str, Figures]:
    """One run, told as it ends. One that fails is told, and has no figures."""
    try:
        phases = measured_run(server, kind, place, means)
    except RuntimeError as error:
        say(f"round {number + 1} {server.label}: {kind} FAILED: {error}")
        return {}
    for name, row in phases.items():
        foreign = f"  others {row['foreign_percent']:.0f} %" if row["foreign_percent"] > DISTURBED else ""
        say(
            f"round {number + 1} {server.label:32} {name:9} {row['per_s']:>9,.0f}/s  server {row['server_us']:6.1f} µs"
            f"  p50 {row['p50_us']:,.0f} p99 {row['p99_us']:,.0f} µs  failed {row['failed_percent']:.2f} %"
            f"  generator idle {row['idle_percent']:.0f} %{foreign}"
        )
    return phases


def ratios_of(row: Ratio, own: list[dict[str, Figures]], peer: list[dict[str, Figures]]) -> list[float]:
    """One a round that has both."""
    return [
        ours[row.phase][row.figure] / theirs[row.peer_phase][row.figure]
        for ours, theirs in zip(own, peer, strict=True)
        if row.phase in ours and row.peer_phase in theirs and theirs[row.peer_phase][row.figure]
    ]


def _median(rows: list[dict[str, Figures]], phase: str, figure: str) -> float:
    return statistics.median(row[phase][figure] for row in rows if phase in row)


def table(results: Results, builds: list[Build]) -> tuple[list[str], list[str]]:
    """The rows of the markdown table, and which ratios are below what they must be."""
    lines, below = [], []
    labels = {peer.name: peer.label for peer in PEERS}
    for build in builds:
        own = results.get(f"gatekeeper, {build.kind}", [])
        for row in RATIOS:
            found = ratios_of(row, own, results[row.peer]) if row.peer in results else []
            if not found:
                continue
            ratio = statistics.median(found)
            ours, theirs = _median(own, row.phase, row.figure), _median(results[row.peer], row.peer_phase, row.figure)
            lines.append(
                f"| {row.says} | {build.kind} | {ours:,.0f} | {labels[row.peer]} | {theirs:,.0f}"
                f" | **{ratio:.2f}** ({min(found):.2f}–{max(found):.2f}) |"
            )
            if row.least and ratio < row.least:
                below.append(f"{row.says} / {labels[row.peer]}, {build.kind}: {ratio:.2f}, wanted {row.least:g}")
    return lines, below


def many(said: argparse.Namespace, builds: list[Build], folder: Path, means: Means) -> tuple[list[str], Any]:
    """The lines about many boxes, and all figures."""
    made = million.stores(folder)
    lines, raw = [], {}
    for at, build in enumerate(builds):
        sizes: dict[int, list[million.Size]] = {million.FEW: [], million.MANY: []}
        herds: list[million.Herd] = []
        for number in range(said.rounds):
            for count, found in sizes.items():
                place = folder / f"{number}-{count}-{at}"
                found.append(million.measured(build, made[count], count, place, means))
                say(f"round {number + 1} gatekeeper, {build.kind}: {count:,} boxes: {found[-1]}")
            place = folder / f"{number}-herd-{at}"
            herds.append(million.herd(build, made[million.HERD], place, means))
            say(f"round {number + 1} gatekeeper, {build.kind}: {herds[-1]}")
        lines += [_size_line(build, sizes), _herd_line(build, herds)]
        raw[build.kind] = {"sizes": sizes, "herds": herds}
    return lines, raw


def _many_or_told(said: argparse.Namespace, builds: list[Build], folder: Path, means: Means) -> tuple[list[str], Any]:
    """The same; where it fails that is told, and what was measured before is not lost."""
    try:
        return many(said, builds, folder, means)
    except RuntimeError as error:
        say(f"many boxes FAILED: {error}")
        return [], {}


def _size_line(build: Build, sizes: dict[int, list[million.Size]]) -> str:
    lots = sizes[million.MANY]
    found = [one.per_s / other.per_s for one, other in zip(lots, sizes[million.FEW], strict=True)]
    ready_s, rss = statistics.median(one.ready_s for one in lots), statistics.median(one.rss_mb for one in lots)
    return (
        f"- 1,000,000 boxes against 10,000, {build.kind}: **{statistics.median(found):.2f}** of the rate"
        f" ({min(found):.2f}–{max(found):.2f}), ready in {ready_s:.1f} s, {rss:.0f} MB."
    )


def _herd_line(build: Build, herds: list[million.Herd]) -> str:
    bound_s = statistics.median(one.bound_s for one in herds)
    return (
        f"- 100,000 boxes that boot in one second, {build.kind}: all bound in {bound_s:.1f} s,"
        f" {max(one.most_tries for one in herds)} tries at most, {max(one.lost for one in herds)} without a lease."
    )


def described(said: argparse.Namespace, builds: list[Build], results: Results, kind: str) -> str:
    """What was measured with."""
    peers = ", ".join(f"{peer.label.split(',')[0].split(' (')[0]} {peer.told_version()}" for peer in PEERS
                      if peer.name in results and peer is not SQLITE)  # fmt: skip
    gates = "; ".join(f"{one.kind}, Python {one.python}, SQLite {one.sqlite}" for one in builds)
    rows = [row for server in results.values() for phases in server for row in phases.values()]
    others = f"; others used {max(row['foreign_percent'] for row in rows):.0f} % of a core at most" if rows else ""
    return (
        f"gatekeeper {gates}{f'; {peers}' if peers else ''}; one server core, 64 exchanges outstanding,"
        f" {said.rounds} rounds of {said.seconds:g} s, {kind}, Linux {platform.release()} {platform.machine()}{others}."
    )


def told_apart(builds: list[Build]) -> list[Build]:
    """Two of one kind are named by their folders as well."""
    kinds = [build.kind for build in builds]
    return [
        build if kinds.count(build.kind) == 1 else build._replace(kind=f"{build.kind} {build.venv}") for build in builds
    ]


def put_into_readme(text: str) -> None:
    """In place of what stands between the two marks."""
    readme = Path(__file__).parents[2] / "README.md"
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise RuntimeError(f"{readme} has no {BEGIN} with {END} behind it")
    readme.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def run(said: argparse.Namespace) -> int:
    """All that was asked for; the exit code."""
    builds = told_apart([build_of(venv.absolute()) for venv in said.gate])
    player = build_of(said.generator.absolute()) if said.generator else builds[0]
    with alone_here(), tempfile.TemporaryDirectory(prefix="gkbench-", dir=said.store_dir) as name, wire() as pair:
        folder = Path(name)
        folder.chmod(0o755)
        kind = subprocess.run(["stat", "-f", "-c", "%T", name], capture_output=True, text=True).stdout.strip()
        if kind in ("tmpfs", "ramfs"):
            raise RuntimeError(f"{folder} is on {kind}, where an fsync costs nothing: give --store-dir on a disk")
        means = Means(pair, player.words(), said.seconds, said.patience, say)
        results = rounds(said, builds, folder, means) if said.only != "million" else {}
        lines, raw = _many_or_told(said, builds, folder, means) if said.only in (None, "million") else ([], {})
        told, below = table(results, builds)
        head = ["| | build | gatekeeper /s | beside | /s | ratio |", "|---|---|---|---|---|---|"]
        parts = ["\n".join(head + told) if told else "", "\n".join(lines), described(said, builds, results, kind)]
        text = "\n\n".join(part for part in parts if part)
    sys.stdout.write(f"{text}\n")
    if said.readme:
        put_into_readme(text)
    if said.json:
        said.json.write_text(json.dumps({"servers": results, "million": raw}, indent=1) + "\n")
    for line in below:
        say(f"below what is wanted: {line}")
    return BELOW if said.check and below else 0


def main() -> int:
    """Exit 0, 1 where something failed to run, 3 below the wanted ratios with --assert."""
    said = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    os.sched_setaffinity(0, {GENERATOR_CORE})
    try:
        return run(said)
    except KeyboardInterrupt:
        say("interrupted")
        return FAILED
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        say(f"peers: {error}")
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
