"""Fault: boxes that decline address after address, one broken client or many."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import DECLINE
from gatekeeper.wire.text import parse_ip
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import SERVER, Relayed

pytestmark = pytest.mark.clients

_POOL = 64
_MOST = 12  # a fifth of that
_BOXES = [f"d4:c1:c8:00:00:{n:02x}" for n in range(52)]


@pytest.fixture
def world(relayed: Callable[..., Relayed], tmp_path: Path) -> Relayed:
    """A pool of 64, and orders for as many boxes as a fifth of it in quarantine leaves room for."""
    world = relayed()
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace("10.21.1.0-10.21.255.250", "10.21.1.0-10.21.1.63"))
    orders = tmp_path / "orders.csv"
    orders.write_text("order,account,mac\n" + "".join(f"o{n},a{n}@itv,{mac}\n" for n, mac in enumerate(_BOXES)))
    world.gate.cli("orders", "import", str(orders))
    world.gate.start()
    return world


def bind_and_decline(agent: RelayAgent, mac: str) -> str:
    """As a client does that hears somebody else answer for what it was given (RFC 2131 4.4.1); what that was."""
    address = agent.dora(mac, mac.encode())
    assert address, f"no address for {mac}"
    options = {50: parse_ip(address).to_bytes(4, "big"), 54: parse_ip(SERVER).to_bytes(4, "big")}
    agent.ask(DECLINE, mac, mac.encode(), options)
    return address


def declined(world: Relayed) -> list[str]:
    return sorted(row["address"] for row in world.gate.show("leases") if row["state"] == "declined")


def alarms(world: Relayed, reason: str) -> list[str]:
    return [line for line in world.gate.log().splitlines() if line.startswith("alarm: ") and reason in line]


def assert_all_have_one(agent: RelayAgent, boxes: Iterable[str]) -> None:
    bound = [agent.dora(mac, mac.encode()) for mac in boxes]
    assert all(bound)
    assert len(set(bound)) == len(bound)


def test_one_box_declines_again_and_again(world: Relayed) -> None:
    """Three addresses an hour; then it gets its own again, an alarm names it, and the pool is there for the others."""
    agent, box = RelayAgent(world.relay), _BOXES[0]
    given = [bind_and_decline(agent, box) for _ in range(_POOL)]
    assert given[:4] == [f"10.21.1.{n}" for n in range(4)]
    assert set(given[3:]) == {"10.21.1.3"}
    assert declined(world) == given[:3]
    wait_until(lambda: world.gate.counted("TOO_MANY_DECLINES") == _POOL - 3, 5, "refused declines")
    (alarm,) = alarms(world, "TOO_MANY_DECLINES")
    assert f"{box} via 10.21.0.1 declines 10.21.1.3" in alarm
    assert "gatekeeper whois" in alarm
    held = [row["address"] for row in world.gate.show("leases", "--mac", box) if row["state"] == "active"]
    assert held == ["10.21.1.3"]
    assert_all_have_one(agent, _BOXES)
    world.gate.assert_sound()


def test_many_boxes_decline(world: Relayed) -> None:
    """A fifth of the pool and no more, also after a restart; all of them have an address in the end."""
    agent = RelayAgent(world.relay)
    for mac in _BOXES[: _MOST + 3]:
        bind_and_decline(agent, mac)
    wait_until(lambda: world.gate.counted("QUARANTINE_FULL") == 3, 5, "refused declines")
    assert len(declined(world)) == _MOST
    assert len(alarms(world, "QUARANTINE_FULL")) == 3  # each box has its own
    world.gate.kill()
    world.gate.start()
    before = world.gate.counted("QUARANTINE_FULL")  # what was counted in the last second went with the process
    for mac in _BOXES:
        bind_and_decline(agent, mac)
    wait_until(lambda: world.gate.counted("QUARANTINE_FULL") == before + len(_BOXES), 5, "refused declines")
    assert len(declined(world)) == _MOST
    assert_all_have_one(agent, _BOXES)
    world.gate.assert_sound()


def test_a_person_gives_the_addresses_back(world: Relayed) -> None:
    """Where the cause is found, 'gatekeeper clear lease' ends the quarantine and gives its room back."""
    agent = RelayAgent(world.relay)
    for mac in _BOXES[: _MOST + 1]:
        bind_and_decline(agent, mac)
    wait_until(lambda: world.gate.counted("QUARANTINE_FULL") == 1, 5, "a refused decline")
    world.gate.cli("clear", "lease", "10.21.1.0")
    assert "10.21.1.0" not in declined(world)
    bind_and_decline(agent, _BOXES[_MOST])
    wait_until(lambda: len(declined(world)) == _MOST, 5, "one more in quarantine")
    assert world.gate.counted("QUARANTINE_FULL") == 1
