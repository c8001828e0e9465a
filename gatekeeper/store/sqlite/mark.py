"""The mark beside a store: which commit was the last one, kept outside the store's own files.

SQLite takes a write-ahead log that is gone, cut or damaged for an older state, and goes on from there without a word.
So each commit is noted in a second file when it is on disk, and a store that lacks what its mark has is not served. The
mark is never ahead of the store. It is not fsynced with each commit: after a power cut it may be older than the store,
and that refuses nobody.

Several processes write: each a record in one write(2), under flock(2). When all that it notes is in the main file
another file takes its place; who has the former one open sees that by its inode.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gatekeeper.store.sqlite.files import MARK, Identity, identity, open_beside, sync_folder
from gatekeeper.store.sqlite.mark_format import FIRST, Marked, behind, clean_record, head, read_mark, record

LONG: Final = 1 << 19
_MOST_UNWRITTEN: Final = 1 << 20
_TRIES: Final = 100  # another process may put a new file in place each time


class Mark:
    """One writer of the mark beside the store at this path. Of one thread."""

    def __init__(self, store: str) -> None:
        self.path = Path(store + MARK)
        self.token = b""  # which store this is, 16 octets; set before anything is written
        self.error = ""  # why commits are not noted; they are again as soon as that is possible
        self.size = 0
        self._next = Path(store + MARK + ".new")
        self._store = store
        self._file = -1
        self._identity: Identity | None = None
        self._unwritten = b""

    def read(self) -> Marked | None:
        """What it says; None = there is none, or it makes no sense. Raises OSError where it may not be read."""
        try:
            return read_mark(self.path.read_bytes())
        except (FileNotFoundError, IsADirectoryError):
            return None

    def note(self, seq: int, leases: bytes = b"") -> None:
        """This commit is on disk. What cannot be written waits for the next one, and ``error`` says why."""
        self._write(record(seq, leases))

    def note_clean(self, seq: int) -> None:
        """All commits up to this one are in the main file, and the store is closed."""
        self._write(clean_record(seq))

    def sure(self) -> None:
        """Have a mark of this store, fsynced. Raises OSError."""
        self._lock()
        self._unlock()

    def begin_anew(self, base: int) -> bool:
        """All commits up to this one are in the main file: forget them. False: somebody else is about it.

        The disk is waited for before others have to wait. Raises OSError.
        """
        self.sure()  # whoever makes one that is gone needs the successor for it
        with self._successor() as successor:
            if successor < 0:
                return False
            kept, end = behind(_all_of(self._file), FIRST, base)
            os.write(successor, head(self.token, base) + kept)
            os.fsync(successor)
            self._lock()
            try:
                os.write(successor, behind(_all_of(self._file), end, base)[0])  # what came meanwhile
                self._next.rename(self.path)
            finally:
                self._unlock()
            fcntl.flock(successor, fcntl.LOCK_UN)
            self._take(os.dup(successor))
        sync_folder(self.path)
        return True

    def close(self) -> None:
        """It is opened again when it is written to."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, octets: bytes) -> None:
        octets = self._unwritten + octets
        try:
            self._lock()
            try:
                written = os.write(self._file, octets)
                if written != len(octets):
                    os.ftruncate(self._file, os.fstat(self._file).st_size - written)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                self._unlock()
        except OSError as error:
            # What is dropped leaves a gap, which is seen when it matters.
            self._unwritten = octets if len(octets) < _MOST_UNWRITTEN else b""
            self.error = f"{self.path}: {error.strerror}: should the store's log be lost, nobody would notice"
            return
        self.size += written
        if self._unwritten or self.error:
            self._unwritten, self.error = b"", ""

    def _lock(self) -> None:
        """Have the file that is in place, and be the only one who has. Raises OSError."""
        for _ in range(_TRIES):
            if self._file < 0:
                self._open()
            if self._file < 0:
                continue  # another one was first to make it
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if identity(self.path) == self._identity:
                return
            self.close()  # and with it the lock
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def _unlock(self) -> None:
        if self._file >= 0:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _open(self) -> None:
        """Open the mark; make it where there is none of this store. What is torn at its end is cut off."""
        try:
            self._take(os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC))
        except FileNotFoundError:
            self._make()
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)
        octets = _all_of(self._file)
        found = read_mark(octets)
        if found is None or found.store != self.token:
            self.close()
            self._make()
        elif found.length < len(octets):
            os.ftruncate(self._file, found.length)
            self.size = found.length

    def _make(self) -> None:
        """One that notes nothing yet: how much of the store is in its main file is not known."""
        with self._successor(wait=True) as successor:
            found = self.read()
            if successor >= 0 and (found is None or found.store != self.token):
                os.write(successor, head(self.token, 0))
                os.fsync(successor)
                self._put_in_place(successor)
        sync_folder(self.path)

    def _put_in_place(self, successor: int) -> None:
        self._next.rename(self.path)
        fcntl.flock(successor, fcntl.LOCK_UN)
        self._take(os.dup(successor))

    def _take(self, file: int) -> None:
        self.close()
        found = os.fstat(file)
        self._file, self._identity, self.size = file, (found.st_dev, found.st_ino), found.st_size

    @contextmanager
    def _successor(self, wait: bool = False) -> Iterator[int]:
        """An empty file that may be put in place of the mark, by one process at a time; -1 = another is about it."""
        file = self._only_successor(fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield file
        finally:
            if file >= 0:
                os.close(file)

    def _only_successor(self, how: int) -> int:
        for _ in range(_TRIES):
            file = open_beside(self._next, self._store)
            try:
                fcntl.flock(file, how)
            except BlockingIOError:
                os.close(file)
                return -1
            found = os.fstat(file)
            if identity(self._next) == (found.st_dev, found.st_ino):
                os.ftruncate(file, 0)
                return file
            os.close(file)  # it was put in place meanwhile
        return -1


def _all_of(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)
