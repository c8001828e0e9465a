"""Trouble made on purpose for a process: a slow or failing disk, a clock that is set, without touching the machine.

``shim.c`` is put before the C library (ld.so(8), LD_PRELOAD) of the process that is to suffer; ``Faults`` says, while
it runs, what goes wrong.
"""

import ctypes
import errno
import mmap
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

_SOURCE: Final = Path(__file__).with_name("shim.c")


class _Page(ctypes.Structure):
    """As ``struct faults`` in shim.c."""

    _fields_ = (
        ("fsync_ms", ctypes.c_int32),
        ("fsync_errno", ctypes.c_int32),
        ("clock_s", ctypes.c_int64),
        ("synchronised", ctypes.c_int32),
        ("fsyncs", ctypes.c_int32),
    )


class Faults:
    """What goes wrong for whoever is started with ``env``."""

    def __init__(self, folder: Path) -> None:
        """folder: the shim is built there. Skips where there is no C compiler, and fails in CI."""
        library, page = folder / "shim.so", folder / "faults"
        _build(library)
        page.write_bytes(bytes(mmap.PAGESIZE))
        with page.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), mmap.PAGESIZE)
        self._page = _Page.from_buffer(self._memory)
        self.env = {"LD_PRELOAD": str(library), "GATE_FAULTS": str(page)}

    def fsync_takes(self, ms: int) -> None:
        """Each fsync and fdatasync takes so much longer."""
        self._page.fsync_ms = ms

    def fsync_fails(self, number: int = errno.EIO) -> None:
        """Each fsync and fdatasync fails with this; 0 = no longer."""
        self._page.fsync_errno = number

    def set_clock(self, seconds: int) -> None:
        """The wall clock is off by so much. Monotonic clock and time since boot go on as they are."""
        self._page.clock_s = seconds

    def synchronise(self, synchronised: bool) -> None:
        """adjtimex(2) says that the clock is synchronised, or (as from the start) that it is not."""
        self._page.synchronised = synchronised

    def fsyncs(self) -> int:
        """How many there were."""
        return int(self._page.fsyncs)


def _build(library: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        if os.environ.get("CI"):
            pytest.fail("no C compiler: apt install gcc libc6-dev")
        pytest.skip("no C compiler: apt install gcc libc6-dev")
    words = [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(library), str(_SOURCE), "-ldl"]
    subprocess.run(words, check=True, timeout=60)
