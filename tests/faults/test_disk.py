"""The trace tells what a process did, and the disk keeps of it what fsync(2) promises, and no more."""

import random
import subprocess
import sys
from pathlib import Path

from tests.faults.disk import Disk, any_pages, everything, nothing, torn
from tests.faults.trace import Call, calls, traced

_DO = """
import os, socket
sender, receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
file = os.open("store-wal", os.O_RDWR | os.O_CREAT)
os.pwrite(file, b"kept", 0)
os.fdatasync(file)
sender.sendto(b"first", receiver.getsockname())
os.pwrite(file, b"lost", 4)
sender.sendmsg([b"sec", b"ond"], [], 0, receiver.getsockname())
mark = os.open("store-mark", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(mark, b"1")
os.write(mark, b"2")
os.ftruncate(file, 6)
os.rename(os.path.abspath("store-mark"), os.path.abspath("store-mark2"))
"""


def followed(folder: Path, call: str) -> tuple[Disk, list[bytes]]:
    """A disk after all up to the last call of this name, and what was sent until then."""
    file = folder / "trace"
    (folder / "store").write_bytes(b"main")
    disk, sent = Disk(folder / "store"), []
    subprocess.run([*traced(file), sys.executable, "-c", _DO], cwd=folder, check=True, timeout=60)
    done = [one for one in calls(file) if one.name == "send" or "store" in one.path]
    last = max(place for place, one in enumerate(done) if one.name == call)
    for one in done[: last + 1]:
        disk.follow(one)
        if one.name == "send":
            sent.append(one.data)
    return disk, sent


def left(disk: Disk, to: Path, names: bool = True, choose: object = nothing, seed: int = 1) -> dict[str, bytes]:
    """What a power cut leaves, by name."""
    disk.power_cut(to, choose, random.Random(seed), names)  # type: ignore[arg-type]
    return {path.name: path.read_bytes() for path in to.iterdir()}


def test_what_was_synced_is_there_and_what_came_later_is_not(tmp_path: Path) -> None:
    disk, sent = followed(tmp_path, "send")
    assert sent == [b"first", b"second"]
    assert left(disk, tmp_path / "a") == {"store": b"main", "store-wal": b"kept"}
    assert left(disk, tmp_path / "b", choose=everything) == {"store": b"main", "store-wal": b"keptlost"}


def test_names_are_lost_until_their_folder_is_synced(tmp_path: Path) -> None:
    disk, _ = followed(tmp_path, "rename")
    assert left(disk, tmp_path / "a", names=False) == {"store": b"main"}
    all_of_it = {"store": b"main", "store-wal": b"keptlo", "store-mark2": b"12"}
    assert left(disk, tmp_path / "b", choose=everything) == all_of_it
    disk.follow(Call("sync begins", 0, str(tmp_path)))
    disk.follow(Call("sync", 0, str(tmp_path)))
    assert left(disk, tmp_path / "c", names=False) == {"store": b"main", "store-wal": b"kept", "store-mark2": b""}


def test_a_sync_holds_only_what_was_written_before_it_began(tmp_path: Path) -> None:
    disk, path = Disk(tmp_path / "store"), str(tmp_path / "store")
    for one in (Call("make", 0, path, at=-1), Call("write", 0, path, data=b"12"), Call("sync begins", 0, path),
                Call("write", 0, path, data=b"34", at=2), Call("sync", 0, path)):  # fmt: skip
        disk.follow(one)
    assert left(disk, tmp_path / "a") == {"store": b"12"}
    assert disk.unsynced() == 1


def test_writes_are_torn_at_sectors_and_pages_come_in_any_sequence(tmp_path: Path) -> None:
    disk, path = Disk(tmp_path / "store"), str(tmp_path / "store")
    disk.follow(Call("make", 0, path, at=-1))
    disk.follow(Call("write", 0, path, data=b"x" * 16384, at=100))
    sizes = {len(left(disk, tmp_path / f"t{n}", choose=torn, seed=n)["store"]) for n in range(40)}
    assert all(size == 0 or (size - 100) % 512 == 0 for size in sizes)
    assert len(sizes) > 10
    found = {left(disk, tmp_path / f"p{n}", choose=any_pages, seed=n)["store"] for n in range(60)}
    assert len(found) > 20
    assert any(one[4096:8192] == bytes(4096) and one[8192:12288] == b"x" * 4096 for one in found)
