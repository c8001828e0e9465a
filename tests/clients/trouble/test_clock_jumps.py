"""The wall clock jumps: while nobody serves, over a restart of the machine, or while packets come.

Kea, ISC dhcpd and dnsmasq reckon leases by the wall clock, and give held addresses away after such a jump. A gate whose
clock nobody vouches for goes on by the time that passed: no holder loses his address, and it says so until somebody
confirms the clock.
"""

import http.client
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
