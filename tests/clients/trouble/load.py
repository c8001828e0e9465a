"""Boxes that come, go on and give back, and a BRAS that accounts, all at once; and what they were promised.

The books are kept out here: what was acknowledged must be on record, whatever became of the gate.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from gatekeeper.wire.text import ip_text, mac_text
from tests.clients.relay import RelayAgent
from tests.clients.reporter import STOP, Report, Reporter
from tests.clients.worlds import Relayed
from tests.soak.boxes import Boxes
from tests.soak.holders import Holders

LEASE_S: Final = 3600
_TURN_S: Final = 1.0


class Load:
    """A gate behind a relay with so many boxes, and not many more addresses."""

    def __init__(self, relayed: Callable[..., Relayed], folder: Path, boxes: int, store: Path, seed: int = 1) -> None:
        self.world = relayed(lease_s=LEASE_S, store=str(store))
        self.gate, self.store = self.world.gate, store
        self.dice = random.Random(seed)
        self.macs = [mac_text(bytes((0xD4, 0xC1, 0xC8, 1, n >> 8, n & 255))) for n in range(boxes)]
        self._configure(boxes)
        lines = ["order,kind,account,mac,rate_down_kbps,rate_up_kbps"]
        lines += [f"o{n},install,a{n}@itv,{mac},20000,4000" for n, mac in enumerate(self.macs)]
        orders = folder / "orders.csv"
        orders.write_text("\n".join(lines) + "\n")
        self.gate.cli("orders", "import", str(orders))
        self.holders = Holders()
        self.boxes = Boxes(RelayAgent(self.world.relay), self.holders)
        self.kept: dict[str, Report] = {}
        self.said: list[Report] = []
        self.unanswered = 0  # reports

    def _configure(self, boxes: int) -> None:
        first = 0x0A150100
        pool = f"10.21.1.0-{ip_text(first + boxes + boxes // 20)}"
        text = self.gate.file.read_text().replace("10.21.1.0-10.21.255.250", pool)
        both = 'listen_auth = ["192.0.2.1:1812"]\nlisten_acct = ["192.0.2.1:1813"]'
        self.gate.file.write_text(text.replace('listen_auth = ["192.0.2.1:1812"]', both))

    def run(self, seconds: float, gives_back: bool = True) -> None:
        """All of it for so long; whoever kills the gate meanwhile does it in a thread of its own."""
        reporter = Reporter(self.world.bras, self.macs, self.dice.randrange(1 << 32))
        reporter.start()
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self._turn(min(left, _TURN_S), gives_back)
        finally:
            reporter.stop()
        self.said += reporter.said
        self.kept |= reporter.kept
        self.unanswered += reporter.unanswered

    def _turn(self, seconds: float, gives_back: bool) -> None:
        dice, most = self.dice, len(self.macs)
        self.boxes.start(dice.sample(self.macs, most // 2), seconds)
        self.boxes.go_on(dice.sample(self.macs, most // 2), seconds)
        for mac in dice.sample(self.macs, most // 20 if gives_back else 0):
            self.boxes.release(mac)

    def assert_on_record(self) -> None:
        """Each address for as long as it was promised to, and none twice; each report that was acknowledged."""
        now, clock = time.monotonic(), time.time()
        active = [row for row in self.gate.show("leases") if row["state"] == "active"]
        rows = {row["mac"]: row for row in active}
        assert len(rows) == len({row["address"] for row in active}) == len(active)
        lost = {
            mac: (ip_text(promise.address), rows.get(mac))
            for mac, promise in self.holders.of.items()
            if mac not in rows
            or rows[mac]["address"] != ip_text(promise.address)
            or ends_at(rows[mac]) < clock + promise.until - now
        }
        assert not lost, f"{len(lost)} of {len(self.holders.of)} leases are lost: {list(lost.items())[:3]}"
        sessions = {row["session"]: row for row in self.gate.show("sessions")}
        missing = {name: (one, sessions.get(name)) for name, one in self.kept.items() if not has(sessions, one)}
        assert not missing, f"{len(missing)} of {len(self.kept)} reports are lost: {list(missing.values())[:3]}"

    def assert_all_go_on(self) -> None:
        """Whoever was promised an address has it acknowledged once more."""
        standing = self.holders.standing(30)
        missing = set(standing)
        end = time.monotonic() + 10
        while missing and time.monotonic() < end:
            missing -= self.boxes.go_on(sorted(missing), 2.0)
        assert not missing, f"{len(missing)} of {len(standing)} holders were not acknowledged: {sorted(missing)[:3]}"
        assert {mac: self.holders.of[mac].address for mac in standing} == standing


def ends_at(row: dict[str, str]) -> float:
    """When the lease of this row does."""
    return datetime.fromisoformat(row["lease_expires"]).timestamp()


def has(sessions: dict[str, dict[str, object]], report: Report) -> bool:
    """The session is on record with what was said of it last, or later."""
    row = sessions.get(report.session)
    if row is None:
        return False
    octets, over = row["bytes_in"], row["state"] == "closed"
    assert isinstance(octets, int)
    return octets >= report.octets and (report.status != STOP or over)
