"""How ``serve`` ends: within END_S of being told to, whatever hangs, and at once if it is told twice.

Signals are read by a thread of their own, by Python's wakeup descriptor: the main thread may be in SQLite, in an
upgrade that takes minutes, or waiting for a disk. Leaving early costs nothing that was acknowledged, since that is on
disk before: the exit code is 0 in every case.
"""

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from typing import Final

from gatekeeper.drivers.log import Log
from gatekeeper.drivers.supervisor import Supervisor

# The whole budget: seconds from the signal until each of these is over, done or not.
DRAINED_S: Final = 2.5  # what is promised is written and told
API_S: Final = 3.5
SENDER_S: Final = 3.8
LOGGED_S: Final = 4.2
LAST_LINES_S: Final = 1.0  # for them alone: a log that nobody reads is not worth the whole of it
END_S: Final = 4.5
# timeout(1) and some supervisors send one signal twice, to the process and to its group.
_TOGETHER_S: Final = 0.2
_LAST_WORDS_S: Final = 0.2
_TOLD_TO_END: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class Ending(threading.Thread):
    """The signals of this process. From its making on they wait, and are heard when the thread has been started."""

    def __init__(self, supervisor: Supervisor) -> None:
        """In the main thread."""
        super().__init__(name="signals", daemon=True)
        self.supervisor = supervisor
        self.log: Log | None = None
        self._reader, writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (*_TOLD_TO_END, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._lock = threading.Lock()
        self._began = 0.0
        self._end: Callable[[], object] | None = None
        self._hang_up: Callable[[], object] | None = None
        self._left_behind: list[Callable[[], object]] = []

    def serve(self, end: Callable[[], object], hang_up: Callable[[], object]) -> None:
        """From here on there is something to be brought to an end. end: called once, in this thread, and must return at
        once; hang_up: SIGHUP."""
        with self._lock:
            self._end, self._hang_up = end, hang_up

    def leave_nothing(self, undo: Callable[[], object]) -> None:
        """undo: called when the process leaves before its time; takes no longer than a moment."""
        self._left_behind.append(undo)

    def left_s(self, by_s: float) -> float:
        """Seconds until by_s after the signal; 0.0 if that is over."""
        return max(self._began + by_s - time.monotonic(), 0.0)

    def run(self) -> None:
        while True:
            patience_s = self.left_s(END_S) if self._began else None
            ready, _, _ = select.select([self._reader], [], [], patience_s)
            if not ready:
                self._leave("gatekeeper stopped: not all of it ended in time")
            for number in os.read(self._reader, 64):
                self._hear(number)

    def _hear(self, number: int) -> None:
        with self._lock:
            end, hang_up = self._end, self._hang_up
        if number == signal.SIGHUP:
            # While it starts, the file has just been read or is about to be.
            if hang_up and not self._began:
                hang_up()
        elif self._began:
            time.sleep(max(self._began + _TOGETHER_S - time.monotonic(), 0.0))
            self._leave("gatekeeper stopped at once: it was told to a second time")
        else:
            self._began = time.monotonic()
            self.supervisor.stopping()
            if end is None:
                self._leave("gatekeeper stopped before it served")
            else:
                end()

    def _leave(self, why: str) -> None:
        for undo in self._left_behind:
            with contextlib.suppress(Exception):
                undo()
        if self.log:
            self.log.say(why)
        self.leave()

    def leave(self) -> None:
        """The end. Threads may be waiting for a disk or a log's reader, and Python's own end would wait for them."""
        if self.log:
            self.log.stop(_LAST_WORDS_S)
        os._exit(0)
