"""What a gate has still to do when it serves already: read the leases on record, then look boxes up ahead.

Both go on between packets, some milliseconds at a time. See ``drivers.memory`` for what holds meanwhile.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from gatekeeper.drivers.log import Log
from gatekeeper.drivers.memory import Ahead, LeaseReader
from gatekeeper.heart.engines import Engines
from gatekeeper.model import Reason
from gatekeeper.state.ranges import Ranges
from gatekeeper.state.world import World
from gatekeeper.store import StoreError

_SLICE_S: Final = 0.005
_AGAIN_S: Final = 1.0


class Beginning:
    """Over with when there is nothing more to do."""

    def __init__(self, reader: LeaseReader, ahead: Ahead, log: Log, on_read: Callable[[], None]) -> None:
        """on_read: what begins when all leases are read."""
        self._reader, self._ahead, self._log = reader, ahead, log
        self._on_read: Callable[[], None] | None = on_read
        self._began = time.monotonic()
        self._not_before = 0.0
        self._reading = reader.is_reading()
        if self._reading:
            log.say(
                f"note: leases are being read, {reader.leases} so far: boxes go on with those they have, and who has"
                " none waits for one"
            )

    def look_ahead(self, seconds: float) -> None:
        """Before the first packet, where all leases are read already: look boxes up for so long. Raises StoreError."""
        if not self._reading:
            self._ahead.look_on(seconds)

    def read_fixed(self) -> None:
        """Orders are about to fix other addresses: whose they are must be known. Raises StoreError."""
        self._reader.read_fixed()

    def patience(self, now: float) -> float:
        """How long the loop may wait for packets."""
        return max(self._not_before - now, 0.0)

    def go_on(self, now: float, idle: bool) -> bool:
        """Do some more; what is done ahead only where there is nothing else to do. False: there is nothing left."""
        if now < self._not_before:
            return True
        try:
            if self._reading:
                self._reading = self._reader.read_on(_SLICE_S)
                if not self._reading:
                    took = time.monotonic() - self._began
                    self._log.say(f"note: leases are read: {self._reader.leases}, {took:.1f} s after the start")
                return True
            if self._on_read:
                self._on_read()
                self._on_read = None
            return not idle or self._ahead.look_on(_SLICE_S)
        except StoreError as error:
            self._log.alarm(f"{Reason.STORE_UNAVAILABLE}: {error}", now)
            self._not_before = now + _AGAIN_S
            return True


class Memory(NamedTuple):
    """What is made of the store before the first packet. ranges: what the world's pools give out; seq: the end of the
    change feed before the world was read."""

    engines: Engines
    world: World
    ranges: Ranges
    seq: int
    beginning: Beginning | None = None  # what is still to be read of it
