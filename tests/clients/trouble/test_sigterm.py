"""Fault: the gate is told to end while something hangs. It is gone within five seconds, and its child with it."""

import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gatekeeper.store.sqlite.schema import VERSION
from gatekeeper.wire.dhcp import DISCOVER, REQUEST
from tests.clients.boxes import MAC
from tests.clients.gate import GATEKEEPER
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed
from tests.faults import Faults

pytestmark = pytest.mark.clients

END_S = 5.0
AT_ONCE_S = 1.0
_API = '\n[api]\nlisten = "127.0.0.1:8067"\n'
_END = [signal.SIGTERM, signal.SIGINT]


@pytest.fixture
def world(relayed: Callable[..., Relayed]) -> Relayed:
    """One installed box, HTTP, no gate running yet."""
    made = relayed()
    made.gate.file.write_text(made.gate.file.read_text() + _API)
    made.gate.install(MAC, "028123456@itv")
    return made


@pytest.fixture
def locked(world: Relayed) -> Iterator[Callable[[], sqlite3.Connection]]:
    """Called, it has somebody hold the store's lock until the test is over."""
    held: list[sqlite3.Connection] = []

    def lock() -> sqlite3.Connection:
        held.append(sqlite3.connect(world.gate.file.with_name("gatekeeper.db"), isolation_level=None))
        held[-1].execute("BEGIN EXCLUSIVE")
        return held[-1]

    yield lock
    for one in held:
        one.close()


def descendants(pid: int) -> list[int]:
    """Processes that this one has started, and those that they have."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += [int(child) for child in (task / "children").read_text().split()]
    return sorted({*children, *(one for child in set(children) for one in descendants(child))})


def is_gone(pid: int) -> bool:
    """No process, or one that only waits for being asked how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "Z"
    except FileNotFoundError:
        return True


def ended(world: Relayed, *numbers: int, within_s: float = END_S, apart_s: float = 0.3) -> str:
    """These signals, apart_s from each other: exit code 0 in time, no child and no control socket left. Its log."""
    process = world.gate.process
    assert process
    children = descendants(process.pid)
    for at, number in enumerate(numbers):
        time.sleep(apart_s if at else 0)
        process.send(number)
    began = time.monotonic()
    assert process.wait(END_S + 5) == 0, process.text()
    assert time.monotonic() - began < within_s, process.text()
    wait_until(lambda: all(map(is_gone, children)), 1, "no child left")
    assert not world.gate.file.with_name("gatekeeper.db.gate").exists()
    assert "Traceback" not in process.text() and "bug:" not in process.text()
    return process.text()


def ask_for_lease(agent: RelayAgent) -> int:
    """DISCOVER, OFFER, and a REQUEST that waits for the disk; its xid."""
    offer = agent.answer_to(agent.ask(DISCOVER, MAC, b"line"))
    assert offer
    return agent.ask(REQUEST, MAC, b"line", {50: offer.yiaddr.to_bytes(4, "big"), 54: offer.options[54]})


def held_by(world: Relayed) -> list[object]:
    return world.gate.show("leases", "--mac", MAC)


@pytest.mark.parametrize("number", _END)
def test_somebody_holds_the_stores_lock(world: Relayed, locked: Callable[[], sqlite3.Connection], number: int) -> None:
    """What could not be written was never acknowledged, and is told."""
    world.gate.start()
    agent = RelayAgent(world.relay)
    locked()
    asked = ask_for_lease(agent)
    assert "the store could not be written in time: 1 answers" in ended(world, number)
    assert agent.answer_to(asked, timeout_s=0.2) is None


def test_the_lock_is_given_back_in_time(world: Relayed, locked: Callable[[], sqlite3.Connection]) -> None:
    """Then what was promised is written and told before the end."""
    world.gate.start()
    agent = RelayAgent(world.relay)
    other = locked()
    asked = ask_for_lease(agent)
    assert world.gate.process
    world.gate.process.send(signal.SIGTERM)
    assert agent.answer_to(asked, timeout_s=0.5) is None
    other.execute("ROLLBACK")
    assert agent.answer_to(asked, timeout_s=2)
    assert world.gate.process.wait(END_S) == 0
    assert held_by(world)


def test_the_disk_hangs(world: Relayed, tmp_path: Path) -> None:
    """An fsync that takes a minute."""
    faults = Faults(tmp_path)
    world.gate.env = faults.env
    world.gate.start()
    agent = RelayAgent(world.relay)
    assert agent.dora(MAC, b"line")
    faults.fsync_takes(60_000)
    asked = ask_for_lease(agent)
    assert agent.answer_to(asked, timeout_s=0.3) is None
    assert "the store could not be written in time: 1 answers" in ended(world, signal.SIGTERM)
    faults.fsync_takes(0)
    assert held_by(world)


def test_the_api_hangs(world: Relayed) -> None:
    """Its process is stopped (SIGSTOP), and hears no signal but one."""
    world.gate.start()
    assert world.gate.process
    (api,) = descendants(world.gate.process.pid)
    os.kill(api, signal.SIGSTOP)
    assert ended(world, signal.SIGTERM).endswith("gatekeeper stopped\n")


def test_a_gate_that_is_killed_takes_a_hung_api_with_it(world: Relayed) -> None:
    """Else the next one finds its port taken, and its store in use."""
    world.gate.start()
    assert world.gate.process
    (api,) = descendants(world.gate.process.pid)
    os.kill(api, signal.SIGSTOP)
    world.gate.kill()
    wait_until(lambda: is_gone(api), 1, "the API's end")
    assert world.gate.start() < END_S


def test_a_reload_is_going_on(world: Relayed) -> None:
    """Which reads 4,000 clients, and may be cut short anywhere."""
    world.gate.start()
    client = '\n[[radius.client]]\nname = "n{0}"\nipaddr = "10.99.{1}.{2}"\nsecret = "a-long-secret"\n'
    with world.gate.file.open("a") as file:
        file.writelines(client.format(n, n // 250, n % 250 + 1) for n in range(4_000))
    ended(world, signal.SIGHUP, signal.SIGTERM, apart_s=0.1)


def files_of(descriptors: Path) -> list[str]:
    """Their names; one may be closed while they are looked at."""
    found = []
    for one in descriptors.iterdir():
        with suppress(FileNotFoundError):
            found.append(one.readlink().name)
    return found


def test_it_has_not_begun_to_serve(world: Relayed, locked: Callable[[], sqlite3.Connection]) -> None:
    """A start that waits for a lock: an older store that is to be upgraded, and somebody holds it."""
    other = locked()
    other.execute("ROLLBACK")
    other.execute(f"PRAGMA user_version = {VERSION - 1}")
    other.execute("BEGIN EXCLUSIVE")
    world.gate.process = world.gate.spawn()
    opened = Path(f"/proc/{world.gate.process.pid}/fd")
    wait_until(lambda: any("gatekeeper.db" in name for name in files_of(opened)), 5, "the store opened")
    ended(world, signal.SIGTERM, within_s=AT_ONCE_S + 1)
    assert "gatekeeper ready" not in world.gate.log()


def test_nobody_reads_the_log(world: Relayed) -> None:
    """A pipe that is full: the log's writer hangs for good."""
    reader, writer = os.pipe()
    words = world.space.words("env", "-u", "PYTHONUNBUFFERED", *GATEKEEPER, "serve", "-c", str(world.gate.file))
    os.set_blocking(writer, False)
    try:
        with subprocess.Popen(words, stderr=writer, stdin=subprocess.DEVNULL) as process:
            agent = RelayAgent(world.relay)
            wait_until(lambda: agent.dora(MAC, b"line", timeout_s=0.3), 10, "a lease")
            while True:
                try:
                    os.write(writer, bytes(512))
                except BlockingIOError:
                    break
            os.set_blocking(writer, True)
            for _ in range(200):
                agent.dora(MAC, b"line", timeout_s=0.1)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(END_S) == 0
            assert time.monotonic() - began < 3.5  # nothing else hangs
    finally:
        os.close(reader)
        os.close(writer)


def test_a_nas_does_not_answer_a_disconnect(world: Relayed) -> None:
    """Nor do those wait who ask HTTP at that moment."""
    world.gate.start()
    with world.space.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.connect(("127.0.0.1", 8067))
        one.sendall(b"GET /healthz HTTP/1.1\r\n")
        ended(world, signal.SIGTERM)


@pytest.mark.parametrize("second", _END)
def test_a_second_signal_ends_it_at_once(world: Relayed, locked: Callable[[], sqlite3.Connection], second: int) -> None:
    """Whatever the first one waits for; nothing is left behind."""
    world.gate.start()
    assert world.gate.process
    (api,) = descendants(world.gate.process.pid)
    os.kill(api, signal.SIGSTOP)
    locked()
    ask_for_lease(RelayAgent(world.relay))
    assert "told to a second time" in ended(world, signal.SIGTERM, second, within_s=AT_ONCE_S)
