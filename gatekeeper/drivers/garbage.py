"""Cyclic garbage of the packet process: looked for when there is nothing else to do, at most once a minute.

Messages and facts are tuples without cycles: reference counts free them, and walking hundreds of thousands of them
again and again would find nothing.
"""

import gc
from typing import Final

EVERY_S: Final = 60.0


class Garbage:
    """While one of these is there, the collector does not run by itself."""

    def __init__(self) -> None:
        gc.disable()
        self._next = 0.0

    def idle(self, now: float) -> None:
        """There is time: collect, if it is long ago. What is left then is not looked at again."""
        if now >= self._next:
            self._next = now + EVERY_S
            gc.collect()
            gc.freeze()
