"""The packet loop over real sockets on loopback, with its commit thread: what the loop adds to the heart."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from gatekeeper.config.load import load_file
from gatekeeper.drivers.access import Interfaces
from gatekeeper.drivers.beginning import Memory
from gatekeeper.drivers.clock import Clock
from gatekeeper.drivers.commit import Committer
from gatekeeper.drivers.gate import Gate
from gatekeeper.drivers.hearing import BATCH
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.memory import whole_world
from gatekeeper.drivers.sockets import UdpDoor
from gatekeeper.drivers.troubles import Troubles
from gatekeeper.engine.order_desk import OrderDesk, rules_of
from gatekeeper.heart.engines import Engines
from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION
from gatekeeper.model import Effect
from gatekeeper.policy.orders import OrderRules
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.replies import Replies
from gatekeeper.store import StoreError
from gatekeeper.store.opening import open_store
from gatekeeper.store.ports import Store
from gatekeeper.wire.radius import ACCESS_ACCEPT, ACCOUNTING_RESPONSE
from tests.engine.bench import BOX, NOW, access_request, accounting_request

CONFIG = """
[radius]
listen_auth = ["127.0.0.1:1812"]

[[radius.client]]
name = "bras1"
ipaddr = "127.0.0.1"
secret = "testing123"
nas = "huawei"
"""
PATIENCE_S = 10.0
MOST = 100
LOOPBACK = 0x7F000001


class Failing:
    """A store that cannot be written until it is mended."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.broken = True

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self, effects: Sequence[Effect], origin: str = "", at_ms: Sequence[int] = ()) -> set[int]:
        if self.broken:
            raise StoreError("the disk is full")
        return self._store.commit(effects, origin, at_ms)


class Node:
    """A gate on two loopback ports, in a thread of its own once it runs."""

    def __init__(self, folder: Path, failing: bool = False) -> None:
        file = folder / "gatekeeper.toml"
        file.write_text(f'[store]\nurl = "sqlite:{folder}/gatekeeper.db"\n{CONFIG}')
        settings = load_file(file)
        self.store = open_store(*settings.store, create=True)
        OrderDesk(self.store, rules_of(settings.book)).hand_in(
            {"order": "#1", "kind": "install", "account": "A", "mac": BOX.hex()}, NOW
        )
        self.writer = open_store(*settings.store)
        self.failing = Failing(self.writer) if failing else None
        world = whole_world(settings.book, self.store)
        engines = Engines.of(settings.book, world, Replies(), NasCounts(), b"key", [])
        self.log = Log("none")
        self.committer = Committer(lambda: self.failing or self.writer)  # type: ignore[arg-type, return-value]
        interfaces = Interfaces(settings, self.log)
        memory = Memory(engines, world, (), self.store.feed_end())
        own = self.store, self.committer, self.log, interfaces, Clock(), Troubles(self.log.say)
        self.gate = Gate(lambda: memory, *own, MOST)
        self.doors = {name: UdpDoor(LOOPBACK, 0) for name in (AUTHENTICATION, ACCOUNTING)}
        for name, door in self.doors.items():
            self.gate.doors.add_door(door, name)
        self.nas = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.nas.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.nas.bind(("127.0.0.1", 0))
        self.nas.settimeout(PATIENCE_S)
        self._reader, self._writer = os.pipe()
        self._thread = threading.Thread(target=self.gate.run, args=(self._reader, self._awake), daemon=True)

    def _awake(self) -> bool:
        os.read(self._reader, 1)
        return False

    def send(self, name: str, data: bytes) -> None:
        self.nas.sendto(data, ("127.0.0.1", self.doors[name]._socket.getsockname()[1]))

    def answer(self) -> bytes:
        return self.nas.recv(4096)

    def start(self) -> None:
        self.committer.start()
        self._thread.start()

    def stop(self) -> None:
        """What is promised is written, and told."""
        os.write(self._writer, b"x")
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def close(self) -> None:
        if self._thread.is_alive():
            self.stop()
        self.nas.close()
        for door in self.doors.values():
            door.close()
        self.log.stop()
        self.store.close()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    made: list[Node] = []

    def make(**how: bool) -> Node:
        made.append(Node(tmp_path, **how))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_what_needs_the_disk_leaves_when_it_is_there_and_what_does_not_at_once(node: Callable[..., Node]) -> None:
    """Through sockets, commit thread and back."""
    one = node()
    one.start()
    one.send(AUTHENTICATION, access_request())
    assert one.answer()[0] == ACCESS_ACCEPT
    one.send(ACCOUNTING, accounting_request(1))
    assert one.answer()[0] == ACCOUNTING_RESPONSE
    assert [row["session"] for row in one.store.view("sessions", NOW)] == ["00000001"]


def test_what_clients_send_is_on_record_when_the_gate_has_stopped(node: Callable[..., Node]) -> None:
    """Counted by the engines, drained by the housekeeper: ``show nas``."""
    one = node()
    one.start()
    for identifier in (1, 2):
        one.send(AUTHENTICATION, access_request(identifier=identifier))
        one.answer()
    one.stop()
    assert [(row["name"], row["requests"], row["accepts"]) for row in one.store.view("nas", NOW)] == [("bras1", 2, 2)]


def test_a_disk_that_fails_costs_answers_and_not_the_loop(node: Callable[..., Node]) -> None:
    """RADIUS that needs no disk goes on; the NAS's next try is a new request, and is answered when all is mended."""
    one = node(failing=True)
    assert one.failing
    one.start()
    report = accounting_request(1)
    one.send(ACCOUNTING, report)
    one.nas.settimeout(0.5)
    with pytest.raises(TimeoutError):
        one.answer()
    one.nas.settimeout(PATIENCE_S)
    one.send(AUTHENTICATION, access_request())
    assert one.answer()[0] == ACCESS_ACCEPT
    one.failing.broken = False
    one.send(ACCOUNTING, report)
    assert one.answer()[0] == ACCOUNTING_RESPONSE


def test_while_too_much_waits_for_the_disk_the_rest_waits_in_the_kernel(node: Callable[..., Node]) -> None:
    """Bounded there; RADIUS that needs no disk is answered meanwhile, and nothing is lost when the disk is back."""
    one = node()
    total = 4 * MOST
    one._thread.start()  # and the commit thread does not run
    for number in range(total):
        one.send(ACCOUNTING, accounting_request(1, session=f"{number}", name=None, identifier=number % 256))
        if number % 32 == 31:
            one.send(AUTHENTICATION, access_request(identifier=number // 32))
            assert one.answer()[0] == ACCESS_ACCEPT
    assert MOST < one.gate._heart.waiting() <= MOST + BATCH
    one.committer.start()
    answered = 0
    while answered < total:
        one.answer()
        answered += 1
    assert len(list(one.store.view("sessions", NOW))) == total


def test_a_line_of_too_many_accounts_is_said_to_be_a_vlan_once(
    node: Callable[..., Node], capsys: pytest.CaptureFixture[str]
) -> None:
    """RouterOS manual, RADIUS client: NAS-Port-Id is the interface of the DHCP server. Looked for at start and on."""
    one = node()

    def order(kind: str, line: str, *numbers: int) -> None:
        for number in numbers:
            fields = {"order": f"{kind}{line}{number}", "kind": kind, "account": f"{line}{number}"}
            OrderDesk(one.store, OrderRules(2)).hand_in(fields | ({"port": line} if kind == "install" else {}), NOW)

    def keep_house(at: int) -> None:
        one.gate._keep_house(at)
        one.committer._work.put(None)
        one.committer.run()  # what it was given to do, here and now
        one.gate._keep_house(at + 1)

    order("install", "mt1|bridge1", *range(9))
    order("install", "mt1|bridge2", *range(8))
    keep_house(NOW)
    order("install", "mt1|bridge2", 8)
    keep_house(NOW + 60)  # it was looked a minute ago
    order("cancel", "mt1|bridge2", 8)
    order("install", "mt1|bridge3", *range(9))
    keep_house(NOW + 300)
    keep_house(NOW + 600)
    one.log.stop()
    said = [line for line in capsys.readouterr().err.splitlines() if "protects nothing" in line]
    assert [line.partition(" accounts")[0] for line in said] == [
        "warning: line mt1|bridge1: 9",
        "warning: line mt1|bridge3: 9",
    ]
