"""Connections, bounded in number and in time: one that does not speak, or does not listen, makes room for others.

Whoever comes is let in. Where there are too many, the one that has been silent for longest goes: first among those that
wait for a request of their client's, then among those whose request is still on its way, last among those that are
answered. So a thousand idle connections cost nobody an answer, whoever has opened them.
"""

import asyncio
import resource
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS: Final = 512
# Of one address, without those that are answered; a proxy on this machine speaks for everybody.
MAX_SILENT: Final = 64
HEADERS_S: Final = 10.0  # for the headers of a request, from its first octet on, or from the connection's beginning
KEEP_ALIVE_S: Final = 5
ANSWER_S: Final = 300.0  # for a request's body, and the whole of its answer
STALL_S: Final = 20.0  # for an answer of which nothing more is taken
_LOOPBACK: Final = "127."
_IDLE, _ASKING, _ANSWERED = range(3)


def most_connections() -> int:
    """How many there may be: half of the files that this process may open are for them."""
    return min(MAX_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


class Connection(H11Protocol):
    """One of them, with one deadline at a time, and one for what is written."""

    most = most_connections()
    _deadline: asyncio.TimerHandle | None = None
    _stalls: asyncio.TimerHandle | None = None
    _moved = 0.0  # when something was last heard of the client, by the loop's clock
    _known: object = None  # the cycle that the deadline is for

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._moved = self.loop.time()
        self._expect(HEADERS_S)
        make_room(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._moved = self.loop.time()
        if self.stage() == _IDLE and self._known is self.cycle is not None:
            # The first octets of another request; or of a body that nobody reads, which has to end, too.
            self._known = None
            self._expect(HEADERS_S)
        super().data_received(data)
        self._begin()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.stage() == _IDLE:
            # uvicorn ends it when it has been silent for KEEP_ALIVE_S; this is for what its client does not take.
            self._known = self.cycle
            self._expect(KEEP_ALIVE_S + STALL_S)
        self._begin()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._moved = self.loop.time()
        if self._stalls:
            self._stalls.cancel()
            self._stalls = None

    def stage(self) -> int:
        """What it waits for: its client's next request, the rest of one, or an answer."""
        if self.cycle is None or self.cycle.response_complete:
            return _IDLE
        return _ASKING if self.cycle.more_body else _ANSWERED

    def silence(self) -> tuple[int, float]:
        """Least for the one that is missed least."""
        return self.stage(), self._moved

    def _watch(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._stalls = self.loop.call_later(STALL_S, self._look, left)

    def _look(self, left: int) -> None:
        """Something of what was left to write has been taken, or it ends."""
        if self.transport.get_write_buffer_size() < left:
            self._watch()
        else:
            self.transport.abort()

    def _begin(self) -> None:
        """Another request has come, perhaps."""
        if self.stage() != _IDLE and self._known is not self.cycle:
            self._known = self.cycle
            self._expect(ANSWER_S)

    def _expect(self, within_s: float) -> None:
        self._calm()
        self._deadline = self.loop.call_later(within_s, self.transport.abort)

    def _calm(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


def make_room(newcomer: Connection) -> None:
    """End one that is silent where the newcomer is one too many, of its address or of all."""
    everybody = [one for one in newcomer.connections if isinstance(one, Connection)]
    others = [one for one in everybody if one is not newcomer and not one.transport.is_closing()]
    address = newcomer.client[0] if newcomer.client else ""
    if not address.startswith(_LOOPBACK):
        silent = [one for one in others if one.client and one.client[0] == address and one.stage() != _ANSWERED]
        if len(silent) >= MAX_SILENT:
            min(silent, key=Connection.silence).transport.abort()
            return
    if len(others) >= newcomer.most:
        min(others, key=Connection.silence).transport.abort()
