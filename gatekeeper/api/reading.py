"""Reading for long: some at a time, in threads of their own, and only as long as somebody waits for it.

Orders, /healthz and /readyz have other threads, and never wait behind a reader.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

_Found = TypeVar("_Found")

PATIENCE_S: Final = 20.0


class Busy(Exception):  # noqa: N818 - a state, and no error of anybody's
    """Too many are being answered already: it is to be asked again later."""


class Left(Exception):  # noqa: N818
    """Whoever asked has gone: what is being done for him may end anywhere."""


class Asker:
    """Who waits for what is being read. ``stay`` is called by the thread that reads, between its pieces."""

    def __init__(self) -> None:
        self._gone = threading.Event()

    def stay(self) -> None:
        """Raises Left."""
        if self._gone.is_set():
            raise Left

    def leave(self) -> None:
        self._gone.set()


class ReadingRoom:
    """A room with some seats. Who has waited for one for PATIENCE_S is told to come again."""

    def __init__(self, seats: int) -> None:
        self._readers = ThreadPoolExecutor(seats, thread_name_prefix="reader")

    async def read(self, receive: Receive, work: Callable[[Asker], _Found]) -> _Found:
        """What work returns. receive: of the request, by which its end is heard of. Raises Busy, ClientDisconnect, and
        whatever work raises.

        One who has gone is not worked for any longer than up to the next piece, and not at all if he still waited.
        """
        asker = Asker()
        job = self._readers.submit(work, asker)
        reading = asyncio.wrap_future(job)
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((reading, leaving), timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
            if not leaving.done() and job.cancel():
                raise Busy
            await asyncio.wait((reading, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done() or reading.cancelled():
                raise ClientDisconnect
            return reading.result()
        finally:
            asker.leave()
            job.cancel()
            leaving.cancel()
            reading.add_done_callback(_forget)


def _forget(reading: "asyncio.Future[_Found]") -> None:
    """Nobody waits for how it ended."""
    with contextlib.suppress(asyncio.CancelledError):
        reading.exception()


async def _gone(receive: Receive) -> None:
    """Returns when the client has left. A request that is only read has no body that anybody would miss."""
    while (await receive())["type"] != "http.disconnect":
        pass
