"""A store that cannot be used says what keeps it so, and what mends that: never to make a new one in its place."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.store.sqlite import SqliteStore, strangers_may_read
from tests.clients.net import run
from tests.store.ledger import filled

_NOBODY = 65534
# As another user, for root may all.
_OPEN = """
import os, sys
from gatekeeper.store import StoreError
from gatekeeper.store.sqlite import SqliteStore
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    SqliteStore(sys.argv[1], create=True).note((), {("n",): 1})
except StoreError as error:
    print(error)
"""


def said(path: Path) -> str:
    words = [sys.executable, "-c", _OPEN, str(path)]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


def shut(folder: Path) -> None:
    folder.chmod(0o700)


def unreadable(folder: Path) -> None:
    (folder / "gatekeeper.db").chmod(0o600)


def unwritable(folder: Path) -> None:
    (folder / "gatekeeper.db").chmod(0o644)


def log_of_root(folder: Path) -> None:
    _open_to_all(folder)
    (folder / "gatekeeper.db-wal").touch(0o640)


def mark_of_root(folder: Path) -> None:
    _open_to_all(folder)
    (folder / "gatekeeper.db-mark").chmod(0o640)


def folder_of_root(folder: Path) -> None:
    _open_to_all(folder)
    folder.chmod(0o755)


def _open_to_all(folder: Path) -> None:
    for file in folder.iterdir():
        file.chmod(0o666)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be somebody else")
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (shut, "Permission denied: let user 65534 into the folders above it"),
        (unreadable, "user 65534 may not read {path}: mend its owner or mode (chown, chmod)"),
        (unwritable, "user 65534 may not write {path}: mend its owner or mode (chown, chmod)"),
        (log_of_root, "user 65534 may not read {path}-wal: mend its owner or mode (chown, chmod)"),
        (mark_of_root, "user 65534 may not read {path}-mark: mend its owner or mode (chown, chmod)"),
        (folder_of_root, "user 65534 may not make files in {folder}"),
    ],
)
def test_what_permissions_forbid_is_told_with_the_file_and_the_user(
    make: Callable[[Path], None], told: str, tmp_path: Path
) -> None:
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):  # down to what pytest makes, a part of it for each worker
        folder.chmod(0o755)
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(0o777)
    filled(place).close()
    make(place)
    text = said(place / "gatekeeper.db")
    assert told.format(path=place / "gatekeeper.db", folder=place) in text
    assert "new one" not in text and "backup" not in text and text.count("\n") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")
def test_a_file_system_that_is_read_only_is_told_as_one(tmp_path: Path) -> None:
    run("mount", "-t", "tmpfs", "tmpfs", str(tmp_path))
    try:
        filled(tmp_path).close()
        run("mount", "-o", "remount,ro", str(tmp_path))
        with pytest.raises(Exception, match=r"is read-only: mount it for writing") as refused:
            SqliteStore(str(tmp_path / "gatekeeper.db")).note((), {("n",): 1})
        assert "new one" not in str(refused.value)
    finally:
        run("umount", "--lazy", str(tmp_path))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"there is no folder .*/no: make it"):
        SqliteStore(str(tmp_path / "no" / "gatekeeper.db"), create=True)


def test_who_else_can_read_a_store_is_known(tmp_path: Path) -> None:
    filled(tmp_path).close()
    path = tmp_path / "gatekeeper.db"
    assert strangers_may_read(str(path)) == []
    path.chmod(0o644)
    assert strangers_may_read(str(path)) == [str(path)]
