"""A few thousand of the mutants that ``python -m tests.fuzz.mutants`` makes by the million: other ones each time."""

import random
from pathlib import Path

import pytest

from tests.fuzz.mutants import PROTOCOLS, InProcess, mutants, run

_COUNT = 3000


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_mutant_raises_or_writes_a_control_character(name: str, tmp_path: Path) -> None:
    """The seed is in what a failure prints."""
    seed = random.SystemRandom().randrange(1 << 32)
    broken = run(InProcess(PROTOCOLS[name], tmp_path), mutants(PROTOCOLS[name], _COUNT, seed), _COUNT)
    assert not broken, f"seed {seed}: {broken}"
