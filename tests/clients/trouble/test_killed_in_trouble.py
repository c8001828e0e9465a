"""kill -9 while the store is in trouble: what was acknowledged, before it or in it, is on record when it is over."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.clients.net import run
from tests.clients.reporter import WINDOW
from tests.clients.trouble.load import Load
from tests.clients.trouble.test_disk_full import fill
from tests.clients.worlds import Relayed
from tests.faults import Faults

pytestmark = pytest.mark.clients


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", str(folder))
    yield folder
    run("umount", "--lazy", str(folder))


@contextmanager
def no_fsync(store: Path, faults: Faults) -> Iterator[None]:
    faults.fsync_fails()
    yield
    faults.fsync_fails(0)


@contextmanager
def no_room(store: Path, faults: Faults) -> Iterator[None]:
    filler = fill(store.parent)
    yield
    filler.unlink()


@contextmanager
def locked(store: Path, faults: Faults) -> Iterator[None]:
    with closing(sqlite3.connect(store, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


_TROUBLES: Final[dict[str, Callable[[Path, Faults], AbstractContextManager[None]]]] = {
    "fsync-failing": no_fsync, "disk-full": no_room, "store-locked": locked,
}  # fmt: skip


@pytest.mark.parametrize("trouble", _TROUBLES)
def test_nothing_that_was_acknowledged_is_lost(
    trouble: str, relayed: Callable[..., Relayed], small_disk: Path, tmp_path: Path
) -> None:
    """It begins under load, and the gate is killed in the midst of it; three times one after the other."""
    load = Load(relayed, tmp_path, boxes=300, store=small_disk / "gatekeeper.db")
    faults = Faults(tmp_path)
    load.gate.env = dict(faults.env)
    load.gate.start()
    for _ in range(3):
        acked = load.holders.promises
        load.run(1.0)
        acked = load.holders.promises - acked
        assert acked > 100
        unanswered = load.unanswered
        assert load.gate.process
        with _TROUBLES[trouble](load.store, faults):
            killer = threading.Timer(load.dice.uniform(0.5, 1.5), load.gate.process.popen.kill)
            killer.start()
            load.run(1.6)
            killer.join()
            load.gate.process.wait(5)
        assert load.unanswered - unanswered >= WINDOW, "there was no trouble"
        assert "Traceback" not in load.gate.log() and "bug:" not in load.gate.log(), load.gate.log()
        load.assert_on_record()
        load.gate.start()
        load.assert_all_go_on()
    load.gate.assert_sound()
    assert load.gate.stop() == 0
    load.assert_on_record()
