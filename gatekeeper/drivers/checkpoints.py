"""Checkpoints beside commits: what the log has is put into the main file, by a thread and a connection of its own.

Each costs two or three fsyncs. Inside a commit (SQLite's own after 1,000 pages) whoever waits for that commit would
wait for them too.
"""

import threading
from collections.abc import Callable
from typing import Final

from gatekeeper.store import StoreError
from gatekeeper.store.ports import WriterPort

_EFFECTS: Final = 2_000  # about as many pages; SQLite's own measure is 1,000
_COMMITS: Final = 100
_AGAIN_S: Final = 1.0  # where somebody reads what is older, or the disk fails
_END_S: Final = 1.0


class Checkpoints(threading.Thread):
    """Told of commits by the thread that makes them."""

    def __init__(self, open_store: Callable[[], WriterPort], failed: Callable[[str], object]) -> None:
        """open_store: a connection of its own, opened when the first one is due; failed: is told why one did not go."""
        super().__init__(name="checkpoints", daemon=True)
        self._open_store = open_store
        self._failed = failed
        self._due = threading.Event()
        self._stopping = threading.Event()
        self._effects = self._commits = 0
        self._log_is_long = False

    def written(self, effects: int, mark_is_long: bool) -> None:
        """A transaction is in the log. effects: how many it has."""
        self._effects += effects
        self._commits += 1
        if mark_is_long or self._effects >= _EFFECTS or self._commits >= _COMMITS:
            self._effects = self._commits = 0
            self._due.set()

    def log_is_long(self) -> bool:
        """True, once, if commits come so fast that this thread does not reach the end of the log, which therefore
        grows: the next checkpoint is the commit thread's own."""
        found, self._log_is_long = self._log_is_long, False
        return found

    def stop(self) -> None:
        """Nobody waits long for a disk that hangs."""
        self._stopping.set()
        self._due.set()
        if self.is_alive():
            self.join(_END_S)

    def run(self) -> None:
        self._due.wait()
        if self._stopping.is_set():
            return
        try:
            store = self._open_store()
        except StoreError as error:
            self._failed(str(error))
            return
        while not self._stopping.is_set():
            self._due.clear()
            if not self._checkpoint(store):
                self._stopping.wait(_AGAIN_S)
            self._due.wait()
        store.close()

    def _checkpoint(self, store: WriterPort) -> bool:
        try:
            whole = store.checkpoint()
        except StoreError as error:
            self._failed(str(error))
            return False
        self._log_is_long = store.log_is_long()
        return whole
