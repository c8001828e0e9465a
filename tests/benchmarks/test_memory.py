"""Ten million packets leave the memory of a gate as they found it, in both builds: mypyc had leaks as late as 2.2."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "packets",
    [
        pytest.param(100_000, id="a hundred thousand"),
        pytest.param(10_000_000, id="ten million", marks=[pytest.mark.nightly, pytest.mark.timeout(3600)]),
    ],
)
def test_packets_leave_no_memory_behind(packets: int) -> None:
    """In a process of its own, whose memory nobody else moves."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", str(packets)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=3500)
    assert done.returncode == 0, done.stdout + done.stderr
