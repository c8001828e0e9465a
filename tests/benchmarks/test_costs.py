"""Budgets, so that a slow change is seen the day it comes. Opt-in, as they take half a minute of CPU time."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.report.build import COMPILED, build
from tests.benchmarks.costs import BUDGETS, Step, allowed, beats_of, steps
from tests.benchmarks.inside import Inside

WANTED = "GATEKEEPER_TEST_BUDGETS"
# A figure that is out of bounds is taken again: what else the machine did for a moment is over then.
_TRIES = 3


def found(step: Step) -> Iterator[float]:
    """Figures until one is within bounds."""
    for _ in range(_TRIES):
        yield (beats := beats_of(step))
        if beats <= allowed(step.protocol, step.name):
            return


@pytest.mark.timeout(600)
@pytest.mark.skipif(os.environ.get(WANTED) != "1", reason=f"half a minute of CPU time: set {WANTED}=1")
def test_no_step_costs_more_than_its_budget(tmp_path: Path) -> None:
    """Each step that has a budget is there, and each that is there has one."""
    dear, seen = [], set()
    for step in steps(Inside(tmp_path), tmp_path):
        what = step.protocol, step.name
        seen.add(what)
        cost, usual = min(found(step)), BUDGETS[what][build() == COMPILED]
        if cost > allowed(*what):
            dear.append(
                f"{step.protocol} {step.name} ({build()}): {cost:.3f} beats, {cost / usual:.2f} times the {usual} that"
                f" it used to cost; at most {allowed(*what):.3f}"
            )
    assert not dear, "\n".join((*dear, "tests/benchmarks/costs.py has the table and what a beat is"))
    assert seen == set(BUDGETS)
