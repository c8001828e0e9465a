"""``python -m tests.faults.peers FAULT|all [--server NAME …]``: the same trouble for gatekeeper and for its peers.

Each server runs in a namespace of its own behind a relay, from its Debian package, with one subnet and its leases on a
disk of 16 MB. What is printed is what was counted; root, a C compiler and the packages are wanted.
"""

import argparse
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from gatekeeper.wire.dhcp import ACK, DECLINE, DISCOVER, NAK, OFFER, REQUEST, decode, encode, message
from gatekeeper.wire.text import parse_ip, parse_mac
from tests.clients.net import Net, run
from tests.clients.relay import RelayAgent
from tests.clients.worlds import SERVER, Relayed
from tests.faults import Faults
from tests.faults.servers import Named, Server

_MACS: Final = [f"d4:c1:c8:00:{n >> 8:02x}:{n & 255:02x}" for n in range(500)]
_WIDE: Final = ("10.21.1.0", "10.21.9.255")
_NOBODY: Final = bytes(4)


class Trial:
    """One server in one world. pool: first and last address."""

    def __init__(self, kind: type[Server], net: Net, folder: Path, disk: Path, pool: tuple[str, str]) -> None:
        self.world = Relayed(net, folder)
        self.faults = Faults(folder)
        self.disk = disk
        self.server = kind(self.world, disk, self.faults.env, pool, 3600)
        self.server.install(_MACS)
        self.relay = RelayAgent(self.world.relay)
        assert self.server.start(), self.server.said()

    def bind(self, macs: list[str], seconds: float = 10, window: int = 16) -> dict[str, str]:
        """Address by MAC, of those that got one."""
        return self.relay.drive(macs, seconds=seconds, window=window, idle_s=2.5, begins_anew=True)

    def go_on(self, held: dict[str, str], seconds: float = 3) -> tuple[int, int, list[float]]:
        """Each rebinds, eight at once: how many ACKs, how many NAKs, seconds until each ACK."""
        todo, asked, acks, naks, took = list(held.items()), {}, 0, 0, []
        end = time.monotonic() + seconds + len(held) * 0.05
        while (todo or asked) and time.monotonic() < end:
            while todo and len(asked) < 8:
                mac, address = todo.pop()
                asked[self.relay.ask(REQUEST, mac, mac.encode(), ciaddr=parse_ip(address))] = time.monotonic()
            for answer in self.relay.answers(0.05):
                began = asked.pop(answer.xid, None)
                if began is not None:
                    acks, naks = acks + (answer.kind == ACK), naks + (answer.kind == NAK)
                    took += [time.monotonic() - began]
            asked = {xid: at for xid, at in asked.items() if at > time.monotonic() - seconds}
        return acks, naks, took


def given_again(held: dict[str, str], later: dict[str, str]) -> str:
    """Of the addresses that somebody holds, those that others were given."""
    again = set(held.values()) & {address for mac, address in later.items() if mac not in held}
    return f"{len(again)} of {len(held)} held addresses given to others"


def lost_log(trial: Trial) -> str:
    """kill -9, and half of the youngest file is gone."""
    held = trial.bind(_MACS[:100])
    trial.server.kill()
    newest = trial.server.newest()
    data = newest.read_bytes()
    newest.write_bytes(data[: len(data) // 2])
    if not trial.server.start():
        return f"refuses to start: {trial.server.said()}"
    return f"starts; {given_again(held, trial.bind(_MACS[100:300]))}"


def clock(trial: Trial) -> str:
    """The clock is 2 h further after a restart, and all addresses are held."""
    held = trial.bind(_MACS[:30])
    trial.server.stop()
    trial.faults.set_clock(7200)
    assert trial.server.start(), trial.server.said()
    return given_again(held, trial.bind(_MACS[100:160], seconds=6))


def live_clock(trial: Trial) -> str:
    """The clock is set 2 h further while it serves, and all addresses are held."""
    held = trial.bind(_MACS[:30])
    trial.faults.set_clock(7200)
    time.sleep(2)
    return given_again(held, trial.bind(_MACS[100:160], seconds=6))


def failing_fsync(trial: Trial) -> str:
    """fsync fails with an I/O error."""
    held = trial.bind(_MACS[:20])
    trial.faults.fsync_fails()
    new = trial.bind(_MACS[100:120], seconds=4)
    acks, naks, _ = trial.go_on(held)
    return f"{len(new)} of 20 new leases acknowledged; renewals: {acks} ACK, {naks} NAK of 20"


def full_disk(trial: Trial) -> str:
    """No octet is left on the disk."""
    held = trial.bind(_MACS[:20])
    with (trial.disk / "filler").open("wb", buffering=0) as filler:
        for size in (65536, 4096, 512, 1):
            with suppress(OSError):
                while filler.write(bytes(size)) == size:
                    pass
    new = trial.bind(_MACS[100:400], seconds=6)
    acks, naks, _ = trial.go_on(held)
    return f"{len(new)} of 300 new leases acknowledged; renewals: {acks} ACK, {naks} NAK of 20"


def slow_fsync(trial: Trial) -> str:
    """Each fsync takes 100 ms."""
    held = trial.bind(_MACS[:100])
    trial.faults.fsync_takes(100)
    began = time.monotonic()
    new = trial.bind(_MACS[100:180], seconds=20, window=8)
    rate = len(new) / (time.monotonic() - began)
    acks, _, took = trial.go_on(held)
    late = statistics.quantiles(took, n=100)[98] * 1000 if len(took) > 1 else 0.0
    return f"{rate:.0f} new leases/s with 8 outstanding; {acks} of 100 renewals, p99 {late:.0f} ms"


def declines(trial: Trial) -> str:
    """One box declines whatever it is given, two hundred times; then sixty others ask."""
    mac = _MACS[0]
    for _ in range(200):
        offer = trial.relay.answer_to(trial.relay.ask(DISCOVER, mac, b"x"), 0.3)
        if not offer or offer.kind != OFFER:
            break
        both = {50: offer.yiaddr.to_bytes(4, "big"), 54: offer.options[54]}
        trial.relay.answer_to(trial.relay.ask(REQUEST, mac, b"x", both), 0.5)
        trial.relay.ask(DECLINE, mac, b"x", both)
    return f"{len(trial.bind(_MACS[100:140], seconds=6))} of 40 other boxes get an address of the pool's 64"


def false_relay(trial: Trial) -> str:
    """A host on the access network plays relay for a neighbour, from an address of the pool."""
    host = trial.world.net.space("host")
    trial.world.net.plug(host, "eth0", trial.world.switch)
    host.set_up("eth0", "10.21.1.77/16")
    host.ip("route add 10.20.0.0/24 via 10.21.0.1")
    one = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(("10.21.1.77", 67))
    one.settimeout(2)
    asked = message(DISCOVER, parse_mac(_MACS[0]), 9, {82: b"\x01\x05false"}, giaddr=parse_ip("10.21.1.77"), hops=1)
    one.sendto(encode(asked), (SERVER, 67))
    try:
        return f"answers it ({decode(one.recv(4096)).kind == OFFER and 'DHCPOFFER'})"
    except TimeoutError:
        return "no answer"


FAULTS: Final[dict[str, tuple[Callable[[Trial], str], tuple[str, str]]]] = {
    "lost-log": (lost_log, _WIDE),
    "clock": (clock, ("10.21.1.0", "10.21.1.29")),
    "live-clock": (live_clock, ("10.21.1.0", "10.21.1.29")),
    "failing-fsync": (failing_fsync, _WIDE),
    "full-disk": (full_disk, _WIDE),
    "slow-fsync": (slow_fsync, _WIDE),
    "declines": (declines, ("10.21.1.0", "10.21.1.63")),
    "false-relay": (false_relay, _WIDE),
}


@contextmanager
def small_disk() -> Iterator[Path]:
    """16 MB."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-disk-") as folder:
        run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder)
        try:
            yield Path(folder)
        finally:
            run("umount", "--lazy", folder)


def meet(kind: type[Server], fault: str) -> str:
    """What this server does."""
    if kind.missing():
        return f"not installed: {kind.missing()}"
    what, pool = FAULTS[fault]
    with tempfile.TemporaryDirectory(prefix="gatekeeper-peers-") as folder, small_disk() as disk, Net() as net:
        try:
            return what(Trial(kind, net, Path(folder), disk, pool))
        except (AssertionError, OSError) as error:
            return f"not told: {error!r}"[:400]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.peers", description=__doc__)
    parser.add_argument("fault", choices=[*FAULTS, "all"])
    parser.add_argument("--server", choices=Named.ALL, action="append")
    asked: Any = parser.parse_args()
    for fault in FAULTS if asked.fault == "all" else [asked.fault]:
        sys.stdout.write(f"{fault}: {FAULTS[fault][0].__doc__}\n")
        for name in asked.server or Named.ALL:
            sys.stdout.write(f"  {name:11} {meet(Named.ALL[name], fault)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
