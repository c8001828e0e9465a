"""Another process, a backup or a shell, holds the store's lock for seconds."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.net import wait_until
from tests.clients.trouble.scene import Scene
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

HELD_S = 8.0


def test_who_renews_is_told_what_is_left_until_the_store_is_free(
    relayed: Callable[..., Relayed], tmp_path: Path
) -> None:
    """Longer than SQLite's usual patience; RADIUS lets in whom it knows meanwhile (RFC 2131 4.4.5 for who renews)."""
    scene = Scene(relayed, tmp_path, boxes=20, store=tmp_path / "gatekeeper.db")
    other = sqlite3.connect(scene.store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    end, answered = time.monotonic() + HELD_S, 0
    try:
        scene.assert_told("store-locked")
        scene.assert_new_is_silent()
        while time.monotonic() < end:
            answered += len(scene.assert_all_renew(deferred=True))
            assert scene.dials_in()
            assert "store-locked" in scene.troubles()
        # In memory: the loop counts once a second, and nothing can be written.
        wait_until(lambda: scene.gate.counted("extension-deferred") >= answered, 3, "all deferred ones in the counts")
    finally:
        other.close()  # rolls back
    scene.assert_well_again()
    scene.assert_counted(answered)
