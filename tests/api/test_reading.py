"""Long reads: some at a time, and only for as long as somebody waits."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from starlette.requests import ClientDisconnect

from gatekeeper.api import reading
from gatekeeper.api.reading import Asker, Busy, Left, ReadingRoom
from tests.api.client import Api, said

LEAVES = {"type": "http.disconnect"}


class _Client:
    """One who waits for an answer, and can leave."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def receive(self) -> dict[str, object]:
        """As uvicorn has it: the request, and then nothing before its end."""
        await self.left.wait()
        return LEAVES


class _Work:
    """Work in pieces that goes on until it is told to end, or that nobody waits for it."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()
        self.may_end = threading.Event()
        self.pieces = 0

    def __call__(self, asker: Asker) -> str:
        self.begun.set()
        try:
            while not self.may_end.wait(0.001):
                self.pieces += 1
                asker.stay()
            return "read"
        finally:
            self.ended.set()


async def _seen(happens: threading.Event) -> None:
    assert await asyncio.to_thread(happens.wait, 10)


def test_what_was_read_is_given() -> None:
    """And what went wrong is raised."""

    async def story() -> None:
        room, client = ReadingRoom(1), _Client()
        assert await room.read(client.receive, lambda asker: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await room.read(client.receive, lambda asker: 1 // 0)

    asyncio.run(story())


def test_work_for_one_who_has_left_ends_at_its_next_piece() -> None:
    """And so does the wait for it."""

    async def story() -> None:
        room, client, work = ReadingRoom(1), _Client(), _Work()
        asked = asyncio.create_task(room.read(client.receive, work))
        await _seen(work.begun)
        client.left.set()
        with pytest.raises(ClientDisconnect):
            await asked
        await _seen(work.ended)
        assert not work.may_end.is_set()

    asyncio.run(story())


def test_nothing_is_begun_for_one_who_left_while_he_waited() -> None:
    """The seat is the next one's."""

    async def story() -> None:
        room, (first, second, third) = ReadingRoom(1), (_Client() for _ in range(3))
        long, never = _Work(), _Work()
        reading_first = asyncio.create_task(room.read(first.receive, long))
        await _seen(long.begun)
        waiting = asyncio.create_task(room.read(second.receive, never))
        await asyncio.sleep(0)
        second.left.set()
        with pytest.raises(ClientDisconnect):
            await waiting
        long.may_end.set()
        assert await reading_first == "read"
        assert await room.read(third.receive, lambda asker: "next") == "next"
        assert not never.begun.is_set()

    asyncio.run(story())


def test_one_who_waits_too_long_is_told_and_one_who_is_read_for_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience is for the seat."""
    monkeypatch.setattr(reading, "PATIENCE_S", 0.05)

    async def story() -> None:
        room, client, long, never = ReadingRoom(1), _Client(), _Work(), _Work()
        asked = asyncio.create_task(room.read(client.receive, long))
        await _seen(long.begun)
        with pytest.raises(Busy):
            await room.read(client.receive, never)
        long.may_end.set()
        assert await asked == "read"
        assert not never.begun.is_set()

    asyncio.run(story())


def test_an_end_from_outside_ends_the_work() -> None:
    """As when the process goes: no thread keeps it."""

    async def story() -> None:
        room, client, work = ReadingRoom(1), _Client(), _Work()
        asked = asyncio.create_task(room.read(client.receive, work))
        await _seen(work.begun)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await _seen(work.ended)

    asyncio.run(story())


def test_left_is_raised_only_after_leaving() -> None:
    """stay() is no hindrance before."""
    asker = Asker()
    asker.stay()
    asker.leave()
    with pytest.raises(Left):
        asker.stay()


@pytest.mark.parametrize("path", ["/api/v1/boxes", "/api/v1/timeline?key=A", "/api/v1/explain?key=A"])
def test_who_finds_no_seat_is_told_when_to_come_again(api: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with Retry-After (RFC 9110 15.6.4, 10.2.3), and no word of the store, which is sound."""

    async def full(self: ReadingRoom, receive: object, work: Callable[[Asker], object]) -> object:
        raise Busy

    monkeypatch.setattr(ReadingRoom, "read", full)
    answer = api.ask("GET", path, headers={"Authorization": f"Bearer {api.token}"})
    assert said(answer) == (503, "")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["remedy"]
