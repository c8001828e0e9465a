"""The store's write-ahead log is lost, in part or whole, after 400 boxes had their ACK and the gate was killed."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import ACK, REQUEST
from gatekeeper.wire.text import parse_ip
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

MACS = [f"d4:c1:c8:01:{n >> 8:02x}:{n & 255:02x}" for n in range(400)]
STRANGERS = [f"d4:c1:c8:02:00:{n:02x}" for n in range(20)]
STORE, LOG, MARK = "gatekeeper.db", "gatekeeper.db-wal", "gatekeeper.db-mark"


def install(world: Relayed, folder: Path) -> None:
    lines = [f"o{n},install,a{n}@itv,{mac},20000,4000" for n, mac in enumerate((*MACS, *STRANGERS))]
    orders = folder / "orders.csv"
    orders.write_text("order,kind,account,mac,rate_down_kbps,rate_up_kbps\n" + "\n".join(lines) + "\n")
    world.gate.cli("orders", "import", str(orders))


def killed(world: Relayed, folder: Path) -> tuple[RelayAgent, dict[str, str]]:
    """All boxes have their addresses; the gate is killed."""
    install(world, folder)
    world.gate.start()
    agent = RelayAgent(world.relay)
    held = agent.drive(MACS, seconds=20)
    assert len(held) == len(MACS)
    world.gate.kill()
    return agent, held


def refused(world: Relayed) -> str:
    """What serve says instead of serving."""
    process = world.gate.spawn()
    assert process.wait(10) == 1, process.text()
    return process.text()


def assert_all_keep_their_own(world: Relayed, agent: RelayAgent, held: dict[str, str]) -> None:
    """Those that are new come first, and get none of theirs; then each box renews its own."""
    world.gate.start()
    new = agent.drive(STRANGERS, seconds=5, window=4, idle_s=1.5)
    assert not set(new.values()) & set(held.values())
    waiting = {agent.ask(REQUEST, mac, mac.encode(), ciaddr=parse_ip(held[mac])): mac for mac in held}
    kept: set[str] = set()

    def hear() -> bool:
        for answer in agent.answers(0.1):
            mac = waiting.get(answer.xid, "")
            if answer.kind == ACK and held[mac] == ".".join(map(str, answer.yiaddr.to_bytes(4, "big"))):
                kept.add(mac)
        return len(kept) == len(held)

    wait_until(hear, 10, "every box's renewal")
    stored = {row["mac"]: row["address"] for row in world.gate.show("leases") if row["state"] == "active"}
    assert held.items() <= stored.items()
    world.gate.assert_sound()
    assert world.gate.stop() == 0


def remove(folder: Path) -> None:
    (folder / LOG).unlink()


def halve(folder: Path) -> None:
    os.truncate(folder / LOG, (folder / LOG).stat().st_size // 2)


def empty(folder: Path) -> None:
    os.truncate(folder / LOG, 0)


def damage(folder: Path) -> None:
    octets = bytearray((folder / LOG).read_bytes())
    octets[100:5000] = b"\xa5" * 4900
    (folder / LOG).write_bytes(octets)


def remove_mark_too(folder: Path) -> None:
    (folder / LOG).unlink()
    (folder / MARK).unlink()


@pytest.mark.parametrize("lose", [remove, halve, empty, damage, remove_mark_too])
def test_a_lost_log_is_refused_and_after_recovery_every_box_keeps_its_address(
    relayed: Callable[..., Relayed], tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    """Without the mark all addresses of the pools are kept, and who renews one has it."""
    world = relayed()
    agent, held = killed(world, tmp_path)
    lose(tmp_path)
    told = refused(world)
    assert "lost" in told or "neither its log" in told
    assert "gatekeeper store recover" in told
    checked = world.gate.cli("check", check=False)
    assert checked.returncode == 2
    assert "gatekeeper store recover" in checked.stderr
    world.gate.show("leases")
    late = world.gate.cli("order", "suspend", "--order", "late", "--account", "a1@itv", check=False)
    assert late.returncode == 1
    done = world.gate.cli("store", "recover")
    assert "are kept" in done.stdout
    quarantined = sum(row["quarantined"] for row in world.gate.show("pools"))
    leased = sum(row["leased"] for row in world.gate.show("pools"))
    assert quarantined + leased >= len(held)
    assert_all_keep_their_own(world, agent, held)


def test_a_log_that_is_put_back_mends_it(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    world = relayed()
    agent, held = killed(world, tmp_path)
    (tmp_path / LOG).rename(tmp_path / "aside")
    assert "commits are lost" in refused(world)
    (tmp_path / "aside").rename(tmp_path / LOG)
    assert "nothing is lost" in world.gate.cli("store", "recover").stdout
    assert_all_keep_their_own(world, agent, held)


def test_a_main_file_alone_is_refused_in_another_place_too(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    world = relayed()
    agent, held = killed(world, tmp_path)
    for name in (LOG, MARK, f"{STORE}-shm"):
        (tmp_path / name).unlink()
    assert "it was being served when it was left or copied" in refused(world)
    world.gate.cli("store", "recover")
    assert_all_keep_their_own(world, agent, held)


def test_a_store_that_is_gone_is_not_made_anew(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    """serve has --create here: it is for the first time, and this is not."""
    world = relayed()
    agent, held = killed(world, tmp_path)
    (tmp_path / STORE).rename(tmp_path / "aside")
    assert "is gone" in refused(world)
    world.gate.cli("order", "suspend", "--order", "late", "--account", "a1@itv", check=False)
    assert not (tmp_path / STORE).exists()
    (tmp_path / "aside").rename(tmp_path / STORE)
    assert_all_keep_their_own(world, agent, held)


def test_an_older_copy_of_the_main_file_is_refused(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    """Restored over the younger one; the log is still there, and does not belong to it."""
    world = relayed()
    install(world, tmp_path)
    shutil.copy(tmp_path / STORE, tmp_path / "yesterday")
    world.gate.start()
    agent = RelayAgent(world.relay)
    held = agent.drive(MACS, seconds=20)
    world.gate.kill()
    shutil.copy(tmp_path / "yesterday", tmp_path / STORE)
    assert "it is not the file that" in refused(world)
    world.gate.cli("store", "recover")
    assert_all_keep_their_own(world, agent, held)


def test_recover_leaves_a_gate_that_serves_alone(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    world = relayed()
    install(world, tmp_path)
    world.gate.start()
    done = world.gate.cli("store", "recover", check=False)
    assert (done.returncode, "stop it first" in done.stderr) == (5, True)
    assert world.gate.stop() == 0
    assert "nothing is lost" in world.gate.cli("store", "recover").stdout
