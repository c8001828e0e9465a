"""The fault: a hundred readers that ask for 60,000 rows each, and hang up, or never read what they have asked for."""

import json
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.boxes import MAC
from tests.clients.relay import RelayAgent
from tests.clients.trouble.api import Api, fill, may_open
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

ROWS = 60_000
READERS = 100
LONG = f"/api/v1/leases?limit={ROWS}"
GROWTH = 64 << 20  # octets


@pytest.fixture
def api(relayed: Callable[..., Relayed], tmp_path: Path) -> Api:
    """With a gate that serves 60,000 boxes."""
    may_open(1000)
    world = relayed()
    fill(tmp_path / "gatekeeper.db", ROWS)
    made = Api(world)
    world.gate.start()
    return made


def test_nothing_is_done_for_readers_who_have_left(api: Api) -> None:
    """All at once they ask and go: the processor rests within seconds, memory stays, and nobody else waits."""
    api.seconds("/api/v1/boxes?limit=1")
    before, used = api.rss(), api.cpu_s()
    for one in [api.open(api.request(LONG)) for _ in range(READERS)]:
        one.close()
    for path in ("/healthz", "/readyz", "/api/v1/boxes?limit=10"):
        assert api.seconds(path) < 1
    api.calm()
    assert api.cpu_s() - used < 10
    assert api.rss() - before < GROWTH


def test_readers_who_do_not_read_cost_no_memory(api: Api) -> None:
    """Some are answered as far as a socket goes, the others are told to come again; others are answered as ever."""
    api.seconds("/api/v1/boxes?limit=1")
    before = api.rss()
    readers = [api.open(api.request(LONG), receive_buffer=4096) for _ in range(READERS)]
    ended = time.monotonic() + 8
    while time.monotonic() < ended:
        assert api.seconds("/healthz") < 1
        assert api.seconds("/readyz") < 1
        assert api.ask("/api/v1/orders", {"order": "1", "kind": "install", "account": "A", "mac": MAC})[0] in (200, 201)
        assert api.rss() - before < GROWTH
    assert RelayAgent(api.world.relay).dora(MAC, b"line")
    for one in readers:
        one.close()
    api.calm()
    api.world.gate.assert_sound()


def test_a_reader_who_stays_has_every_row_once(api: Api) -> None:
    """In one answer, and in parts by their Links while orders come; beside readers who leave."""
    stop = threading.Event()

    def leave() -> None:
        while not stop.wait(0.1):
            api.open(api.request(LONG)).close()

    leaving = threading.Thread(target=leave)
    leaving.start()
    try:
        status, headers, rows = api.ask(LONG + "&total=true")
        assert (status, len(rows), headers["X-Total-Count"], headers["Link"]) == (200, ROWS, str(ROWS), None)
        path, parts = "/api/v1/leases?limit=9000", []
        while path:
            status, headers, part = api.ask(path)
            assert status == 200
            parts += part
            api.ask("/api/v1/orders", {"order": path, "kind": "install", "account": path[-20:]})
            link = re.fullmatch('<(.*)>; rel="next"', headers["Link"] or "")
            assert bool(link) is (headers["X-Truncated"] == "true")
            path = link[1] if link else ""
        assert parts == rows
    finally:
        stop.set()
        leaving.join()


def test_an_answer_that_is_cut_off_is_no_list(api: Api) -> None:
    """Where the API goes while it sends, what has come does not parse, and is shorter than was told."""
    reader = api.open(api.request(LONG), receive_buffer=4096)
    assert reader.recv(12, 0x100) == b"HTTP/1.1 200"  # MSG_WAITALL
    api.world.gate.kill()
    came = b""
    try:
        while part := reader.recv(1 << 20):
            came += part
    except ConnectionError:
        pass
    head, _, body = came.partition(b"\r\n\r\n")
    told = re.search(rb"content-length: (\d+)", head.lower())
    assert told and len(body) < int(told[1])
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(body)
