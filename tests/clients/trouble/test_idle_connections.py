"""The fault: a thousand connections to the API that say nothing, or say it octet by octet."""

import contextlib
import socket
import time
from collections.abc import Callable

import pytest

from tests.clients.boxes import MAC
from tests.clients.relay import RelayAgent
from tests.clients.trouble.api import Api, may_open
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

MANY = 1000
PATHS = ("/healthz", "/readyz", "/api/v1/boxes")
BODY = b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n"


@pytest.fixture
def api(relayed: Callable[..., Relayed]) -> Api:
    """With a gate that serves."""
    world = relayed()
    made = Api(world)
    world.gate.start()
    return made


def _many(api: Api, first: bytes) -> list[socket.socket]:
    return [api.open(first) for _ in range(min(MANY, may_open(MANY + 500) - 400))]


@pytest.mark.parametrize(
    "first", [b"", b"GET /healthz HTTP/1.1\r\nX: ", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"],
    ids=["silent", "half a header", "answered and kept open"],
)  # fmt: skip
def test_everybody_is_answered_beside_a_thousand_that_do_not_speak(api: Api, first: bytes) -> None:
    """From the same address, within a second, while the thousand go on coming; and the gate serves its boxes."""
    agent = RelayAgent(api.world.relay)
    opened = _many(api, first)
    for path in PATHS:
        assert api.seconds(path) < 1
    more = _many(api, first)
    assert api.seconds("/healthz") < 1
    assert api.ask("/api/v1/orders", {"order": "1", "kind": "install", "account": "A", "mac": MAC})[0] == 201
    assert agent.dora(MAC, b"line")
    api.world.gate.assert_sound()
    for one in opened + more:
        one.close()


def test_a_thousand_that_drip_are_ended(api: Api) -> None:
    """An octet every second is no reason to stay: headers have ten seconds in all; others are answered meanwhile."""
    opened = _many(api, b"GET /healthz HTTP/1.1\r\nX: ")
    began = time.monotonic()
    while opened and time.monotonic() - began < 15:
        opened = [one for one in opened if _drips(one)]
        assert api.seconds("/readyz") < 1
        time.sleep(0.5)
    assert not opened


def test_bodies_that_drip_are_answered_by_the_clock(api: Api) -> None:
    """408 after thirty seconds in all would take too long here: what is watched is that they keep nobody waiting."""
    token = (api.folder / "api.token").read_text().strip()
    opened = _many(api, BODY + f"Authorization: Bearer {token}\r\n\r\n[".encode())
    for path in PATHS:
        assert api.seconds(path) < 1
    assert sum(_drips(one) for one in opened) <= 512
    assert api.seconds("/readyz") < 1


def _drips(one: socket.socket) -> bool:
    """Whether it still stands."""
    one.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        try:
            one.send(b"x")
            return bool(one.recv(100))
        except ConnectionError:
            return False
    return True
