"""Each fsync takes 100 ms."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.net import wait_until
from tests.clients.trouble.scene import NEW, Scene
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

FSYNC_MS = 100
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
