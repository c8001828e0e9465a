"""Each fsync takes 100 ms, or hangs for seconds."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.heart.life import MOST
from gatekeeper.wire.dhcp import REQUEST
from gatekeeper.wire.text import parse_ip
from tests.clients.net import wait_until
from tests.clients.trouble.scene import NEW, Scene
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

FSYNC_MS = 100
HANGS_MS = 4000
LATE_S = 0.25  # a monitor calls more slow


def test_who_renews_does_not_wait_for_the_disk(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    """Few at once or many; and a box that asks for the first time waits for its own commit and no other."""
    scene = Scene(relayed, tmp_path, boxes=100, store=tmp_path / "gatekeeper.db")
    scene.faults.fsync_takes(FSYNC_MS)
    for window in (8, 64):
        took = [one.took_s for one in scene.assert_all_renew(deferred=False, window=window)]
        assert statistics.quantiles(took, n=100)[98] <= LATE_S, f"{window} at once: {max(took)} s"
    scene.assert_told("commits-slow")
    began = time.monotonic()
    assert scene.agent.dora(NEW, b"new")
    assert FSYNC_MS / 1000 <= time.monotonic() - began < 10 * FSYNC_MS / 1000
    scene.faults.fsync_takes(0)
    wait_until(lambda: not scene.troubles(), 10, "the end of all troubles")
    scene.gate.assert_sound()
    assert scene.gate.stop() == 0


def test_who_renews_is_heard_while_the_disk_hangs_and_no_more_can_wait_for_it(
    relayed: Callable[..., Relayed], tmp_path: Path
) -> None:
    """A whole district renews behind one fsync: 4,096 outcomes are what may gather behind a commit."""
    scene = Scene(relayed, tmp_path, boxes=100, store=tmp_path / "gatekeeper.db")
    scene.faults.fsync_takes(HANGS_MS)
    for _ in range(MOST // 100 + 10):
        for mac, address in scene.held.items():
            scene.agent.ask(REQUEST, mac, mac.encode(), ciaddr=parse_ip(address))
        list(scene.agent.answers(0.02))
    scene.assert_told("commits-slow")
    took = [one.took_s for one in scene.assert_all_renew(deferred=True)]
    assert statistics.quantiles(took, n=100)[98] <= LATE_S
    scene.faults.fsync_takes(0)
    scene.assert_well_again()
