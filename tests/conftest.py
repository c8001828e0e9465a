"""What every test folder shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.engine.bench import Bench

# The machine that runs the tests may be busy: a slow example is no failure. Examples are the same on every run.
settings.register_profile("gatekeeper", deadline=None, max_examples=80, derandomize=True)
settings.load_profile("gatekeeper")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A gate with the usual configuration over an empty store in memory."""
    gate = Bench(tmp_path)
    yield gate
    gate.store.close()
