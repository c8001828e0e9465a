"""Connections that do not speak, and those that do not listen, over real sockets and uvicorn, with short patience."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from gatekeeper.api import connections
from gatekeeper.api.connections import Connection

PATIENCE_S = 10  # of the tests
REQUEST = b"GET /short HTTP/1.1\r\nHost: x\r\n\r\n"


class Server:
    """An application that answers at once, at length, or when it is let; on one loopback address."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self._heard = threading.Semaphore(0)
        self.listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            self._app, http=Connection, ws="none", loop="asyncio", lifespan="off", interface="asgi3", log_config=None,
            access_log=False, timeout_keep_alive=connections.KEEP_ALIVE_S, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve([self.listener])))
        self._thread.start()
        self._opened: list[socket.socket] = []

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body = b"short"
        self._heard.release()
        if scope["path"] == "/held":
            await asyncio.to_thread(self.release.wait, PATIENCE_S)
        if scope["path"] == "/body":
            while (await receive()).get("more_body"):
                pass
        if scope["path"] == "/long":
            body = bytes(32 << 20)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    def open(self, first: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
        """A connection on which this was sent."""
        made = socket.create_connection(self.listener.getsockname(), PATIENCE_S, source_address=(source, 0))
        self._opened.append(made)
        made.sendall(first)
        return made

    def ask(self, first: bytes, source: str = "127.0.0.1") -> socket.socket:
        """The same, once the headers of a request have been read of it."""
        made = self.open(first, source)
        assert self._heard.acquire(timeout=PATIENCE_S)
        return made

    def close(self) -> None:
        self.release.set()
        for one in self._opened:
            one.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Four connections at most, and a fraction of a second for everything."""
    for name in ("HEADERS_S", "STALL_S"):
        monkeypatch.setattr(connections, name, 0.3)
    monkeypatch.setattr(connections, "KEEP_ALIVE_S", 30)
    monkeypatch.setattr(Connection, "most", 4)
    made = Server()
    yield made
    made.close()


def _is_ended(one: socket.socket) -> bool:
    """Whether the other side has ended it, once it has said what it had to."""
    one.settimeout(PATIENCE_S)
    try:
        while one.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def _drips(one: socket.socket, octet: bytes) -> bool:
    """Whether it ends although an octet comes every now and then, within PATIENCE_S."""
    one.settimeout(0.05)
    for _ in range(int(PATIENCE_S / 0.05)):
        try:
            one.sendall(octet)
            with contextlib.suppress(TimeoutError):
                if not one.recv(65_536):
                    return True
        except ConnectionError:
            return True
    return False


def _answer(one: socket.socket) -> bytes:
    one.settimeout(PATIENCE_S)
    answer = b""
    while not answer.endswith(b"\r\n\r\nshort"):
        part = one.recv(65_536)
        assert part, answer
        answer += part
    return answer


def test_a_connection_that_does_not_speak_ends(server: Server) -> None:
    """From its beginning on."""
    assert _is_ended(server.open())


@pytest.mark.parametrize("begun", [b"", REQUEST], ids=["first request", "second request"])
def test_headers_have_a_time_in_all(server: Server, begun: bytes) -> None:
    """However often an octet of them comes; also those of a later request."""
    one = server.open(begun)
    if begun:
        assert _answer(one)
    one.sendall(b"GET /short HTTP/1.1\r\nX: ")
    assert _drips(one, b"x")


def test_a_body_that_nobody_reads_has_a_time_too(server: Server) -> None:
    """It is answered, and its octets still come."""
    one = server.open(b"GET /short HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
    assert _answer(one)
    assert _drips(one, b"x")


@pytest.mark.parametrize("path", ["/body", "/held"])
def test_a_request_and_its_answer_have_a_time_in_all(
    server: Server, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the body drips, or the answer does not come."""
    monkeypatch.setattr(connections, "ANSWER_S", 0.3)
    one = server.open(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n".encode())
    assert _drips(one, b"x")


def test_an_answer_that_takes_its_time_is_given(server: Server) -> None:
    """The time for headers is over with the headers, and a client that waits is not silent."""
    one = server.open(REQUEST.replace(b"/short", b"/held"))
    assert _is_ended(server.open())  # HEADERS_S have passed meanwhile
    server.release.set()
    assert _answer(one)
    one.sendall(REQUEST)
    assert _answer(one)


def test_an_answer_that_nobody_takes_ends(server: Server) -> None:
    """Its octets are in memory until then."""
    one = server.open(REQUEST.replace(b"/short", b"/long"))
    assert _is_ended(server.open()) and _is_ended(server.open())  # twice the time
    one.settimeout(PATIENCE_S)
    taken = 0
    with contextlib.suppress(ConnectionError):
        while part := one.recv(1 << 20):
            taken += len(part)
    assert taken < 32 << 20


def test_an_answer_that_is_taken_slowly_is_given(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than an answer of which nothing is taken may wait, but something is taken all the time."""
    monkeypatch.setattr(connections, "STALL_S", 0.6)
    one = server.open(REQUEST.replace(b"/short", b"/long"))
    one.settimeout(PATIENCE_S)
    taken = 0
    other = server.open()
    other.settimeout(0.02)
    for _ in range(60):
        taken += len(one.recv(1 << 16))
        with contextlib.suppress(TimeoutError, ConnectionError):
            other.recv(1)
    while taken < 32 << 20 and (part := one.recv(1 << 20)):
        taken += len(part)
    assert taken >= 32 << 20


def test_whoever_comes_is_let_in_and_the_longest_silent_goes(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """First who has asked nothing, then who is still asking; who is answered stays."""
    for name in ("HEADERS_S", "STALL_S"):
        monkeypatch.setattr(connections, name, 60.0)
    held = server.ask(REQUEST.replace(b"/short", b"/held"))
    asking = server.ask(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
    oldest, younger = server.open(), server.open()
    assert _answer(server.ask(REQUEST))
    assert _is_ended(oldest)
    for _ in range(9):
        assert _answer(server.ask(REQUEST))
    assert _is_ended(younger)
    asking.sendall(b"12345")
    assert _answer(asking)
    server.release.set()
    assert _answer(held)


def test_one_address_has_its_own_bound(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It pushes out its own silent ones, and not those of others; on the loopback everybody comes by one address."""
    monkeypatch.setattr(connections, "HEADERS_S", 60.0)
    monkeypatch.setattr(connections, "MAX_SILENT", 2)
    monkeypatch.setattr(Connection, "most", 100)
    monkeypatch.setattr(connections, "_LOOPBACK", "127.0.0.1")
    other = server.open(source="127.0.0.2")
    theirs = [server.open(source="127.0.0.3") for _ in range(2)]
    ours = [server.open() for _ in range(5)]
    held = [server.ask(REQUEST.replace(b"/short", b"/held"), "127.0.0.3") for _ in range(4)]
    assert _answer(server.ask(REQUEST, "127.0.0.3"))
    assert _is_ended(theirs[0])
    for one in (other, theirs[1], *ours):
        one.sendall(REQUEST)
        assert _answer(one)
    server.release.set()
    assert all(_answer(one) for one in held)


def test_half_of_the_files_are_for_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a process may have few open, the store and temporary files need theirs."""
    monkeypatch.setattr(connections.resource, "getrlimit", lambda what: (256, 256))
    assert connections.most_connections() == 128
    monkeypatch.setattr(connections.resource, "getrlimit", lambda what: (1 << 20, 1 << 20))
    assert connections.most_connections() == connections.MAX_CONNECTIONS
