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
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from gatekeeper.api.app import make_app
from gatekeeper.api.backing import Backing
from gatekeeper.config.load import load_file
from gatekeeper.store import StoreError

MAX_CONNECTIONS: Final = 128
MAX_HEADERS: Final = 16_384
KEEP_ALIVE_S: Final = 5
FIRST_REQUEST_S: Final = 10.0
_END_S: Final = 2
_NICE: Final = 5


class Patience(H11Protocol):
    """A connection that has not brought the headers of a request within FIRST_REQUEST_S makes room for another."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._deadline = self.loop.call_later(FIRST_REQUEST_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None:
            self._calm()

    def _calm(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self.cycle is None:
            self.transport.close()


class _Server(uvicorn.Server):
    """Tells whoever started it when it answers."""

    def __init__(self, config: uvicorn.Config, ready: int) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
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
        make_app(backing), http=Patience, ws="none", loop="asyncio", lifespan="off", interface="asgi3",
        log_config=None, access_log=False, server_header=False, proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS, timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=_END_S,
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
