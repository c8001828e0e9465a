"""A large import into the store of a running gate: boxes are served on, hardly later than without it."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.gate import GATEKEEPER
from tests.clients.net import Process, wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

_BOXES = 400
_ROWS = 40_000
_EVERY_S = 0.005
_MACS = [f"d4:c1:c8:00:{number >> 8:02x}:{number & 255:02x}" for number in range(_BOXES)]


@pytest.fixture
def world(relayed: Callable[..., Relayed], tmp_path: Path) -> Relayed:
    """400 boxes that are installed and served."""
    made = relayed()
    _file(tmp_path / "boxes.csv", [f"o{number},a{number}@itv,{mac}," for number, mac in enumerate(_MACS)])
    assert f"{_BOXES} applied" in made.gate.cli("orders", "import", str(tmp_path / "boxes.csv")).stdout
    made.gate.start()
    return made


def _file(file: Path, lines: list[str]) -> None:
    file.write_text("\n".join(["order,account,mac,address", *lines]) + "\n")


def _import(world: Relayed, folder: Path) -> Process:
    """New accounts, some of them with a fixed address: those make the gate read its list of them again."""
    lines = [
        f"n{n},n{n}@itv,02{n:010x}," + (f"10.21.{128 + n // 25000}.{n // 100 % 250}" if n % 100 == 0 else "")
        for n in range(_ROWS)
    ]
    _file(folder / "many.csv", lines)
    words = [*GATEKEEPER, "orders", "import", "-c", str(world.gate.file), str(folder / "many.csv")]
    return world.relay.start(*words, output=folder / "import.log")


def _doras(relay: RelayAgent, going: Callable[[], bool]) -> tuple[list[float], float]:
    """A box each _EVERY_S, from DISCOVER to an ACK that is on disk; (ms each, sorted; share served of what was due)."""
    took: list[float] = []
    begun = time.monotonic()
    number = 0
    while going():
        began = time.monotonic()
        mac = _MACS[number % _BOXES]
        if relay.dora(mac, mac.encode(), timeout_s=1):
            took.append((time.monotonic() - began) * 1000)
        number += 1
        # One that was late is followed at once by those that were due meanwhile.
        time.sleep(max(0.0, begun + number * _EVERY_S - time.monotonic()))
    return sorted(took), len(took) / ((time.monotonic() - begun) / _EVERY_S)


def test_boxes_get_their_leases_while_orders_are_imported(world: Relayed, tmp_path: Path) -> None:
    """Issue 5.6: every lease is a commit beside those of the import, and none waits long for its turn."""
    relay = RelayAgent(world.relay)
    _doras(relay, iter([True] * _BOXES + [False]).__next__)
    end = time.monotonic() + 4
    alone, all_due = _doras(relay, lambda: time.monotonic() < end)
    began = time.monotonic()
    importing = _import(world, tmp_path)
    beside, served = _doras(relay, importing.running)
    for name, took, share in (("alone", alone, all_due), ("beside", beside, served)):
        sys.stdout.write(
            f"{name}: {len(took)} DORAs, {share:.3f} of those due; ms: median {took[len(took) // 2]:.1f},"
            f" p99 {took[len(took) * 99 // 100]:.1f}, worst {took[-1]:.1f}\n"
        )
    sys.stdout.write(f"{_ROWS} orders in {time.monotonic() - began:.1f} s\n")
    assert importing.wait(1) == 0
    assert f"{_ROWS} applied, 0 seen before, 0 refused" in importing.text()
    assert served > all_due * 0.95
    assert beside[len(beside) * 99 // 100] < 250
    world.gate.assert_sound()


def test_an_imported_box_is_served_while_the_import_goes_on(world: Relayed, tmp_path: Path) -> None:
    """An order takes effect at the next packet, not at the end of the file."""
    relay = RelayAgent(world.relay)
    mac = "02:00:00:00:00:05"
    assert not relay.dora(mac, b"5", timeout_s=0.3)
    importing = _import(world, tmp_path)
    wait_until(lambda: bool(relay.dora(mac, b"5", timeout_s=0.2)), 10, "a lease for a box of the first lines")
    assert importing.running()
    importing.wait(60)
