"""The wall clock jumps: while nobody serves, over a restart of the machine, or while packets come.

Kea, ISC dhcpd and dnsmasq reckon leases by the wall clock, and give held addresses away after such a jump. A gate whose
clock nobody vouches for goes on by the time that passed: no holder loses his address, and it says so until somebody
confirms the clock.
"""

import http.client
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.dhcp import ACK, REQUEST
from gatekeeper.wire.text import parse_ip
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed
from tests.faults import Faults

pytestmark = pytest.mark.clients

LEASE_S = 3600
HOUR, YEARS = 3600, 10 * 365 * 86_400
HOLDERS = [f"d4:c1:c8:00:00:{n:02x}" for n in range(30)]
OTHERS = [f"d4:c1:c8:00:01:{n:02x}" for n in range(10)]
PORT = 8067


class Scene:
    """A pool of 30 that 30 boxes hold for an hour, and ten more boxes that would like to have an address."""

    def __init__(self, relayed: Callable[..., Relayed], folder: Path) -> None:
        self.world = relayed(lease_s=LEASE_S)
        self.gate = self.world.gate
        text = self.gate.file.read_text().replace("10.21.255.250", "10.21.1.29")
        self.gate.file.write_text(text + f'\n[api]\nlisten = "127.0.0.1:{PORT}"\n')
        self.faults = Faults(folder)
        self.gate.env = dict(self.faults.env)
        lines = ["order,kind,account,mac,rate_down_kbps,rate_up_kbps"]
        lines += [f"o{n},install,a{n}@itv,{mac},20000,4000" for n, mac in enumerate(HOLDERS + OTHERS)]
        orders = folder / "orders.csv"
        orders.write_text("\n".join(lines) + "\n")
        self.gate.cli("orders", "import", str(orders))
        self.agent = RelayAgent(self.world.relay)
        self.gate.start()
        self.held = self.agent.drive(HOLDERS, seconds=10)
        assert len(set(self.held.values())) == 30

    def renews(self, mac: str) -> bool:
        """True if the box is told that it has its address for another hour."""
        asked = self.agent.ask(REQUEST, mac, mac.encode(), ciaddr=parse_ip(self.held[mac]))
        answer = self.agent.answer_to(asked)
        whole = LEASE_S.to_bytes(4, "big")
        return answer is not None and answer.kind == ACK and (answer.yiaddr, answer.options[51]) == (
            parse_ip(self.held[mac]), whole,
        )  # fmt: skip

    def assert_kept(self) -> None:
        """Nobody else gets an address of the pool, and each box goes on with its own."""
        assert self.agent.drive(OTHERS, seconds=2, idle_s=1) == {}
        assert all(self.renews(mac) for mac in HOLDERS[:10])
        assert self.agent.drive(HOLDERS, seconds=10) == self.held
        assert {row["mac"]: row["address"] for row in self.leases() if row["state"] == "active"} == self.held

    def leases(self) -> list[dict[str, Any]]:
        return self.gate.show("leases")

    def readyz(self) -> dict[str, Any]:
        """What /readyz answers."""
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
        connection.sock = self.world.space.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.sock.connect(("127.0.0.1", PORT))
        token = (self.gate.file.parent / "api.token").read_text().strip()
        connection.request("GET", "/readyz", headers={"Authorization": f"Bearer {token}", "Connection": "close"})
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def doubts(self) -> bool:
        """True once the gate says, by its log and by /readyz, that it does not believe the wall clock."""
        said = "alarm: the wall clock says" in self.gate.log() and "clock confirm" in self.gate.log()
        return said and any("the wall clock says" in reason for reason in self.readyz().get("reasons", ()))

    def wait_for_a_later_heartbeat(self) -> None:
        """Leases are dated to the second: until the gate has left a heartbeat of a later one."""
        store = SqliteStore(str(self.gate.file.parent / "gatekeeper.db"))
        given = max(lease.last_seen for lease in store.all_leases())
        wait_until(lambda: (beat := store.beat()) and beat.gate >= given + 1, 4, "the heartbeat")
        store.close()

    def restart(self, by_s: int, kill: bool = False) -> None:
        """Stopped, or killed; the clock is set; started."""
        if kill:
            self.gate.kill()
        else:
            assert self.gate.stop() == 0
        self.faults.set_clock(by_s)
        self.gate.start()


@pytest.fixture
def scene(relayed: Callable[..., Relayed], tmp_path: Path) -> Scene:
    return Scene(relayed, tmp_path)


def test_a_steady_restart_says_nothing_of_clocks(scene: Scene) -> None:
    scene.restart(0)
    scene.assert_kept()
    assert "clock" not in scene.gate.log()
    wait_until(lambda: scene.readyz() == {"status": "ready"}, 3, "ready")
    assert "there is nothing to confirm" in scene.gate.cli("clock", "confirm").stdout


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
@pytest.mark.parametrize("by_s", [2 * HOUR, YEARS, -2 * HOUR], ids=["+2h", "+10y", "-2h"])
def test_a_jump_while_nobody_serves_gives_no_address_away(scene: Scene, by_s: int, kill: bool) -> None:
    """Nobody else gets an address; what is left of each lease is left when the clock is confirmed, too."""
    scene.restart(by_s, kill)
    wait_until(scene.doubts, 3, "the doubt")
    scene.assert_kept()
    assert ("ahead" if by_s > 0 else "behind") in scene.gate.cli("clock").stdout
    told = scene.gate.cli("clock", "confirm").stdout
    assert "confirmed by hand" in told and "30 leases keep" in told
    wait_until(lambda: scene.readyz() == {"status": "ready"}, 3, "ready")
    scene.assert_kept()
    scene.restart(by_s)
    scene.assert_kept()
    assert "clock" not in scene.gate.log()


@pytest.mark.parametrize("by_s", [2 * HOUR, YEARS, -2 * HOUR], ids=["+2h", "+10y", "-2h"])
def test_a_jump_while_packets_come_gives_no_address_away(scene: Scene, by_s: int) -> None:
    """Nor does one that is taken back: then there is nothing left to confirm."""
    scene.faults.set_clock(by_s)
    wait_until(scene.doubts, 3, "the doubt")
    scene.assert_kept()
    assert any(row["name"] == "clock.seconds-off" for row in scene.gate.show("stats"))
    scene.faults.set_clock(0)
    wait_until(lambda: scene.readyz() == {"status": "ready"}, 3, "ready")
    scene.assert_kept()
    scene.faults.set_clock(by_s)
    wait_until(lambda: "the wall clock says" in scene.gate.cli("clock").stdout, 3, "the doubt")
    assert "confirmed by hand" in scene.gate.cli("clock", "confirm").stdout
    scene.assert_kept()
    wait_until(lambda: scene.readyz() == {"status": "ready"}, 3, "ready")


def test_a_clock_that_ntp_has_synchronised_confirms_itself(scene: Scene) -> None:
    """At the start, and while it serves."""
    scene.faults.synchronise(True)
    scene.restart(2 * HOUR)
    assert "confirmed by the kernel" in scene.gate.log()
    scene.assert_kept()
    scene.faults.synchronise(False)
    scene.restart(-2 * HOUR)
    wait_until(scene.doubts, 3, "the doubt")
    scene.faults.synchronise(True)
    scene.gate.wait_for("confirmed by the kernel")
    scene.assert_kept()
    assert scene.readyz() == {"status": "ready"}


def test_time_that_did_pass_ends_leases_when_somebody_says_so(scene: Scene) -> None:
    """What was given since the jump keeps its hour; what is over by the wall clock is for who asks."""
    scene.wait_for_a_later_heartbeat()
    scene.restart(2 * HOUR)
    wait_until(scene.doubts, 3, "the doubt")
    assert all(scene.renews(mac) for mac in HOLDERS[:20])
    assert "20 leases keep" in scene.gate.cli("clock", "confirm", "--passed").stdout
    others = scene.agent.drive(OTHERS, seconds=5)
    assert sorted(others.values()) == sorted(scene.held[mac] for mac in HOLDERS[20:])
    assert all(scene.renews(mac) for mac in HOLDERS[:20])
    assert "there is nothing to confirm" in scene.gate.cli("clock", "confirm").stdout
    scene.gate.stop()
    assert scene.gate.cli("clock", check=False).returncode == 4


def test_after_a_reboot_the_confirmed_clock_judges_what_was_given_before(scene: Scene, tmp_path: Path) -> None:
    """How long the machine was off nobody can tell: until somebody does, nobody loses an address by it."""
    scene.wait_for_a_later_heartbeat()
    scene.gate.kill()
    boot = tmp_path / "boot_id"
    boot.write_text("9d1f1a34-6a57-4e8e-a8bb-5e6f4a3c2b1d\n")
    scene.gate.started_by = ["sh", "-c", f'mount --bind {boot} /proc/sys/kernel/random/boot_id && exec "$@"', "sh"]
    scene.faults.set_clock(int(time.clock_gettime(time.CLOCK_BOOTTIME)) + 8 * HOUR)
    scene.gate.start()
    wait_until(scene.doubts, 3, "the doubt")
    assert scene.agent.drive(OTHERS, seconds=2, idle_s=1) == {}
    assert all(scene.renews(mac) for mac in HOLDERS[:20])
    assert "20 leases keep" in scene.gate.cli("clock", "confirm").stdout
    others = scene.agent.drive(OTHERS, seconds=5)
    assert sorted(others.values()) == sorted(scene.held[mac] for mac in HOLDERS[20:])
    assert all(scene.renews(mac) for mac in HOLDERS[:20])


def test_a_clock_is_confirmed_while_packets_come(scene: Scene) -> None:
    """None of them is lost, and each lease has its whole time by the clock that counts."""
    scene.faults.set_clock(2 * HOUR)
    wait_until(scene.doubts, 3, "the doubt")

    scene.faults.fsync_takes(150)  # so that it lasts
    with ThreadPoolExecutor() as beside:
        confirming = beside.submit(scene.gate.cli, "clock", "confirm")
        while not confirming.done():
            assert scene.agent.drive(HOLDERS, seconds=10, window=8) == scene.held
    assert "confirmed by hand" in confirming.result().stdout
    now = time.time() + 2 * HOUR
    ends = [datetime.fromisoformat(row["lease_expires"]).timestamp() - now for row in scene.leases()]
    assert all(LEASE_S - 60 < left <= LEASE_S + 1 for left in ends), ends
    assert scene.gate.counted("STORE_UNAVAILABLE") == 0
    scene.faults.fsync_takes(0)
    scene.assert_kept()


def test_a_clock_that_cannot_be_confirmed_on_disk_is_not_believed(scene: Scene) -> None:
    """It says why, goes on as before, and can be confirmed when the disk is mended."""
    scene.faults.set_clock(2 * HOUR)
    wait_until(scene.doubts, 3, "the doubt")
    scene.faults.fsync_fails()
    failed = scene.gate.cli("clock", "confirm", check=False)
    assert failed.returncode == 1 and "store" in failed.stderr
    assert "the wall clock says" in scene.gate.cli("clock").stdout
    scene.faults.fsync_fails(0)
    scene.assert_kept()
    assert "confirmed by hand" in scene.gate.cli("clock", "confirm").stdout
    scene.assert_kept()
