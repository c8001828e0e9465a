"""HTTP through the real service: what it promises when processes end, and that orders reach the boxes at once."""

import http.client
import json
import os
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.wire.dhcp import DISCOVER
from tests.clients.boxes import MAC
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

_PORT = 8067
_LISTEN = f"127.0.0.1:{_PORT}"


class _Client:
    """Requests to the API in the gate's namespace."""

    def __init__(self, world: Relayed) -> None:
        self._world = world
        self._folder = world.gate.file.parent

    def ask(self, method: str, path: str, values: object = None) -> tuple[int, Any]:
        """(status, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", _PORT, timeout=10)
        connection.sock = self._world.space.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.sock.settimeout(10)
        connection.sock.connect(("127.0.0.1", _PORT))
        token = (self._folder / "api.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Connection": "close"}
        connection.request(method, path, json.dumps(values) if values is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if "json" in (answer.getheader("Content-Type") or "") else text

    def order(self, number: str, kind: str = "install", **fields: object) -> int:
        """The status."""
        return self.ask("POST", "/api/v1/orders", {"order": number, "kind": kind, "account": "A", **fields})[0]


@pytest.fixture
def world(relayed: Callable[..., Relayed]) -> Relayed:
    """A gate with [api], no box installed, not started."""
    made = relayed()
    made.gate.file.write_text(made.gate.file.read_text() + f'\n[api]\nlisten = "{_LISTEN}"\n')
    return made


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] or [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def _api_pid(world: Relayed) -> int:
    assert world.gate.process
    [pid] = _children(world.gate.process.pid)
    return pid


def test_an_order_takes_effect_at_the_boxs_next_packet(world: Relayed) -> None:
    """Refused until it is posted, served at once, refused at once."""
    world.gate.start()
    agent, client = RelayAgent(world.relay), _Client(world)
    assert f" api {_LISTEN} " in world.gate.log()
    for number in range(3):
        assert agent.answer_to(agent.ask(DISCOVER, MAC, b"line"), timeout_s=0.3) is None
        assert client.order(f"i{number}", mac=MAC) == 201
        assert agent.answer_to(agent.ask(DISCOVER, MAC, b"line"))
        assert client.order(f"c{number}", "cancel") == 201
    assert client.order("i9", mac=MAC) == 201
    address = agent.dora(MAC, b"line")
    [lease] = client.ask("GET", f"/api/v1/leases?mac={MAC}")[1]
    assert (lease["address"], lease["state"]) == (address, "active")
    assert client.ask("DELETE", f"/api/v1/leases/{address}")[0] == 200
    assert client.ask("GET", "/readyz") == (200, {"status": "ready"})
    world.gate.assert_sound()


def test_the_gate_goes_on_when_the_api_is_killed(world: Relayed) -> None:
    """kill -9: boxes do not notice, the API comes back within seconds, and requests sent meanwhile are answered."""
    world.gate.start()
    agent, client = RelayAgent(world.relay), _Client(world)
    assert client.order("1", mac=MAC) == 201
    agent.dora(MAC, b"line")
    first = _api_pid(world)
    os.kill(first, signal.SIGKILL)
    began = time.monotonic()
    answered: list[int] = []
    asking = threading.Thread(target=lambda: answered.append(client.order("2", "suspend")))
    asking.start()
    while asking.is_alive():
        assert agent.answer_to(agent.ask(DISCOVER, MAC, b"line"), timeout_s=1) or answered or not asking.is_alive()
        asking.join(0.05)
    assert answered == [201]
    assert time.monotonic() - began < 10
    assert _api_pid(world) != first
    assert "alarm: api: ended by SIGKILL" in world.gate.log()
    wait_until(lambda: world.gate.counted("api.ended") == 1, 5, "the end of the API counted")
    assert agent.answer_to(agent.ask(DISCOVER, MAC, b"line"), timeout_s=0.3) is None  # suspended
    world.gate.assert_sound()


def test_two_clients_with_the_same_order_at_once(world: Relayed) -> None:
    """One 201 and one 200, each time."""
    world.gate.start()
    client = _Client(world)
    for number in range(10):
        answers: list[int] = []
        both = threading.Barrier(2)

        def hand_in(order: str, both: threading.Barrier = both, answers: list[int] = answers) -> None:
            both.wait()
            answers.append(client.order(order, mac=MAC))

        threads = [threading.Thread(target=hand_in, args=(str(number),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200, 201]


def test_both_end_within_five_seconds_and_start_again(world: Relayed) -> None:
    """SIGTERM: no child is left, with a request of nobody's still open."""
    world.gate.start()
    child = _api_pid(world)
    idle = world.space.socket(socket.AF_INET, socket.SOCK_STREAM)
    idle.connect(("127.0.0.1", _PORT))
    assert world.gate.stop() == 0
    assert world.gate.log().endswith("gatekeeper stopped\n")
    assert not Path(f"/proc/{child}").exists()
    world.gate.start()
    assert _Client(world).ask("GET", "/api/v1/boxes") == (200, [])


def test_a_killed_gate_leaves_no_api_behind(world: Relayed) -> None:
    """kill -9 of the packet process: its child ends by itself, and the next start has the port."""
    world.gate.start()
    child = _api_pid(world)
    world.gate.kill()
    world.gate.start()
    wait_until(lambda: not Path(f"/proc/{child}").exists(), 5, "the old API gone")
    assert _Client(world).ask("GET", "/api/v1/boxes") == (200, [])


def test_packets_do_not_wait_for_the_api(world: Relayed) -> None:
    """The first answer within two seconds of the start, whether the API answers yet or not."""
    assert world.gate.cli("order", "install", "--order", "1", "--account", "A", "--mac", MAC).returncode == 0
    agent = RelayAgent(world.relay)
    began = time.monotonic()
    world.gate.process = world.gate.spawn()
    while not agent.answer_to(agent.ask(DISCOVER, MAC, b"line"), timeout_s=0.05):
        assert time.monotonic() - began < 10
    assert time.monotonic() - began < 2
    world.gate.wait_for(f" api {_LISTEN} ", 15)
    assert stat.S_IMODE((world.gate.file.parent / "api.token").stat().st_mode) == 0o600


def test_a_reload_reaches_the_api(world: Relayed) -> None:
    """SIGHUP: a rule of the new file is the order desk's rule; a broken file changes nothing."""
    world.gate.start()
    client = _Client(world)
    good = world.gate.file.read_text()
    assert world.gate.process
    assert client.order("1", mac=MAC) == 201
    assert client.order("2", "rate", account="W", rate_down_kbps=5) == 422
    world.gate.file.write_text(good + "\n[orders\n")
    world.gate.process.send(signal.SIGHUP)
    world.gate.wait_for("going on as before")
    world.gate.file.write_text(good + "\n[orders]\nhold_s = 60\n")
    world.gate.process.send(signal.SIGHUP)
    world.gate.wait_for("api: reload: ")
    assert client.order("3", "rate", account="W", rate_down_kbps=5) == 202
    world.gate.assert_sound()


def test_a_taken_port_is_told_at_start(world: Relayed) -> None:
    """Exit 1 with one line; check says the same with the line of the file."""
    other = world.space.socket(socket.AF_INET, socket.SOCK_STREAM)
    other.bind(("127.0.0.1", _PORT))
    other.listen()
    process = world.gate.spawn()
    assert process.wait(10) == 1
    assert f"cannot listen on {_LISTEN}: Address already in use" in process.text()
    assert "Traceback" not in process.text()


def test_a_stalled_connection_makes_room(world: Relayed) -> None:
    """Half a header for over ten seconds; headers beyond 16 KiB."""
    world.gate.start()
    stalled, long = (world.space.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(2))
    for one in (stalled, long):
        one.settimeout(15)
        one.connect(("127.0.0.1", _PORT))
    long.sendall(b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 20_000)
    assert long.recv(100).startswith(b"HTTP/1.1 400")
    stalled.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
    assert stalled.recv(100) == b""
    assert _Client(world).ask("GET", "/healthz")[0] == 200


def test_the_gate_serves_without_an_api_that_does_not_come_up(world: Relayed) -> None:
    """``api failed`` in the ready line, and why; boxes are served."""
    (world.gate.file.parent / "api.token").write_text("short\n")
    assert world.gate.cli("order", "install", "--order", "1", "--account", "A", "--mac", MAC).returncode == 0
    world.gate.start()
    assert " api failed " in world.gate.log()
    assert "holds no token of at least 16 characters" in world.gate.log()
    assert RelayAgent(world.relay).dora(MAC, b"line")
    world.gate.wait_for("alarm: api: ended with 1")
    (world.gate.file.parent / "api.token").write_text("a-token-that-is-long-enough\n")
    world.gate.wait_for(f"api: it answers on {_LISTEN}", 10)
    assert _Client(world).ask("GET", "/api/v1/leases")[0] == 200
    assert world.gate.stop() == 0
