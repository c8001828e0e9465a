"""One run of one server: started afresh, its phases measured, each again where others disturbed it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.phases import PHASES, WINDOW, Phase, pool_of
from tests.benchmarks.place import Running, Wire
from tests.benchmarks.quiet import DISTURBED, foreign_percent, process_s, rss_mb, spent, wait_for_quiet
from tests.benchmarks.servers import Server

_READY_S = 120.0
_TRIES = 3
Figures = dict[str, Any]
Say = Callable[[str], None]


class Means(NamedTuple):
    """What measurements need. generator: the words that run ``gatekeeper bench``; seconds: of each; patience_s: how
    long a quiet machine is waited for."""

    pair: Wire
    generator: Sequence[str]
    seconds: float
    patience_s: float
    say: Say


def measured_run(server: Server, kind: str, folder: Path, means: Means) -> dict[str, Figures]:
    """The figures of each phase of that kind of run. Raises RuntimeError."""
    folder.mkdir(parents=True)
    command = server.prepare(folder, pool_of(kind))
    running = Running(means.pair, folder, command.words, command.env)
    found: dict[str, Figures] = {}
    try:
        ready_s = running.wait_until(lambda: _answers(server, means), _READY_S)
        for phase in (phase for phase in PHASES if phase.of == kind):
            if phase.first:
                _load(means, phase.first, 120)
            found[phase.name] = _undisturbed(running, phase, found, means)
            found[phase.name] |= {"ready_s": round(ready_s, 2), "rss_mb": round(rss_mb(running.pid), 1)}
    finally:
        running.stop()
    return found


def _load(means: Means, words: Sequence[str], limit_s: float) -> Figures:
    return means.pair.load([*means.generator, "bench", *words, "-o", "json"], limit_s)


def _answers(server: Server, means: Means) -> bool:
    """One exchange of one box, tried for a short time."""
    phase = next(one for one in PHASES if one.of == ("written" if server.protocol == "dhcp" else "radius"))
    try:
        row = _load(means, [*phase.verb, "--number", "1", "--duration", "0.5", "--timeout", "0.2"], 20)
    except RuntimeError:
        return False
    return bool(row["done"])


def _undisturbed(running: Running, phase: Phase, before: dict[str, Figures], means: Means) -> Figures:
    """The least disturbed of a few tries; a phase that uses boxes up has one."""
    best: Figures = {}
    for _ in range(1 if phase.number else _TRIES):
        quiet = wait_for_quiet(means.patience_s)
        row = _once(running, phase, before, means)
        if not best or row["foreign_percent"] < best["foreign_percent"]:
            best = row | {"quiet": quiet}
        if best["foreign_percent"] <= DISTURBED:
            break
    return best


def _once(running: Running, phase: Phase, before: dict[str, Figures], means: Means) -> Figures:
    pace = ["--window", str(WINDOW), "--duration", f"{means.seconds:g}"]
    if phase.half_of:
        rate = max(2, round(before[phase.half_of]["per_s"] / 2))
        pace = ["--rate", str(rate), "--window", "4096", "--duration", f"{means.seconds:g}"]
    if phase.number:
        pace = ["--window", str(WINDOW), "--number", str(phase.number), "--duration", f"{2 * means.seconds:g}"]
    start, server_s = spent(), process_s(running.pid)
    row = _load(means, [*phase.verb, *pace], 10 * means.seconds + 60)
    server_s = process_s(running.pid) - server_s
    answered = max(1, row["sent"] // (2 if phase.verb[0] == "dhcp" else 1))
    if row["wrong"]:
        raise RuntimeError(f"{phase.name}: wrong answers: {row['wrongs']}")
    return row | {
        "server_us": round(1e6 * server_s / answered, 2),
        "foreign_percent": foreign_percent(start, spent(), server_s),
    }
