"""What each step of a packet's way costs, in *beats*: ``python -m tests.benchmarks.costs`` prints the rows of BUDGETS.

A beat is the CPU time of a fixed loop of plain Python in the same process at the same moment, so that a busy machine, a
slow one and another Python (nearly) cancel out. Medians of ROUNDS, each a beat and a step beside each other.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from gatekeeper.drivers.commit import write_batch
from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION, DHCP
from gatekeeper.model import Datagram, Effect
from gatekeeper.policy.binding import judge
from gatekeeper.policy.dhcp_rules import judge_dhcp
from gatekeeper.reply.dhcp import DhcpReplies
from gatekeeper.reply.radius import RadiusReplies, accounting_reply
from gatekeeper.report.build import COMPILED, build
from gatekeeper.store.opening import open_store
from gatekeeper.wire import dhcp, radius
from gatekeeper.wire.radius_accounting import read_report
from tests.benchmarks.inside import LAP_S, Inside
from tests.engine import bench

# (protocol, step) -> what it cost when it was last looked at, uncompiled and compiled; Debian's 3.11.2. Whoever makes a
# step faster writes the lower figure down, and whoever has to make one dearer says why in the commit.
BUDGETS: Final = {
    ("dhcp", "decode"): (0.09, 0.047),
    ("dhcp", "judge"): (0.21, 0.06),
    ("dhcp", "render"): (0.057, 0.034),
    ("dhcp", "whole"): (1.3, 0.35),
    ("dhcp", "commit"): (0.34, 0.29),
    ("access", "decode"): (0.1, 0.043),
    ("access", "judge"): (0.034, 0.01),
    ("access", "render"): (0.198, 0.158),
    ("access", "whole"): (0.89, 0.5),
    ("accounting", "decode"): (0.34, 0.172),
    ("accounting", "render"): (0.04, 0.027),
    ("accounting", "whole"): (1.07, 0.455),
    ("accounting", "commit"): (0.36, 0.32),
}
SLACK = 1.3  # the figures repeat within a tenth, where eight others are busy too; a commit's within a quarter
COMMIT_SLACK = 1.6

ROUNDS = 15
_AT_LEAST_S = 0.02  # of CPU time for each figure
BATCH = 64  # outcomes a commit


class Step(NamedTuple):
    """run does the step ``times`` times."""

    protocol: str
    name: str
    times: int
    run: Callable[[], object]


def beat() -> int:
    """What packet code is made of: slices, numbers of octets, dicts, tuples, attributes, calls."""
    data, found, total = bytes(range(240)), {}, 0
    for at in range(0, 200, 4):
        value = int.from_bytes(data[at : at + 4], "big")
        found[at] = (value, data[at : at + 2])
        total += len(found) + (found.get(at - 4) or (1,))[0] % 7
    return total


def steps(inside: Inside, folder: Path) -> Iterator[Step]:
    """Decode, judge, render and commit of each protocol, and the whole heart: from receive to told, without a disk."""
    yield from _of_dhcp(inside)
    yield from _of_access(inside)
    yield from _of_accounting(inside)
    for protocol, tape in (("dhcp", "dora"), ("access", "access"), ("accounting", "accounting")):
        yield Step(protocol, "whole", len(inside.tapes[tape]), lambda tape=tape: inside.play(tape))
    yield from _commits(inside, folder)


def _of_dhcp(inside: Inside) -> Iterator[Step]:
    engine, now = inside.bench.dhcp, inside.now
    datagrams = [datagram for _, datagram in inside.tapes["dora"]]
    yield Step("dhcp", "decode", len(datagrams), lambda: [dhcp.decode(one.data) for one in datagrams])
    questions = _questions(inside, DHCP, datagrams)
    yield Step("dhcp", "judge", len(questions), lambda: [judge_dhcp(engine.case(one, now)) for one in questions])
    grant, address, server = DhcpReplies(inside.bench.book).grant, bench.FIRST, bench.SERVER
    granted = [(one.message, engine.case(one, now).subnet) for one in questions]
    yield Step(
        "dhcp", "render", len(granted),
        lambda: [grant(dhcp.OFFER, asked, address, server, subnet, "", "") for asked, subnet in granted],
    )  # fmt: skip


def _of_access(inside: Inside) -> Iterator[Step]:
    engine = inside.bench.radius
    datagrams = [datagram for _, datagram in inside.tapes["access"]]
    yield Step("access", "decode", len(datagrams), lambda: [radius.decode(one.data) for one in datagrams])
    questions = _questions(inside, AUTHENTICATION, datagrams)
    yield Step("access", "judge", len(questions), lambda: [judge(engine.case(one)) for one in questions])
    accept = RadiusReplies(inside.bench.book).accept
    bound = [(one.packet, one.nas, one.mac, engine.case(one).binding) for one in questions]
    yield Step("access", "render", len(bound), lambda: [accept(*one, bench.FIRST) for one in bound])


def _of_accounting(inside: Inside) -> Iterator[Step]:
    datagrams = [datagram for _, datagram in inside.tapes["accounting"]]
    now = inside.now
    yield Step(
        "accounting", "decode", len(datagrams),
        lambda: [read_report(radius.decode(one.data), one.source, now) for one in datagrams],
    )  # fmt: skip
    asked = [(one.packet, one.nas) for one in _questions(inside, ACCOUNTING, datagrams)]
    yield Step("accounting", "render", len(asked), lambda: [accounting_reply(*one) for one in asked])


def _questions(inside: Inside, mouth: str, datagrams: list[Datagram]) -> list[Any]:
    """Of these datagrams, read; all that is asked of the world is known to it."""
    mouths = inside.bench.engines.mouths()
    engine = {DHCP: mouths.dhcp, AUTHENTICATION: mouths.authentication, ACCOUNTING: mouths.accounting}[mouth]
    inside.now += LAP_S
    return [engine.read(one, inside.now) for one in datagrams]


def _commits(inside: Inside, folder: Path) -> Iterator[Step]:
    """Of what each protocol has to last, into a store in a file; CPU time has no fsync in it."""
    for protocol, tape in (("dhcp", "dora"), ("accounting", "accounting")):
        store = open_store(f"sqlite:{folder / protocol}.db", create=True)
        batches = list(_effects(inside, tape))

        def commit(store=store, batches=batches) -> None:
            for effects, at_ms, sizes in batches:
                write_batch(store, effects, at_ms, sizes, "costs")

        yield Step(protocol, "commit", sum(len(sizes) for _, _, sizes in batches), commit)
        store.close()


def _effects(inside: Inside, tape: str) -> Iterator[tuple[list[Effect], list[int], list[int]]]:
    heart = inside.bench.heart
    for name, datagrams in inside.rounds((tape,), BATCH if tape == "accounting" else 2 * BATCH):
        heart.receive(name, datagrams, None, inside.now)
        inside.bench.supply.meet(inside.now)
        batch = heart.next_batch()
        if batch:
            heart.committed(batch.number, frozenset(), inside.now)
            yield batch.effects, batch.at_ms, batch.sizes
        heart.told()


def beats_of(step: Step) -> float:
    """What doing the step once costs."""
    laps = _laps(step.run)
    beats = _laps(beat)
    return median(
        (_spent_s(step.run, laps) / laps / step.times) / (_spent_s(beat, beats) / beats) for _ in range(ROUNDS)
    )


def _laps(run: Callable[[], object]) -> int:
    run()
    return max(1, round(_AT_LEAST_S / max(_spent_s(run, 1), 1e-9)))


def _spent_s(run: Callable[[], object], times: int) -> float:
    begin = time.process_time()
    for _ in range(times):
        run()
    return time.process_time() - begin


def allowed(protocol: str, name: str) -> float:
    """At most so many beats, in the build that runs."""
    slack = COMMIT_SLACK if name == "commit" else SLACK
    return BUDGETS[protocol, name][build() == COMPILED] * slack


def main() -> None:
    """One line a step."""
    sys.stdout.write(f"{build()}, Python {'.'.join(map(str, sys.version_info[:3]))}\n")
    with tempfile.TemporaryDirectory() as folder:
        for step in steps(Inside(Path(folder)), Path(folder)):
            cost, most = beats_of(step), allowed(step.protocol, step.name)
            sys.stdout.write(f"{step.protocol:10} {step.name:7} {cost:7.3f}, at most {most:.3f}\n")


if __name__ == "__main__":
    main()
