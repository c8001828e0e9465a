"""The shim does what it says: a test that relies on trouble which was never made would prove nothing."""

import errno
import subprocess
import sys
import time
from pathlib import Path

from tests.faults import Faults

_SAY = """
import ctypes, os, time
began = time.monotonic()
try:
    os.fsync(os.open("file", os.O_CREAT | os.O_WRONLY))
    failed = 0
except OSError as error:
    failed = error.errno
libc = ctypes.CDLL(None)
print(failed, time.monotonic() - began, time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))
print(libc.adjtimex(ctypes.create_string_buffer(512)))
"""


def say(faults: Faults, folder: Path) -> list[str]:
    """errno of an fsync, how long it took, wall clock, time since boot, what adjtimex returns."""
    words = [sys.executable, "-c", _SAY]
    return subprocess.run(words, cwd=folder, env=faults.env, capture_output=True, text=True, check=True).stdout.split()


def test_without_trouble_all_is_as_it_is(tmp_path: Path) -> None:
    failed, _, wall, _, state = say(Faults(tmp_path), tmp_path)
    assert (failed, state) == ("0", "5")
    assert abs(float(wall) - time.time()) < 5


def test_each_trouble_is_what_it_is_called(tmp_path: Path) -> None:
    faults = Faults(tmp_path)
    faults.fsync_takes(50)
    faults.fsync_fails(errno.EIO)
    faults.set_clock(7200)
    faults.synchronise(True)
    failed, took, wall, boot, state = say(faults, tmp_path)
    assert (failed, state) == (str(errno.EIO), "0")
    assert float(took) >= 0.05
    assert abs(float(wall) - time.time() - 7200) < 5
    assert abs(float(boot) - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5
    assert faults.fsyncs() == 1
