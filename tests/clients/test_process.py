"""The process: how it starts, reloads, makes room for another, and ends."""

import signal
import time
from collections.abc import Callable

import pytest

from gatekeeper.wire.dhcp import DISCOVER
from tests.clients.boxes import MAC, STBID
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Direct, Relayed

pytestmark = pytest.mark.clients


@pytest.fixture
def world(relayed: Callable[..., Relayed]) -> Relayed:
    """One installed box, no gate running yet."""
    made = relayed()
    made.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    return made


def first_answer(agent: RelayAgent, seconds: float) -> float:
    """Seconds until a DISCOVER gets its OFFER, one every 50 ms."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if agent.answer_to(agent.ask(DISCOVER, MAC, b"line"), timeout_s=0.05):
            return time.monotonic() - began
    raise AssertionError(f"no answer within {seconds} s")


def test_the_first_answer_comes_within_two_seconds_of_the_start(world: Relayed) -> None:
    """From the command to the first OFFER."""
    agent = RelayAgent(world.relay)
    world.gate.process = world.gate.spawn()
    assert first_answer(agent, 15) < 2
    world.gate.assert_sound()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told_to_at_work(world: Relayed, number: signal.Signals) -> None:
    """Exit 0 within five seconds, what was acknowledged is kept, and the port is free again at once."""
    world.gate.start()
    agent = RelayAgent(world.relay)
    address = agent.dora(MAC, b"line")
    assert world.gate.process
    world.gate.process.send(number)
    assert world.gate.process.wait(5) == 0
    assert world.gate.log().endswith("gatekeeper stopped\n")
    assert world.gate.lease(MAC)["address"] == address
    world.gate.start()
    assert agent.dora(MAC, b"line") == address


def test_a_reload_takes_the_new_policy_and_refuses_a_broken_file(world: Relayed) -> None:
    """SIGHUP: the broken one is told with its line, and everything goes on as before."""
    world.gate.start()
    agent = RelayAgent(world.relay)
    good = world.gate.file.read_text()

    def reload(text: str, said: str) -> None:
        world.gate.file.write_text(text)
        assert world.gate.process
        world.gate.process.send(signal.SIGHUP)
        world.gate.wait_for(said)

    def lease_s() -> int:
        offer = agent.answer_to(agent.ask(DISCOVER, MAC, b"line"))
        assert offer
        return int.from_bytes(offer.options[51], "big")

    assert lease_s() == 3600
    line = good.splitlines().index("lease_s = 3600") + 1
    reload(good.replace("lease_s = 3600", "lease_s = 0"), f"going on as before: {world.gate.file}:{line}:")
    assert lease_s() == 3600
    reload("[store\n\n", f"going on as before: {world.gate.file}:1: not TOML")
    assert lease_s() == 3600
    reload(good.replace("lease_s = 3600", "lease_s = 1800"), "is in force")
    assert lease_s() == 1800
    world.gate.assert_sound()


def assert_second_gives_way(world: Relayed | Direct, address: str) -> None:
    """One clear line, exit 1, and the first is unharmed."""
    world.gate.start()
    second = world.gate.spawn()
    assert second.wait(10) == 1
    lines = [line for line in second.text().splitlines() if not line.startswith("note:")]
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"gatekeeper: cannot listen on {address}: Address already in use")
    world.gate.assert_sound()


def test_a_second_server_on_the_same_address_gives_way(world: Relayed) -> None:
    """By UDP."""
    assert_second_gives_way(world, "10.20.0.2:67")
    assert RelayAgent(world.relay).dora(MAC, b"line")


def test_a_second_server_on_the_same_interface_gives_way(direct: Callable[..., Direct]) -> None:
    """Frames could be shared; boxes would get two answers to everything."""
    world = direct()
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    assert_second_gives_way(world, "10.20.0.2:67")
    assert world.box(MAC).udhcpc_once() == 0
