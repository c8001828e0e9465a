"""A flood behind one port of a relay, with [limits] as they are by default: boxes behind other ports are served."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import DISCOVER, encode, message
from gatekeeper.wire.text import parse_ip
from tests.clients import flood
from tests.clients.gate import config, dhcp_config
from tests.clients.net import Process, wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import RELAY, SERVER, Relayed

pytestmark = pytest.mark.clients

_BOXES = 200
_PER_S, _SECONDS = 20_000, 2.5
_CIRCUIT = b"GE 0/1/0:666"
_MACS = [f"d4:c1:c8:00:00:{number:02x}" for number in range(_BOXES)]


@pytest.fixture
def world(relayed: Callable[..., Relayed], tmp_path: Path) -> Relayed:
    """200 installed boxes, each behind a port of its own."""
    made = relayed()
    dhcp = dhcp_config(listen=[f"{SERVER}:67"], network="10.21")
    made.gate.file.write_text(config(dhcp, limits="\n[limits]\n"))
    lines = ["order,kind,account,mac", *(f"o{number},install,a{number}@itv,{mac}" for number, mac in enumerate(_MACS))]
    orders = tmp_path / "orders.csv"
    orders.write_text("\n".join(lines) + "\n")
    assert f"{_BOXES} applied" in made.gate.cli("orders", "import", str(orders)).stdout
    made.gate.start()
    return made


def _flood(world: Relayed, folder: Path) -> Process:
    """DISCOVERs of boxes that nobody knows, all behind one port."""
    agent = bytes((1, len(_CIRCUIT))) + _CIRCUIT
    packet = encode(message(DISCOVER, bytes(6), 0, {82: agent}, giaddr=parse_ip(RELAY), hops=1))
    words = [sys.executable, flood.__file__, RELAY, SERVER, packet.hex(), str(_PER_S), str(_SECONDS)]
    return world.relay.start(*words, output=folder / "flood.log")


def test_boxes_behind_other_ports_are_served_during_a_flood(world: Relayed, tmp_path: Path) -> None:
    """Design 8.9: 99 of 100 at the first try, while 20,000 unknown DISCOVERs come in every second."""
    relay = RelayAgent(world.relay)
    assert relay.dora(_MACS[0], b"GE 0/1/0:0")
    flooding = _flood(world, tmp_path)
    wait_until(lambda: world.gate.counted("DHCPDISCOVER", "RATE_LIMITED"), 3, "the flood")
    took: list[float] = []
    failed = number = 0
    while flooding.running():
        began = time.monotonic()
        if relay.dora(_MACS[number % _BOXES], f"GE 0/1/0:{number % _BOXES}".encode(), timeout_s=1):
            took.append((time.monotonic() - began) * 1000)
        else:
            failed += 1
        number += 1
        # No box asks more often than it may.
        time.sleep(0.004)
    took.sort()
    sys.stdout.write(
        f"{number} DORAs, {failed} failed, {int(flooding.text())} unknown DISCOVERs in {_SECONDS} s; ms: "
        f"median {took[len(took) // 2]:.1f}, p99 {took[len(took) * 99 // 100]:.1f}, worst {took[-1]:.1f}\n"
    )
    assert number >= 50
    assert failed <= number / 100
    world.gate.assert_sound()


def test_a_flood_is_counted_and_costs_no_row_for_each_mac(world: Relayed, tmp_path: Path) -> None:
    """Nearly all of it is refused for its port, the rest as unknown; the list of the refused stays short."""
    flooding = _flood(world, tmp_path)
    assert flooding.wait(20) == 0
    sent = int(flooding.text())
    wait_until(lambda: world.gate.counted("DHCPDISCOVER", "RATE_LIMITED") >= sent / 2, 5, "most of it counted")
    assert 100 <= world.gate.counted("DHCPDISCOVER", "UNKNOWN_MAC") <= 100 + 50 * (_SECONDS + 10)
    rows = world.gate.show("refused")
    assert len(rows) <= 1024 * (_SECONDS + 10)
    assert {row["reason"] for row in rows} == {"UNKNOWN_MAC", "RATE_LIMITED"}
    world.gate.assert_sound()
