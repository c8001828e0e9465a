"""Fault: more comes than is answered, because the machine stood still, or a district comes back at once."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import ACK, DISCOVER, OFFER, REQUEST, SERVER_PORT, encode, message
from gatekeeper.wire.text import parse_ip
from tests.clients.boxes import MAC
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import RELAY, Relayed

pytestmark = pytest.mark.clients

_AGE_S = 1.0
_FLOOD = 60_000  # more than a receive buffer takes of them


@pytest.fixture
def world(relayed: Callable[..., Relayed]) -> Iterator[Relayed]:
    """Packets older than a second are dropped."""
    made = relayed()
    text = made.gate.file.read_text()
    assert text.count("[dhcp]\n") == 1
    made.gate.file.write_text(text.replace("[dhcp]\n", f"[dhcp]\nmax_age_s = {_AGE_S}\n"))
    made.gate.install(MAC, "a@itv")
    made.gate.start()
    yield made
    assert made.gate.process
    made.gate.process.send(signal.SIGCONT)


def stand_still(world: Relayed) -> None:
    assert world.gate.process
    world.gate.process.send(signal.SIGSTOP)


def go_on(world: Relayed) -> None:
    assert world.gate.process
    world.gate.process.send(signal.SIGCONT)


def test_what_waited_too_long_is_not_answered_and_what_is_young_is(world: Relayed) -> None:
    """By the kernel's stamps: both are read at once. The box has asked again since; two answers would race."""
    agent = RelayAgent(world.relay)
    assert agent.dora(MAC, b"line")
    stand_still(world)
    old = agent.ask(DISCOVER, MAC, b"line")
    assert agent.answer_to(old, timeout_s=1.5 * _AGE_S) is None
    young = agent.ask(DISCOVER, MAC, b"line")
    go_on(world)
    answer = agent.answer_to(young, timeout_s=5)
    assert answer and answer.kind == OFFER
    assert agent.answer_to(old, timeout_s=0.5) is None
    wait_until(lambda: world.gate.counted("dhcp.DHCPDISCOVER.no-answer.STALE") == 1, 5, "the count")


def test_a_relay_that_listens_to_frames_gets_each_answer_as_one(world: Relayed) -> None:
    """As ISC's dhcrelay does. In one call they cross a veth pair as one frame, which such a relay drops: that is tried
    once, with two, and the box that looks for a server again shows it."""
    agent = RelayAgent(world.relay)
    world.space.leave_to_card("core0", True)  # as a veth pair is made: what is sent in one call crosses it in one frame
    with world.relay.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as frames:
        frames.bind(("core0", 0x0800))
        frames.settimeout(5)
        sizes = []
        for expected in (9, 10, 10):
            stand_still(world)
            for _ in range(10):
                agent.ask(DISCOVER, MAC, b"line")
            go_on(world)
            found: list[int] = []
            while len(found) < expected:
                frame = frames.recv(65536)
                if frame[34:36] == SERVER_PORT.to_bytes(2, "big"):
                    found.append(len(frame))
            sizes.append(sorted(found))
            time.sleep(1.5)  # no box asks sooner again
    assert [sum(size > 600 for size in found) for found in sizes] == [1, 0, 0]


def test_what_the_kernel_has_no_room_for_is_counted_and_told(world: Relayed) -> None:
    """And memory is bounded; once the flood is over boxes are served at once, who renews before it is."""
    agent = RelayAgent(world.relay)
    address = agent.dora(MAC, b"line")
    assert address
    stand_still(world)
    flood = [
        encode(message(DISCOVER, bytes((2, 0, 0, 0, n >> 8, n & 255)), n, {}, giaddr=parse_ip(RELAY), hops=1))
        for n in range(256)
    ]
    for n in range(_FLOOD):
        agent.send(flood[n % len(flood)])
    go_on(world)
    renewal = agent.ask(REQUEST, MAC, b"line", ciaddr=parse_ip(address))
    wait_until(lambda: "trouble.packets-lost" in names(world), 10, "the trouble", every_s=0.2)
    assert world.gate.counted("dhcp.receive-buffer-full") > 1000
    assert world.gate.log().count("alarm: more packets come than are answered in time") == 1
    answer = agent.answer_to(renewal, timeout_s=1) or agent.answer_to(
        agent.ask(REQUEST, MAC, b"line", ciaddr=parse_ip(address)), timeout_s=5
    )
    assert answer and answer.kind == ACK
    assert resident_mb(world) < 200


def names(world: Relayed) -> set[str]:
    return {str(row["name"]) for row in world.gate.show("stats")}


def resident_mb(world: Relayed) -> float:
    """proc(5), VmRSS."""
    assert world.gate.process
    status = Path(f"/proc/{world.gate.process.pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
