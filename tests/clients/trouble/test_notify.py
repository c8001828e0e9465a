"""Fault: the packet loop hangs, or a reload is refused, and the supervisor has to know: sd_notify(3) from outside."""

import os
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatekeeper.store.sqlite.schema import VERSION
from tests.clients.boxes import MAC
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed
from tests.faults import Faults

pytestmark = pytest.mark.clients

_WATCHDOG_S = 0.6


class Systemd:
    """Who is told: the far end of NOTIFY_SOCKET."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.env = {"NOTIFY_SOCKET": str(path)}
        self.heard: list[str] = []

    def listen(self, seconds: float = 0.0) -> list[str]:
        """All that was told, one assignment each, pulses apart."""
        end = time.monotonic() + seconds
        while True:
            self._socket.settimeout(max(end - time.monotonic(), 0.0))
            try:
                self.heard += self._socket.recv(4096).decode().splitlines()
            except (BlockingIOError, TimeoutError):
                return [line for line in self.heard if line != "WATCHDOG=1"]

    def states(self) -> list[str]:
        """The states told, in their sequence."""
        wanted = ("READY", "RELOADING", "STOPPING")
        return [line.partition("=")[0] for line in self.listen() if line.partition("=")[0] in wanted]

    def pulses(self, seconds: float) -> int:
        """How many come in so long."""
        self.listen()
        before = self.heard.count("WATCHDOG=1")
        self.listen(seconds)
        return self.heard.count("WATCHDOG=1") - before

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    """Somebody who starts services."""
    made = Systemd(tmp_path / "notify")
    yield made
    made.close()


@pytest.fixture
def world(relayed: Callable[..., Relayed], systemd: Systemd) -> Relayed:
    """A gate that is started by him, one box installed."""
    made = relayed()
    made.gate.install(MAC, "028123456@itv")
    made.gate.env = systemd.env
    return made


def reload(world: Relayed, systemd: Systemd, text: str) -> None:
    """SIGHUP with this file, until it is over."""
    before = systemd.states().count("READY")
    world.gate.file.write_text(text)
    assert world.gate.process
    world.gate.process.send(signal.SIGHUP)
    wait_until(lambda: systemd.states().count("READY") > before, 5, "the end of the reload")


def test_each_state_is_told_in_its_time(world: Relayed, systemd: Systemd) -> None:
    """READY once it answers; RELOADING and READY around a reload, refused or not; STOPPING before anything is ended."""
    world.gate.start()
    wait_until(lambda: systemd.states() == ["READY"], 2, "READY")
    assert any(line.startswith("STATUS=gatekeeper ready: dhcp") for line in systemd.heard)
    assert RelayAgent(world.relay).dora(MAC, b"line")

    good = world.gate.file.read_text()
    began_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    reload(world, systemd, good.replace("lease_s = 3600", "lease_s = 1800"))
    told_us = [int(line.partition("=")[2]) for line in systemd.heard if line.startswith("MONOTONIC_USEC=")]
    # Type=notify-reload believes a RELOADING that is no older than the signal (systemd.service(5)).
    assert len(told_us) == 1 and began_us <= told_us[0] <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    reload(world, systemd, "[store\n")
    assert re.search("^STATUS=reload refused, going on as before: .*:1: not TOML", "\n".join(systemd.heard), re.M)

    assert world.gate.stop() == 0
    assert systemd.states() == ["READY", "RELOADING", "READY", "RELOADING", "READY", "STOPPING"]


def test_stopping_is_told_while_the_store_hangs(world: Relayed, systemd: Systemd) -> None:
    """At the signal, and not when all is over."""
    world.gate.start()
    other = sqlite3.connect(world.gate.file.with_name("gatekeeper.db"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert world.gate.process
    try:
        began = time.monotonic()
        world.gate.process.send(signal.SIGTERM)
        wait_until(lambda: "STOPPING" in systemd.states(), 1, "STOPPING")
        assert time.monotonic() - began < 1
        assert world.gate.process.running()
    finally:
        other.close()


def test_a_loop_that_hangs_sends_no_pulse(world: Relayed, systemd: Systemd) -> None:
    """Twice in the watchdog's time while it goes round, packets or not."""
    world.gate.env |= {"WATCHDOG_USEC": str(int(_WATCHDOG_S * 1_000_000))}
    world.gate.start()
    assert world.gate.process
    assert 4 <= systemd.pulses(5 * _WATCHDOG_S / 2 + 0.2) <= 6
    world.gate.process.send(signal.SIGSTOP)
    assert systemd.pulses(2 * _WATCHDOG_S) == 0
    world.gate.process.send(signal.SIGCONT)
    assert systemd.pulses(_WATCHDOG_S) > 0


def test_a_watchdog_of_another_process_is_not_answered(world: Relayed, systemd: Systemd) -> None:
    """WATCHDOG_PID (sd_watchdog_enabled(3)): a shell around the service was meant."""
    world.gate.env |= {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": str(os.getpid())}
    world.gate.start()
    assert systemd.pulses(0.5) == 0


def test_trouble_is_the_status_until_it_is_mended(world: Relayed, systemd: Systemd, tmp_path: Path) -> None:
    """What ``systemctl status`` shows."""
    faults = Faults(tmp_path)
    world.gate.env |= faults.env
    world.gate.start()
    agent = RelayAgent(world.relay)
    faults.fsync_fails()
    agent.dora(MAC, b"line", timeout_s=0.3)
    wait_until(lambda: "STATUS=STORE_UNAVAILABLE" in "\n".join(systemd.listen()), 5, "the trouble")
    faults.fsync_fails(0)
    wait_until(lambda: agent.dora(MAC, b"line", timeout_s=0.5), 8, "a lease")
    wait_until(lambda: systemd.listen()[-1].startswith("STATUS=gatekeeper ready"), 2, "the status of before")


def test_a_start_that_takes_long_asks_for_time(world: Relayed, systemd: Systemd) -> None:
    """An upgrade of a large store: TimeoutStartSec ends nobody who is at work."""
    other = sqlite3.connect(world.gate.file.with_name("gatekeeper.db"), isolation_level=None)
    other.execute(f"PRAGMA user_version = {VERSION - 1}")
    other.execute("BEGIN EXCLUSIVE")
    try:
        world.gate.process = world.gate.spawn()
        wait_until(lambda: "EXTEND_TIMEOUT_USEC=20000000" in systemd.listen(), 4, "more time")
        assert systemd.states() == []
    finally:
        other.close()
