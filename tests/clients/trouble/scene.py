"""Boxes with leases on disk, and a store that gets into trouble: who renews, who asks for the first time, who is told.

What a peer does in the same trouble: ``python -m tests.faults.peers``.
"""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from gatekeeper.drivers.control import ask_state
from gatekeeper.store.opening import open_store
from gatekeeper.store.ports import Store
from gatekeeper.wire.dhcp import ACK, DISCOVER, OFFER, REQUEST
from gatekeeper.wire.text import mac_text, parse_ip, parse_mac
from tests.clients.nas import access_request
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed
from tests.faults import Faults

LEASE_S = 3600
TOLD_S = 2.0  # until a trouble is told
MENDED_S = 5.0  # until all is well afterwards, without a restart
NEW, DIALS = "d4:c1:c8:00:01:00", "d4:c1:c8:00:01:01"
_LINE = "eth 1/2/3:502.99 CD-OLT-07/0/0/1/0/99"


class Renewal(NamedTuple):
    """An ACK. left_s: what the box was told, and counts from when it asked (RFC 2131 4.4.1); over_s: by how much that
    is beyond what is on disk; took_s: since it asked."""

    mac: str
    left_s: int
    over_s: float
    took_s: float


class Scene:
    """A gate behind a relay whose store is on a disk that does as ``faults`` says."""

    def __init__(self, relayed: Callable[..., Relayed], folder: Path, boxes: int, store: Path) -> None:
        self.world = relayed(lease_s=LEASE_S, store=str(store))
        self.gate, self.store = self.world.gate, store
        self.faults = Faults(folder)
        self.gate.env = dict(self.faults.env)
        macs = [mac_text(bytes((0xD4, 0xC1, 0xC8, 0, 0, n))) for n in range(boxes)]
        lines = ["order,kind,account,mac,rate_down_kbps,rate_up_kbps"]
        lines += [f"o{n},install,a{n}@itv,{mac},20000,4000" for n, mac in enumerate([*macs, NEW, DIALS])]
        orders = folder / "orders.csv"
        orders.write_text("\n".join(lines) + "\n")
        self.gate.cli("orders", "import", str(orders))
        self.agent = RelayAgent(self.world.relay)
        self.gate.start()
        self.held = self.agent.drive(macs, seconds=10)
        assert len(self.held) == boxes
        assert self.dials_in()

    def dials_in(self) -> bool:
        """True if RADIUS lets the box in whose line is known."""
        return access_request(self.world.bras, DIALS, NAS_Port_Id=_LINE).name == "Access-Accept"

    def renew(self, window: int = 8, patience_s: float = 2) -> list[Renewal]:
        """Each box renews, so many at once."""
        todo, asked, found = list(self.held), dict[int, tuple[str, float]](), []
        with closing(open_store(f"sqlite:{self.store}")) as disk:
            while todo or asked:
                while todo and len(asked) < window:
                    mac = todo.pop()
                    xid = self.agent.ask(REQUEST, mac, mac.encode(), ciaddr=parse_ip(self.held[mac]))
                    asked[xid] = mac, time.monotonic()
                for answer in self.agent.answers(0.05):
                    mac, began = asked.pop(answer.xid, ("", 0.0))
                    if mac:
                        assert answer.kind == ACK, f"{mac} is told to give up its address"
                        took_s, left_s = time.monotonic() - began, int.from_bytes(answer.options[51], "big")
                        found.append(Renewal(mac, left_s, left_s - took_s - _on_disk(disk, mac), took_s))
                asked = {xid: one for xid, one in asked.items() if one[1] > time.monotonic() - patience_s}
        return found

    def assert_all_renew(self, deferred: bool, window: int = 8) -> list[Renewal]:
        """Each is answered, and never with more than the disk has. deferred: with what is left of that."""
        found = self.renew(window)
        assert {one.mac for one in found} == self.held.keys(), "boxes that renew get no answer"
        assert max(one.over_s for one in found) <= 1, "more than the disk has"
        assert not deferred or max(one.left_s for one in found) < LEASE_S
        return found

    def assert_new_is_silent(self) -> None:
        """An OFFER needs no disk; the ACK does, and does not come."""
        offer = self.agent.answer_to(self.agent.ask(DISCOVER, NEW, b"new"))
        assert offer and offer.kind == OFFER
        chosen = {50: offer.yiaddr.to_bytes(4, "big"), 54: offer.options[54]}
        assert self.agent.answer_to(self.agent.ask(REQUEST, NEW, b"new", chosen), timeout_s=0.5) is None

    def troubles(self) -> list[str]:
        """Those that the gate says it is in."""
        state = ask_state(str(self.store))
        assert state
        return [one.name for one in state.troubles]

    def assert_told(self, name: str) -> None:
        """From now on within two seconds, whoever asks is told which trouble it is; so is who asks for a listing."""
        wait_until(lambda: name in self.troubles(), TOLD_S, name, every_s=0.05)
        assert f"trouble.{name}" in {row["name"] for row in self.gate.show("stats")}

    def assert_well_again(self) -> None:
        """From now on within five seconds: first leases, extensions in full, and no trouble."""
        end = time.monotonic() + MENDED_S
        while not self.agent.dora(NEW, b"new", timeout_s=0.5):
            assert time.monotonic() < end, "no first lease"
        wait_until(lambda: not self.troubles(), max(end - time.monotonic(), 0.1), "the end of all troubles")
        assert {one.left_s for one in self.assert_all_renew(deferred=False)} == {LEASE_S}
        assert self.dials_in()
        assert self.gate.counted("NAK") == self.gate.counted("Access-Reject") == 0
        self.gate.assert_sound()

    def assert_counted(self, least: int) -> None:
        """What was counted while nothing could be written is in the store after a stop."""
        assert self.gate.stop() == 0
        assert self.gate.counted("extension-deferred") >= least


def _on_disk(disk: Store, mac: str) -> float:
    """How long the box's lease goes on there, as another process reads it."""
    lease = disk.facts([parse_mac(mac)])[parse_mac(mac)].lease
    assert lease
    return lease.expires_at - time.time()
