"""A disk as a power cut leaves it: what was synced is there, and of all else whatever the disk pleases.

POSIX promises no more than fsync(2) does: writes behind the last one reach the disk in any sequence, in part or not at
all, and so do the names of files until their folder is synced. That is what a file system with a volatile cache does.
"""

import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from tests.faults.trace import Call

_BLOCK: Final = 4096
_SECTOR: Final = 512
_SHARED: Final = "-shm"  # SQLite's index of its log is memory; it is made anew


class _Write(NamedTuple):
    """Octets at an offset; None = the file is cut to that length."""

    at: int
    data: bytes | None


class _File:
    """What is in it for who reads it, what the disk has for sure, and what was done since."""

    def __init__(self, content: bytes = b"") -> None:
        self.now = bytearray(content)
        self.synced = content
        self.since: list[_Write] = []
        self.before_sync = 0

    def write(self, at: int, data: bytes | None) -> None:
        one = _Write(len(self.now) if at < 0 else at, data)
        _apply(self.now, one)
        self.since.append(one)

    def sync(self) -> None:
        """What was written before the call began is on disk."""
        content = bytearray(self.synced)
        for one in self.since[: self.before_sync]:
            _apply(content, one)
        self.synced, self.since, self.before_sync = bytes(content), self.since[self.before_sync :], 0


Choice = Callable[[list[_Write], random.Random], list[_Write]]


class Disk:
    """The files of one store, its main file, log and mark, beside each other."""

    def __init__(self, store: Path) -> None:
        """As they are; all of it is on disk."""
        self._store = str(store)
        self._folder = str(store.parent)
        found = [path for path in store.parent.glob(store.name + "*") if not path.name.endswith(_SHARED)]
        self._names = {str(path): _File(path.read_bytes()) for path in found}
        self._synced_names = dict(self._names)
        self._names_before_sync = dict(self._names)
        self.syncs = 0  # that made something durable

    def follow(self, call: Call) -> None:
        """The process has done this."""
        if call.path == self._folder:
            if call.name == "sync begins":
                self._names_before_sync = dict(self._names)
            elif call.name == "sync":
                self._synced_names = self._names_before_sync
                self.syncs += 1
        elif call.path.startswith(self._store) and not call.path.endswith(_SHARED):
            self._follow_file(call)

    def _follow_file(self, call: Call) -> None:
        if call.name == "make" and call.path not in self._names:
            self._names[call.path] = _File()
        file = self._names[call.path]
        if call.name == "write":
            file.write(call.at, call.data)
        elif call.name == "cut" or (call.name == "make" and call.at == 0):
            file.write(call.at, None)
        elif call.name == "sync begins":
            file.before_sync = len(file.since)
        elif call.name == "sync":
            self.syncs += bool(file.before_sync)
            file.sync()
        elif call.name == "rename":
            self._names[call.to] = self._names.pop(call.path)
        elif call.name == "unlink":
            del self._names[call.path]

    def unsynced(self) -> int:
        """How many writes may be lost."""
        return sum(len(file.since) for file in self._names.values())

    def power_cut(self, to: Path, choose: Choice, dice: random.Random, names_are_kept: bool) -> Path:
        """The store as it is found afterwards, in that folder. choose: what of a file's writes has reached the disk;
        names_are_kept: so have names that were not synced."""
        to.mkdir()
        for path, file in (self._names if names_are_kept else self._synced_names).items():
            content = bytearray(file.synced)
            for one in choose(file.since, dice):
                _apply(content, one)
            (to / Path(path).name).write_bytes(content)
        return to / Path(self._store).name


def _apply(content: bytearray, one: _Write) -> None:
    if one.data is None:
        content[one.at :] = bytes(max(0, one.at - len(content)))
        return
    if len(content) < one.at:
        content += bytes(one.at - len(content))
    content[one.at : one.at + len(one.data)] = one.data


def nothing(since: list[_Write], dice: random.Random) -> list[_Write]:
    """No write behind the last sync."""
    return []


def everything(since: list[_Write], dice: random.Random) -> list[_Write]:
    """As after kill -9: the kernel writes it later."""
    return since


def torn(since: list[_Write], dice: random.Random) -> list[_Write]:
    """The first few, the last of them up to some sector."""
    kept = since[: dice.randint(0, len(since))]
    if not kept or not kept[-1].data:
        return kept
    last = kept.pop()
    assert last.data
    return [*kept, _Write(last.at, last.data[: _SECTOR * dice.randint(0, len(last.data) // _SECTOR)])]


def any_pages(since: list[_Write], dice: random.Random) -> list[_Write]:
    """Each page by itself or not."""
    return [piece for one in since for piece in _pieces(one) if dice.random() < 0.5]


def _pieces(one: _Write) -> Iterable[_Write]:
    if one.data is None:
        return [one]
    first = _BLOCK - one.at % _BLOCK
    bounds = [0, *range(first, len(one.data), _BLOCK), len(one.data)]
    return [_Write(one.at + start, one.data[start:end]) for start, end in pairwise(bounds)]


CUTS: Final[dict[str, Choice]] = {
    "nothing": nothing, "everything": everything, "torn": torn, "any pages": any_pages,
}  # fmt: skip
