"""The soak: dice choose what happens next, and the seed that is printed makes them fall so again."""

import errno
import os
import random
import signal
import socket
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.clients.net import Net, run
from tests.clients.relay import RelayAgent
from tests.clients.worlds import BRAS, Relayed
from tests.engine import bench
from tests.faults import Faults
from tests.soak.boxes import Boxes
from tests.soak.holders import Holders

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(7200)]

_SECONDS: Final = float(os.environ.get("GATEKEEPER_SOAK_S", "1200"))
_BOXES: Final = 300
_LEASE_S: Final = 120
_MACS: Final = [f"d4:c1:c8:00:{n >> 8:02x}:{n & 255:02x}" for n in range(_BOXES)]
# Fewer addresses than boxes: they must change hands.
_POOL: Final = "10.21.1.0-10.21.1.199"


class Soak:
    """One gate, all that asks it, and what goes wrong."""

    def __init__(self, world: Relayed, disk: Path, faults: Faults, dice: random.Random) -> None:
        self._world, self._gate, self._disk, self._faults, self._dice = world, world.gate, disk, faults, dice
        self.holders = Holders()
        self.boxes = Boxes(RelayAgent(world.relay), self.holders)
        self._nas = world.bras.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._nas.bind((BRAS, 0))
        self._orders: set[str] = set()
        self._clock_s = 0
        self.done: Counter[str] = Counter()

    def begin(self, folder: Path) -> None:
        """Everybody is installed."""
        lines = ["order,kind,account,mac,rate_down_kbps,rate_up_kbps"]
        lines += [f"o{n},install,a{n}@itv,{mac},20000,4000" for n, mac in enumerate(_MACS)]
        file = folder / "orders.csv"
        file.write_text("\n".join(lines) + "\n")
        self._gate.cli("orders", "import", str(file))
        self._gate.start()

    def load(self) -> None:
        """Some boxes start, some go on, some give back; a BRAS asks and accounts."""
        dice = self._dice
        self.boxes.start(dice.sample(_MACS, 40), 1.0)
        self.boxes.go_on(dice.sample(_MACS, 60), 1.0)
        for mac in dice.sample(_MACS, 4):
            self.boxes.release(mac)
        if dice.random() < 0.1:
            self.boxes.decline(dice.choice(_MACS))
        for mac in dice.sample(_MACS, 20):
            name = mac.replace(":", "")
            self._nas.sendto(bench.access_request(name, password=name, identifier=dice.randrange(256)),
                             ("192.0.2.1", 1812))  # fmt: skip
            numbers = {42: dice.randrange(1 << 32), 52: dice.choice((0, 1, 2**32 - 1)), 46: 60}
            report = bench.accounting_request(dice.choice((1, 2, 3)), f"s{name}", name, numbers, dice.randrange(256))
            self._nas.sendto(report, ("192.0.2.1", 1813))

    def order(self) -> None:
        """A shop's order; what it was told is done must be there for ever."""
        number, box = f"r{len(self._orders)}", self._dice.randrange(_BOXES)
        words = ["order", "rate", "--order", number, "--account", f"a{box}@itv", "--down", str(1000 + box)]
        if self._gate.cli(*words, check=False).returncode == 0:
            self._orders.add(number)

    def reload(self) -> None:
        self._signal(signal.SIGHUP)

    def kill(self) -> None:
        """And begin again."""
        self._gate.kill()
        self._start()

    def stop(self) -> None:
        assert self._gate.stop() == 0, self._gate.log()
        self._start()

    def full_disk(self) -> None:
        filler = self._disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(1 << 20)):
                    pass
            except OSError:
                pass
        self.load()
        filler.unlink()

    def failing_disk(self) -> None:
        self._faults.fsync_fails(self._dice.choice((errno.EIO, errno.ENOSPC)))
        self.load()
        self._faults.fsync_fails(0)

    def slow_disk(self) -> None:
        self._faults.fsync_takes(self._dice.choice((20, 100, 300)))
        self.load()
        self._faults.fsync_takes(0)

    def locked_store(self) -> None:
        other = sqlite3.connect(self._disk / "gatekeeper.db", isolation_level=None, timeout=10)
        try:
            other.execute("BEGIN IMMEDIATE")
            self.load()
        finally:
            other.close()

    def set_clock(self) -> None:
        """Live, or while nothing serves; a person says that it is right, or sets it back."""
        if self._dice.random() < 0.5:
            assert self._gate.stop() == 0, self._gate.log()
            self._jump()
            self._start()
        else:
            self._jump()
        self.load()
        if self._dice.random() < 0.5:
            self._gate.cli("clock", "confirm", check=False)

    def _jump(self) -> None:
        self._clock_s = self._dice.choice((0, 90, 7200, -7200, 10 * 365 * 86_400))
        self._faults.set_clock(self._clock_s)

    def _start(self) -> None:
        self._gate.start()
        self.assert_nothing_lost()

    def _signal(self, number: int) -> None:
        assert self._gate.process
        self._gate.process.send(number)

    def assert_nothing_lost(self) -> None:
        """Whoever holds an address goes on with it, and orders are on record."""
        standing = self.holders.standing(30)
        missing = set(standing)
        end = time.monotonic() + 10
        while missing and time.monotonic() < end:
            missing -= self.boxes.go_on(sorted(missing), 2.0)
            assert all(mac in self.holders.of for mac in standing), "a holder was told NAK"
        assert not missing, f"{len(missing)} of {len(standing)} holders were not acknowledged: {sorted(missing)[:3]}"
        assert {mac: self.holders.of[mac].address for mac in standing} == standing

    def assert_orders(self) -> None:
        applied = {row["order"] for row in self._gate.show("orders") if row["state"] == "applied"}
        assert self._orders <= applied, sorted(self._orders - applied)[:5]

    def step(self) -> None:
        """Load, and then perhaps trouble."""
        self.load()
        names = [name for name, weight in _TROUBLES.items() for _ in range(weight)]
        name = self._dice.choice(names)
        self.done[name] += 1
        _DO[name](self)
        assert self._gate.process and self._gate.process.running(), self._gate.log()[-2000:]
        assert "bug:" not in self._gate.log() and "Traceback" not in self._gate.log(), self._gate.log()[-4000:]


_TROUBLES: Final = {
    "load": 8, "order": 4, "reload": 2, "kill": 2, "stop": 1, "full_disk": 1, "failing_disk": 1, "slow_disk": 1,
    "locked_store": 1, "set_clock": 2,
}  # fmt: skip
_DO: Final[dict[str, Callable[[Soak], None]]] = {name: getattr(Soak, name) for name in _TROUBLES}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder))
    yield folder
    run("umount", "--lazy", str(folder))


def test_never_two_holders_and_nothing_acknowledged_is_lost(small_disk: Path, tmp_path: Path) -> None:
    seed = int(os.environ.get("GATEKEEPER_SOAK_SEED", str(random.SystemRandom().randrange(1 << 32))))
    sys.stdout.write(f"GATEKEEPER_SOAK_SEED={seed} GATEKEEPER_SOAK_S={_SECONDS:.0f}\n")
    with Net() as net:
        world = Relayed(net, tmp_path, lease_s=_LEASE_S, store=f"{small_disk}/gatekeeper.db")
        text = world.gate.file.read_text().replace("10.21.1.0-10.21.255.250", _POOL)
        text = text.replace('listen_auth = ["192.0.2.1:1812"]', 'listen_auth = ["192.0.2.1:1812"]\n'
                            'listen_acct = ["192.0.2.1:1813"]')  # fmt: skip
        world.gate.file.write_text(text)
        faults = Faults(tmp_path)
        world.gate.env = faults.env
        soak = Soak(world, small_disk, faults, random.Random(seed))
        soak.begin(tmp_path)
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            soak.step()
        soak.assert_orders()
        told = f"{soak.holders.promises} promises, {soak.boxes.naks} NAKs, {dict(soak.done)}"
        sys.stdout.write(told + "\n")
        assert soak.holders.promises > 50 * _SECONDS / 20, told
        assert world.gate.stop() == 0
