"""The process: uvicorn over the socket that serve has bound, its limits, its signals."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import uvicorn

from gatekeeper.api.app import make_app
from gatekeeper.api.backing import Backing
from gatekeeper.api.connections import KEEP_ALIVE_S, Connection
from gatekeeper.config.load import load_file
from gatekeeper.store import StoreError

MAX_HEADERS: Final = 16_384
# So many connections are accepted before anything else is done: what one has sent is read before it is old.
_AT_ONCE: Final = 32
_BACKLOG: Final = 1024  # those that the kernel keeps meanwhile
_END_S: Final = 2
_NICE: Final = 5


class _Server(uvicorn.Server):
    """Has the kernel keep enough of those who come, and tells whoever started it when it answers."""

    def __init__(self, config: uvicorn.Config, ready: int) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for one in sockets or ():
            # asyncio has one number for both; listen(2) may be called again.
            one.listen(_BACKLOG)
        if self.started:
            os.write(self._ready, b"1")
            os.close(self._ready)


def serve(config: Path, listener: int, ready: int, store_url: str) -> None:
    """Answer until SIGTERM, or until standard input ends: then whoever started this is gone.

    listener: descriptor of a bound socket; ready: of a pipe that gets one octet once requests are answered; store_url:
    the store that serve has. Raises ConfigError, TokenError.
    """
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    os.nice(_NICE)  # Packets come first.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="api: %(message)s")
    # A request that is none is told so by its 400; a flood of these is not to fill the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    settings = load_file(config)
    if settings.api is None:
        # Written anew while this process came up: serve will read it too, and start this one or not.
        sys.exit("api: the configuration has no [api] by now: nothing is answered")
    backing = Backing(settings._replace(store_url=store_url))
    with suppress(StoreError):  # which is told to whoever asks
        backing.confirm()
    try:
        asyncio.run(_run(_Server(_limits(backing), ready), backing, socket.socket(fileno=listener)))
    finally:
        backing.close()


def _limits(backing: Backing) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(backing), http=Connection, ws="none", loop="asyncio", lifespan="off", interface="asgi3",
        log_config=None, access_log=False, server_header=False, proxy_headers=False,
        backlog=_AT_ONCE, timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=_END_S,
        h11_max_incomplete_event_size=MAX_HEADERS,
    )  # fmt: skip


async def _run(server: uvicorn.Server, backing: Backing, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Future[str]] = set()

    def reload() -> None:
        # In a thread: reading dictionaries takes a while, and requests go on meanwhile.
        task = loop.run_in_executor(None, backing.reload)
        tasks.add(task)
        task.add_done_callback(lambda done: _say(done.result()))
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    await server.serve(sockets=[listener])


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _end_with_parent() -> None:
    """A parent that was killed cannot end its child; its end of the pipe closes all the same."""
    while os.read(0, 1):
        pass
    os._exit(1)
