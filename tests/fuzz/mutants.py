"""``python -m tests.fuzz.mutants dhcp|radius|accounting [--count N] [--seed N] [--wire]``: right packets, spoiled.

In process, each mutant goes through heart, engine and store of one gate, with time going on, and its log line is read.
With --wire they go to a real ``gatekeeper serve`` in a namespace of its own (root), and its log is read. Laws: no
exception, no control character in any output, and no more than 32 MiB more memory at the end than after a tenth.
Exit 0 if they held; what broke one is printed in hex with its number. Build and interpreter are named.
"""

import argparse
import itertools
import platform
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import gatekeeper.model
from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION, DHCP
from gatekeeper.model import Datagram, Outcome
from gatekeeper.report.line import outcome_line
from gatekeeper.wire.radius import HEADER, attribute
from gatekeeper.wire.radius_seal import sealed_request, signed_request
from tests.clients.garbage import dhcp_bases, radius_bases, spoil
from tests.clients.gate import RADIUS as NASES
from tests.clients.gate import Gate, config, dhcp_config
from tests.clients.net import Net, Space
from tests.engine import bench
from tests.vectors.reader import vectors

ROOM: Final = 32 << 20
_A_BATCH: Final = 64
_BOXES: Final = [bytes.fromhex("d4c1c80000") + bytes((number,)) for number in range(8)]
_SECRET: Final = bench.SECRET
_BUFFER: Final = 64  # datagrams sent at once over the wire


class Protocol(NamedTuple):
    """name: whose the datagrams are in the heart; port: on the wire; bases: what is spoiled."""

    name: str
    port: int
    bases: Callable[[], list[bytes]]
    repair: Callable[[random.Random, bytes], bytes]


def _as_it_is(dice: random.Random, packet: bytes) -> bytes:
    return packet


def _dhcp_bases() -> list[bytes]:
    return [base for mac in _BOXES for base in dhcp_bases(mac)] + [one.data for one in vectors("dhcp.txt")]


def _radius_bases() -> list[bytes]:
    found = [base for mac in _BOXES for base in radius_bases(mac, b"testing123")]
    return found + [one.data for file in ("radius.txt", "nas_request.txt") for one in vectors(file)]


def _accounting_bases() -> list[bytes]:
    full = {42: 2**32 - 1, 43: 2**32 - 1, 52: 2**32 - 1, 53: 2**32 - 1, 46: 2**32 - 1, 41: 5, 55: bench.NOW, 49: 1}
    both = itertools.product(_BOXES, (1, 2, 3, 7, 8))
    return [bench.accounting_request(status, f"s{mac[5]}", mac.hex(), full) for mac, status in both]


def _sealed(dice: random.Random, packet: bytes) -> bytes:
    """Half of them with a right seal, so that what is spoiled is read and not only turned away at the door."""
    if len(packet) < 20 or dice.random() < 0.5:
        return packet
    body = packet[20:][:4000]
    if packet[0] == 4:
        return signed_request(4, packet[1], body, _SECRET, False)
    return sealed_request(packet[0], packet[1], packet[4:20], body, _SECRET)


PROTOCOLS: Final = {
    "dhcp": Protocol(DHCP, 67, _dhcp_bases, _as_it_is),
    "radius": Protocol(AUTHENTICATION, 1812, _radius_bases, _sealed),
    "accounting": Protocol(ACCOUNTING, 1813, _accounting_bases, _sealed),
}


def mutants(protocol: Protocol, count: int, seed: int) -> Iterator[bytes]:
    """So many, each from one base."""
    dice, bases = random.Random(seed), [base for base in protocol.bases() if base]
    for _ in range(count):
        packet = spoil(dice, dice.choice(bases))
        if dice.random() < 0.2 and 20 < len(packet) < 3900 and protocol.port != 67:
            packet += attribute(dice.randrange(256), dice.randbytes(dice.randrange(40)))
            packet = HEADER.pack(packet[0], packet[1], len(packet), packet[4:20]) + packet[20:]
        yield protocol.repair(dice, packet)


def resident(pid: int | str = "self") -> int:
    """Octets of memory that a process holds, without files that it has mapped."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("RssAnon"))


def check_text(text: str) -> None:
    """Raises AssertionError for a control character."""
    assert text.isprintable(), f"control character in {text!r}"


class InProcess:
    """One gate without sockets; its time goes on by a second every few packets, so that no limit turns all away."""

    def __init__(self, protocol: Protocol, folder: Path) -> None:
        self._gate = bench.Bench(folder, store=str(folder / "gatekeeper.db"))
        for number, mac in enumerate(_BOXES):
            self._gate.install(mac, f"A{number}")
        self._name = protocol.name
        door = {DHCP: bench.RELAYED, AUTHENTICATION: bench.RADIUS, ACCOUNTING: bench.REPORTS}[protocol.name]
        self._doors = [(door, bench.GIADDR if protocol.name == DHCP else bench.BRAS)]
        self._doors += [(bench.DIRECT, 0), (bench.TRUSTED, 0)] if protocol.name == DHCP else [(door, bench.H3C)]
        self._now = float(bench.NOW)
        self._fates: Counter[str] = Counter()

    def hear(self, number: int, packet: bytes) -> None:
        """One mutant to its end. Raises what it meets."""
        gate = self._gate
        via, source = self._doors[number % len(self._doors)]
        self._now += 0.05
        gate.heart.receive(self._name, (Datagram(packet, source, 67, via, packet[28:34]),), None, self._now)
        gate.supply.meet(self._now)
        self._read(gate.told())
        if number % _A_BATCH == 0:
            gate.heart.handle_time(self._now)
            self._read(gate.commit(self._now))
        if number % 100_000 == 0:
            gate.store.prune_journal(int(self._now) + 1)
            gate.store.close_stale({}, 60, 60, int(self._now))

    def _read(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self._fates[f"{outcome.reply or 'silent'} {outcome.verdict.reason or ''}".rstrip()] += 1
            check_text(outcome_line(outcome))
            for text in (outcome.verdict.seen, outcome.verdict.bound, outcome.where):
                check_text(text)

    def memory(self) -> int:
        return resident()

    def end(self) -> None:
        sys.stdout.write(", ".join(f"{fate}: {times}" for fate, times in self._fates.most_common()) + "\n")
        for what in ("refused", "sessions", "leases", "nas", "stats"):
            for row in self._gate.store.view(what, int(self._now)):
                check_text(" ".join(map(str, row.values())))
        self._gate.store.close()


class OverTheWire:
    """A real ``gatekeeper serve``, sent to no faster than it reads."""

    def __init__(self, protocol: Protocol, folder: Path, net: Net) -> None:
        space, sender = net.space("gate"), net.space("sender")
        net.cable(space, "core0", sender, "core0")
        space.set_up("core0", "10.20.0.2/16", "192.0.2.1/24")
        sender.set_up("core0", "10.20.0.1/16", "192.0.2.10/24")
        radius = NASES.replace('1812"]', '1812"]\nlisten_acct = ["192.0.2.1:1813"]', 1)
        self.gate = Gate(space, folder, config(dhcp_config(listen=["10.20.0.2:67"]), radius))
        for number, mac in enumerate(_BOXES):
            self.gate.install(mac.hex(":"), f"A{number}")
        self.gate.start()
        self._socket, self._to = _sender(sender, protocol)
        assert self.gate.process
        self._pid = self.gate.process.pid
        self._sent = 0

    def hear(self, number: int, packet: bytes) -> None:
        try:
            self._socket.send(packet)
        except OSError:
            return  # larger than the kernel sends, or the socket tells of an earlier one
        self._sent += 1
        if self._sent % _BUFFER == 0:
            self._wait()

    def _wait(self) -> None:
        """Until the gate has read what waits for it."""
        for _ in range(20_000):
            if not _queued(self._pid, self._to[1]):
                return
            time.sleep(0.0005)
        raise AssertionError("the gate does not read any more")

    def memory(self) -> int:
        return resident(self._pid)

    def end(self) -> None:
        self._wait()
        time.sleep(1.5)
        self.gate.assert_sound()
        assert self.gate.counted("bugs") == 0
        for line in self.gate.log().split("\n"):
            check_text(line)
        heard = self.gate.counted(".")
        assert heard, "nothing was counted"
        for what in ("refused", "sessions", "leases"):
            self.gate.show(what)
        assert self.gate.stop() == 0


def _sender(space: Space, protocol: Protocol) -> tuple[socket.socket, tuple[str, int]]:
    one = space.socket(socket.AF_INET, socket.SOCK_DGRAM)
    dhcp = protocol.port == 67
    one.bind(("10.20.0.1", 67) if dhcp else ("192.0.2.10", 0))
    to = ("10.20.0.2" if dhcp else "192.0.2.1", protocol.port)
    one.connect(to)
    return one, to


def _queued(pid: int, port: int) -> bool:
    """Whether anything waits in the receive buffer of that port (proc(5), /proc/net/udp)."""
    for line in Path(f"/proc/{pid}/net/udp").read_text().splitlines()[1:]:
        words = line.split()
        if int(words[1].rpartition(":")[2], 16) == port and int(words[4].rpartition(":")[2], 16):
            return True
    return False


def run(subject: InProcess | OverTheWire, packets: Iterator[bytes], count: int) -> list[str]:
    """What broke, empty = nothing."""
    broken: list[str] = []
    before, began = 0, time.monotonic()
    for number, packet in enumerate(packets, 1):
        try:
            subject.hear(number, packet)
        except Exception as error:
            broken.append(f"mutant {number}: {error!r}: {packet.hex()}")
            if len(broken) >= 10:
                return broken
        if number == max(count // 10, 1):
            before = subject.memory()
        if number % max(count // 10, 1) == 0:
            told = f"{number} mutants, {number / (time.monotonic() - began):.0f} a second"
            sys.stdout.write(f"{told}, {subject.memory() / 2**20:.1f} MiB\n")
            sys.stdout.flush()
    more = subject.memory() - before
    sys.stdout.write(f"memory since the first tenth: {more / 2**20:+.1f} MiB\n")
    if more > ROOM:
        broken.append(f"{more} octets more than after a tenth")
    subject.end()
    return broken


def main() -> None:
    """Exit 1 where a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.mutants", description=__doc__)
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--wire", action="store_true")
    asked = parser.parse_args()
    protocol = PROTOCOLS[asked.protocol]
    build = "compiled" if not str(gatekeeper.model.__file__).endswith(".py") else "pure Python"
    sys.stdout.write(f"{asked.protocol}: seed {asked.seed}, {platform.python_version()}, {build}\n")
    with tempfile.TemporaryDirectory(prefix="gatekeeper-mutants-") as folder, Net() as net:
        place = Path(folder)
        subject = OverTheWire(protocol, place, net) if asked.wire else InProcess(protocol, place)
        broken = run(subject, mutants(protocol, asked.count, asked.seed), asked.count)
    for one in broken:
        sys.stdout.write(one + "\n")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
