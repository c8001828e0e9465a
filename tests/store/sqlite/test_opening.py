"""Opening a store: absent, foreign, damaged, and after a crash (design 8.3). One line, saying what to do."""

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gatekeeper.store import StoreError
from gatekeeper.store.opening import path_of
from gatekeeper.store.sqlite import SqliteStore
from tests.store.ledger import ADDRESS, BOX, bound, filled, learned, states


def _refusal(path: Path, create: bool = False) -> str:
    with pytest.raises(StoreError) as refused:
        SqliteStore(str(path), create).check()
    text = str(refused.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def test_an_absent_store_is_not_made_by_the_way(tmp_path: Path) -> None:
    """Kea starts empty and gives every address away again; we do not."""
    assert "does not exist: make it with" in _refusal(tmp_path / "no.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_strangers_cannot_read_it(tmp_path: Path, umask: int) -> None:
    """Nor what is written beside it; the group can, whatever the umask says."""
    before = os.umask(umask)
    try:
        store = SqliteStore(str(tmp_path / "new.db"), create=True)
        store.note((), {("n",): 1})
    finally:
        os.umask(before)
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert files == {"new.db": 0o640, "new.db-wal": 0o640, "new.db-shm": 0o640, "new.db-mark": 0o640}
    store.close()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """Nothing is written into it, also with create."""
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    before = foreign.read_bytes()
    assert "is not a gatekeeper store: name another file" in _refusal(foreign, create=True)
    assert foreign.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Text, nothing, a folder."""
    text, empty, folder = tmp_path / "text.db", tmp_path / "empty.db", tmp_path / "folder.db"
    text.write_text("not a database, but long enough to be looked at" * 40)
    empty.touch()
    folder.mkdir()
    assert "file is not a database" in _refusal(text)
    assert "not a gatekeeper store" in _refusal(empty)
    assert "it is a folder: name a file" in _refusal(folder)


def test_a_damaged_store_is_refused(tmp_path: Path) -> None:
    """A page in the middle was overwritten."""
    filled(tmp_path).close()
    file = tmp_path / "gatekeeper.db"
    octets = bytearray(file.read_bytes())
    octets[8192 : 8192 + 8192] = b"\xa5" * 8192
    file.write_bytes(octets)
    assert "restore it from a backup" in _refusal(file)


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    """Neither read nor changed."""
    filled(tmp_path).close()
    with sqlite3.connect(tmp_path / "gatekeeper.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "has schema 99, this gatekeeper reads" in _refusal(tmp_path / "gatekeeper.db")


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:gatekeeper.db", "/etc/gk/gatekeeper.db"), ("sqlite:/var/lib/gk.db", "/var/lib/gk.db"),
     ("sqlite:///var/lib/gk.db", "/var/lib/gk.db"), ("sqlite::memory:", ":memory:")],
)  # fmt: skip
def test_a_relative_path_starts_from_the_configurations_folder(url: str, path: str) -> None:
    """Contract 2."""
    assert path_of(url, Path("/etc/gk")) == path


@pytest.mark.parametrize("url", ["gatekeeper.db", "sqlite:", "mysql://h/db", ""])
def test_another_kind_of_store_is_refused(url: str) -> None:
    """With the spelling that is wanted."""
    with pytest.raises(StoreError, match="write sqlite:FILE"):
        path_of(url, Path())


def test_a_copy_taken_while_the_store_is_open_has_every_commit(tmp_path: Path) -> None:
    """What a crash leaves behind is the database and its write-ahead log."""
    store = filled(tmp_path)
    store.commit([bound()])
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for name in ("gatekeeper.db", "gatekeeper.db-wal"):
        shutil.copy(tmp_path / name, crashed / name)
    again = SqliteStore(str(crashed / "gatekeeper.db"))
    again.check()
    assert states(again) == {ADDRESS: (BOX, "active")}


_WRITER = """
import sys
from tests.store.ledger import *
store = filled(__import__("pathlib").Path(sys.argv[1]))
for number in range(1_000_000):
    store.commit([bound(b"\\x02\\x09" + number.to_bytes(4, "big"), ADDRESS + number)])
    print(number, flush=True)
"""


def test_a_writer_that_is_killed_loses_nothing_that_it_had_told(tmp_path: Path) -> None:
    """Design 8.1: durable before the ACK. The kill hits in the middle of a write as often as not."""
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(50)]
    os.kill(writer.pid, signal.SIGKILL)
    told += [int(line) for line in writer.stdout.read().split("\n") if line]
    writer.wait()
    writer.stdout.close()
    again = SqliteStore(str(tmp_path / "gatekeeper.db"))
    again.check()
    assert {ADDRESS + number for number in told} <= set(states(again))


def test_a_store_that_cannot_be_written_says_so_and_recovers(tmp_path: Path) -> None:
    """StoreError and nothing else, nothing half written; when it is mended it goes on without a restart."""
    store = filled(tmp_path)
    other = sqlite3.connect(tmp_path / "gatekeeper.db", isolation_level=None)
    other.execute("ALTER TABLE lease_log RENAME TO mislaid")
    with pytest.raises(StoreError, match=r"no such table: main\.lease_log"):
        store.commit([learned(), bound()])
    with pytest.raises(StoreError, match=r"no such table: main\.lease_log"):
        store.facts([BOX])
    other.execute("ALTER TABLE mislaid RENAME TO lease_log")
    other.close()
    assert store.commit([bound()]) == set()
    assert store.facts([BOX])[BOX].binding.port_state == "unlearned"  # type: ignore[union-attr]
