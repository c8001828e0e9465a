"""What was acknowledged is on disk: kill -9 in the middle of the traffic loses no lease and gives none away twice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import DISCOVER, RELEASE, REQUEST
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

_BOXES = 5000
MACS = [f"d4:c1:c8:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}" for n in range(_BOXES)]


def install_all(world: Relayed, folder: Path) -> None:
    """5000 orders by CSV."""
    lines = ["order,kind,account,mac,rate_down_kbps,rate_up_kbps"]
    lines += [f"o{n},install,a{n}@itv,{mac},20000,4000" for n, mac in enumerate(MACS)]
    file = folder / "orders.csv"
    file.write_text("\n".join(lines) + "\n")
    assert "5000 applied" in world.gate.cli("orders", "import", str(file)).stdout


def active(world: Relayed) -> dict[str, str]:
    """Address by MAC as the store has it; checks that no address and no MAC is there twice."""
    rows = [row for row in world.gate.show("leases") if row["state"] == "active"]
    found = {row["mac"]: row["address"] for row in rows}
    assert len(found) == len({row["address"] for row in rows}) == len(rows)
    return found


def test_a_release_right_behind_its_request_is_the_last_word(relayed: Callable[..., Relayed]) -> None:
    """Both are written in one transaction, in the sequence in which they came."""
    world, mac = relayed(), MACS[0]
    world.gate.install(mac, "028123456@itv")
    world.gate.start()
    agent = RelayAgent(world.relay)
    for _ in range(5):
        offer = agent.answer_to(agent.ask(DISCOVER, mac, b"line"))
        assert offer
        server = {54: offer.options[54]}
        asked = agent.ask(REQUEST, mac, b"line", {50: offer.yiaddr.to_bytes(4, "big"), **server})
        agent.ask(RELEASE, mac, b"line", server, ciaddr=offer.yiaddr)
        assert agent.answer_to(asked)
        wait_until(lambda: world.gate.lease(mac)["state"] == "released", 2, "the release on record")


def test_kill_9_loses_no_acknowledged_lease(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    """Three times killed at work; every box that ever got an ACK has its address in the store and gets it again."""
    world = relayed()
    install_all(world, tmp_path)
    agent = RelayAgent(world.relay)
    acked: dict[str, str] = {}
    for kill_at in (300, 900, 1700):
        world.gate.start()
        todo = [mac for mac in MACS if mac not in acked]

        def kill(count: int, at: int = kill_at) -> None:
            if count == at:
                world.gate.kill()

        # It goes on for a moment after the kill, so that answers already under way are counted too.
        bound = agent.drive(todo, seconds=20, on_ack=kill, idle_s=0.5)
        assert len(bound) >= kill_at
        acked |= bound
        assert world.gate.process and not world.gate.process.running()
        stored = active(world)
        lost = {mac: (address, stored.get(mac)) for mac, address in acked.items() if stored.get(mac) != address}
        assert not lost, f"{len(lost)} of {len(acked)}: {list(lost.items())[:5]}"
    world.gate.start()
    assert agent.drive(acked, seconds=20) == acked
    everybody = agent.drive(MACS, seconds=30)
    assert len(everybody) == len(set(everybody.values())) == _BOXES
    assert active(world) == everybody
    assert {mac: everybody[mac] for mac in acked} == acked
    world.gate.assert_sound()
    assert world.gate.stop() == 0
