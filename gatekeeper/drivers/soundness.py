"""The store is looked through for damage while the gate serves: in a thread of its own, on a connection of its own."""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

from gatekeeper.drivers.log import Log
from gatekeeper.store import StoreError
from gatekeeper.store.checking import SoundnessPort

_NICE: Final = 19  # packets come first
_STOP_S: Final = 1.0


class Soundness(threading.Thread):
    """Once after each start. A table at a time, so that the log beside the store can be emptied between two."""

    def __init__(self, open_store: Callable[[], SoundnessPort], log: Log, found: Callable[[str], object]) -> None:
        """found: is told of damage, in this thread."""
        super().__init__(name="soundness", daemon=True)
        self._open_store, self._log, self._found = open_store, log, found
        self._store: SoundnessPort | None = None
        self._stopped = False

    def run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        self._log.say("note: the store is being checked for damage while it is served")
        began = time.monotonic()
        try:
            self._store = self._open_store()
            try:
                for part in self._store.parts_to_check():
                    if not self._stopped:
                        self._store.check_part(part)
            finally:
                self._store.close()
        except StoreError as error:
            self._found(str(error))
            return
        if not self._stopped:
            self._log.say(f"note: the store is sound: that took {time.monotonic() - began:.1f} s")

    def stop(self) -> None:
        """End it, wherever it is."""
        self._stopped = True
        if self._store:
            self._store.interrupt()
        if self.is_alive():
            self.join(_STOP_S)
