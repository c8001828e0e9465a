"""What every test folder shares."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.engine.bench import Bench

# Every run meets other inputs, a fixed number of them, and a failure says how to repeat it (``@reproduce_failure``, or
# ``--hypothesis-seed=N``). A desk keeps what failed in .hypothesis/, so that it fails again until it is mended; a
# build machine starts from nothing each time. The machine may be busy: a slow example is no failure. None is explained:
# before Python 3.12 that traces every line, and a state machine that fails would end at the test's time limit unnamed.
_PHASES = [phase for phase in Phase if phase is not Phase.explain]
settings.register_profile("desk", deadline=None, max_examples=80, derandomize=False, print_blob=True, phases=_PHASES)
settings.register_profile("ci", settings.get_profile("desk"), database=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A gate with the usual configuration over an empty store in memory."""
    gate = Bench(tmp_path)
    yield gate
    gate.store.close()
