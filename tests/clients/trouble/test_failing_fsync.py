"""fsync fails: the disk does not keep what it is given."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.trouble.scene import Scene
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients


def test_nothing_new_is_promised_and_who_renews_is_told_what_is_left(
    relayed: Callable[..., Relayed], tmp_path: Path
) -> None:
    """fsync(2), EIO; the disk is itself again later, and the gate goes on without a restart."""
    scene = Scene(relayed, tmp_path, boxes=20, store=tmp_path / "gatekeeper.db")
    time.sleep(1.1)  # so that what is left is less than all
    scene.faults.fsync_fails()
    scene.assert_told("fsync-failing")
    scene.assert_new_is_silent()
    answered = sum(len(scene.assert_all_renew(deferred=True)) for _ in range(2))
    assert scene.dials_in()
    scene.faults.fsync_fails(0)
    scene.assert_well_again()
    scene.assert_counted(answered)
