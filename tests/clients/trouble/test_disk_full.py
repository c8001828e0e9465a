"""The disk that the store is on is full."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.clients.net import run, wait_until
from tests.clients.trouble.scene import Scene
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder))
    yield folder
    run("umount", "--lazy", str(folder))


def fill(folder: Path) -> Path:
    """A file that takes all that is left."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            with suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    return filler


def test_who_renews_is_told_what_is_left_until_there_is_room(
    relayed: Callable[..., Relayed], small_disk: Path, tmp_path: Path
) -> None:
    """ENOSPC as soon as the store has used what its files still had room for; the log has the trouble in one line."""
    scene = Scene(relayed, tmp_path, boxes=20, store=small_disk / "gatekeeper.db")
    filler = fill(small_disk)
    wait_until(lambda: bool(scene.renew()) and "disk-full" in scene.troubles(), 10, "a commit that finds no room")
    scene.assert_told("disk-full")
    scene.assert_new_is_silent()
    answered = sum(len(scene.assert_all_renew(deferred=False)) for _ in range(2))
    assert scene.dials_in()
    assert scene.gate.log().count("alarm: the disk is full") == 1
    filler.unlink()
    scene.assert_well_again()
    scene.assert_counted(answered)
