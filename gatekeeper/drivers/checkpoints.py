"""Checkpoints beside commits: what the log has is put into the main file, on a slow disk by a thread and a connection
of its own.

Each costs two or three fsyncs. Inside a commit (SQLite's own after 1,000 pages) whoever waits for that commit would
wait for them too. On a fast disk the commit thread makes them between two commits: so the log begins anew each time,
and to write over what it had is cheaper than to have its file grow.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from gatekeeper.store import StoreError
from gatekeeper.store.ports import WriterPort

# Each holds commits up for two or three milliseconds: so often that of a hundred answers not one meets it.
_EFFECTS: Final = 32_000
_COMMITS: Final = 1_000
FAST_S: Final = 0.02  # a transaction on a disk that is not slow
_FORCED_S: Final = 10.0
_AGAIN_S: Final = 1.0  # where somebody reads what is older, or the disk fails
_END_S: Final = 1.0


class Checkpoints(threading.Thread):
    """Told of commits by the thread that makes them."""

    def __init__(self, open_store: Callable[[], WriterPort], failed: Callable[[str], object]) -> None:
        """open_store: a connection of its own, opened when the first one is due; failed: is told why one did not go."""
        super().__init__(name="checkpoints", daemon=True)
        self._open_store = open_store
        self._failed = failed
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._effects = self._commits = 0
        self._is_due = self._log_is_long = False
        self._forced_at = 0.0

    def written(self, effects: int, mark_is_long: bool) -> None:
        """A transaction is in the log. effects: how many it has."""
        self._effects += effects
        self._commits += 1
        if mark_is_long or self._effects >= _EFFECTS or self._commits >= _COMMITS:
            self._effects = self._commits = 0
            self._is_due = True

    def see_to(self, store: WriterPort, took_s: float) -> None:
        """Between two transactions of this store, when whoever waits for the last one, which took so long, is told.

        A log that grows because commits come so fast that the other thread does not reach its end is minded here on a
        slow disk too.
        """
        now = time.monotonic()
        if self._log_is_long and now >= self._forced_at:
            self._forced_at = now + _FORCED_S
            self._checkpoint(store)
            self._log_is_long = False
        elif self._is_due and took_s < FAST_S:
            self._checkpoint(store)
        elif self._is_due:
            self._wake.set()
        self._is_due = False

    def stop(self) -> None:
        """Nobody waits long for a disk that hangs."""
        self._stopping.set()
        self._wake.set()
        if self.is_alive():
            self.join(_END_S)

    def run(self) -> None:
        self._wake.wait()
        if self._stopping.is_set():
            return
        try:
            store = self._open_store()
        except StoreError as error:
            self._failed(str(error))
            return
        while not self._stopping.is_set():
            self._wake.clear()
            if not self._checkpoint(store):
                self._stopping.wait(_AGAIN_S)
            if not self._stopping.is_set():
                self._wake.wait()
        store.close()

    def _checkpoint(self, store: WriterPort) -> bool:
        try:
            whole = store.checkpoint()
        except StoreError as error:
            self._failed(str(error))
            return False
        self._log_is_long = store.log_is_long()
        return whole
