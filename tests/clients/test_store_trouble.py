"""A store that cannot be written means silence: no NAK and no Access-Reject. Mended, all goes on by itself."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import DISCOVER, OFFER, REQUEST
from tests.clients.nas import access_request
from tests.clients.net import run
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

# One whose port is known, one that asks for its first lease, one that RADIUS sees for the first time, and others.
_KNOWN, _NEW, _FIRST_SEEN = "d4:c1:c8:00:01:00", "d4:c1:c8:00:01:01", "d4:c1:c8:00:01:02"
_OTHERS = [f"d4:c1:c8:00:00:{n:02x}" for n in range(200)]
_BOXES = [_KNOWN, _NEW, _FIRST_SEEN, *_OTHERS]
_LINE = "eth 1/2/3:502.99 CD-OLT-07/0/0/1/0/99"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder))
    yield folder
    run("umount", "--lazy", str(folder))


def install(world: Relayed, folder: Path) -> None:
    orders = folder / "orders.csv"
    lines = [f"o{n},install,a{n}@itv,{mac},20000,4000" for n, mac in enumerate(_BOXES)]
    orders.write_text("order,kind,account,mac,rate_down_kbps,rate_up_kbps\n" + "\n".join(lines) + "\n")
    world.gate.cli("orders", "import", str(orders))


def fill(folder: Path) -> Path:
    """A file that takes all that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return filler


def assert_silent(world: Relayed, agent: RelayAgent) -> None:
    """An OFFER needs no disk; the ACK does, and does not come, and a NAK would drive the box away."""
    offer = agent.answer_to(agent.ask(DISCOVER, _NEW, b"new"))
    assert offer and offer.kind == OFFER
    options = {50: offer.yiaddr.to_bytes(4, "big"), 54: offer.options[54]}
    assert agent.answer_to(agent.ask(REQUEST, _NEW, b"new", options), timeout_s=1) is None
    # A port to be learned needs the disk too; a box that brings nothing new is still let in.
    assert access_request(world.bras, _FIRST_SEEN, NAS_Port_Id=_LINE, timeout_s=1).name == ""
    assert access_request(world.bras, _KNOWN, NAS_Port_Id=_LINE).name == "Access-Accept"


def wait_for_ack(agent: RelayAgent, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not agent.dora(_NEW, b"new", timeout_s=0.5):
        assert time.monotonic() < end, f"no lease within {seconds} s after the store was mended"


def test_a_full_disk_means_silence_until_there_is_room(
    relayed: Callable[..., Relayed], small_disk: Path, tmp_path: Path
) -> None:
    """Nothing is promised that cannot be kept; no restart is needed afterwards."""
    world = relayed(store=f"{small_disk}/gatekeeper.db")
    install(world, tmp_path)
    world.gate.start()
    agent = RelayAgent(world.relay)
    assert access_request(world.bras, _KNOWN, NAS_Port_Id=_LINE).name == "Access-Accept"
    filler = fill(small_disk)
    # Some leases still fit into what the store has reserved; then it is full. NAKs would fail the drive.
    bound = agent.drive(_OTHERS, seconds=3, window=8)
    world.gate.wait_for("STORE_UNAVAILABLE")
    assert_silent(world, agent)
    assert world.gate.counted("NAK") == world.gate.counted("Access-Reject") == 0

    filler.unlink()
    wait_for_ack(agent, 5)
    assert access_request(world.bras, _FIRST_SEEN, NAS_Port_Id=_LINE).name == "Access-Accept"
    everybody = agent.drive(_OTHERS, seconds=20)
    assert len(everybody) == len(_OTHERS)
    assert {mac: everybody[mac] for mac in bound} == bound
    stored = {row["mac"]: row["address"] for row in world.gate.show("leases") if row["state"] == "active"}
    assert everybody.items() <= stored.items()
    world.gate.assert_sound()
    assert world.gate.stop() == 0


def test_a_port_that_is_not_on_disk_yet_refuses_nobody(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    """What the store may still lose is no ground for an Access-Reject."""
    world = relayed()
    install(world, tmp_path)
    world.gate.start()
    agent = RelayAgent(world.relay)
    other = sqlite3.connect(tmp_path / "gatekeeper.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert not agent.dora(_NEW, b"new", timeout_s=0.3)
        assert access_request(world.bras, _NEW, NAS_Port_Id=_LINE, timeout_s=1).name == ""
    finally:
        other.close()  # rolls back


def test_a_locked_store_means_silence_until_it_is_free(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    """Somebody's backup holds the database for longer than boxes wait."""
    world = relayed()
    install(world, tmp_path)
    world.gate.start()
    agent = RelayAgent(world.relay)
    assert access_request(world.bras, _KNOWN, NAS_Port_Id=_LINE).name == "Access-Accept"
    other = sqlite3.connect(tmp_path / "gatekeeper.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert_silent(world, agent)
    finally:
        other.close()  # rolls back
    wait_for_ack(agent, 5)
    world.gate.assert_sound()
    assert world.gate.counted("NAK") == world.gate.counted("Access-Reject") == 0
