"""The files of a store: their names and modes, whether they are still those that were opened, and why one cannot be."""

import errno
import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

LOG: Final = "-wal"
INDEX: Final = "-shm"
MARK: Final = "-mark"
# Strangers cannot read them: they tell who lives where. SQLite gives what it makes beside a store the store's mode.
_MODE: Final = 0o640
_STRANGERS: Final = 0o007

Identity = tuple[int, int]


def identity(path: Path | str) -> Identity | None:
    """Device and inode; None = there is no such file. Asked four times a commit."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make_store_file(path: str) -> None:
    """An empty one, whatever the umask says. What cannot be made is told when it is opened next."""
    with suppress(OSError):
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        os.fchmod(made, _MODE)
        os.close(made)


def open_beside(path: Path, store: str) -> int:
    """A descriptor of a file beside a store, made with the store's mode where it is absent, and by root for the store's
    owner. Raises OSError."""
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _MODE)
    with suppress(OSError):
        like, found = Path(store).stat(), os.fstat(opened)
        if found.st_size == 0:
            if os.geteuid() == 0:
                os.fchown(opened, like.st_uid, like.st_gid)
            os.fchmod(opened, stat.S_IMODE(like.st_mode))
    return opened


def sync_folder(path: Path) -> None:
    """What was made or renamed beside this file is so after a power cut too. Raises OSError."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def set_log_aside(path: str) -> None:
    """A log that is not this main file's is kept under another name. Raises OSError."""
    Path(path + LOG).rename(f"{path}{LOG}.lost")
    Path(path + INDEX).unlink(missing_ok=True)


def has_log(path: str) -> bool:
    """True if there is a write-ahead log with something in it."""
    try:
        return Path(path + LOG).stat().st_size > 0
    except OSError:
        return False


class Placed:
    """The files of a store as one connection has them open. SQLite removes none of them while somebody is connected."""

    def __init__(self, path: str) -> None:
        self._path = path
        files = [Path(path + suffix) for suffix in ("", LOG, INDEX)]
        self._files = [(str(file), identity(file)) for file in files]

    def amiss(self) -> str:
        """Which file is gone or another one, and what to do; "" = all are in place. Three calls of stat(2)."""
        for file, opened in self._files:
            if opened and identity(file) != opened:
                what = "is another file than the one in use" if identity(file) else "is gone"
                return (
                    f"store {self._path}: {file} {what}: nothing is acknowledged until that very file is back in its"
                    " place; if it cannot be, stop the gate, restore the store and start it again"
                )
        return ""


def why_not(path: str) -> str:
    """What keeps this process from using a store at this path, and what mends it; "" = nothing that files tell."""
    file, folder = Path(path), Path(path).parent
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        mode = 0
    except OSError as error:
        return f"{error.strerror}: let {_user()} into the folders above it (chmod, chown), or name another file"
    if stat.S_ISDIR(mode):
        return "it is a folder: name a file in [store] url"
    if mode and not stat.S_ISREG(mode):
        return "it is no ordinary file: name one in [store] url"
    if not folder.is_dir():
        return f"there is no folder {folder}: make it, or name another file in [store] url"
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return f"the file system of {folder} is read-only: mount it for writing (mount -o remount,rw)"
    for suffix in ("", LOG, INDEX, MARK):
        beside = path + suffix
        if Path(beside).exists() and not _may(beside, os.R_OK | os.W_OK):
            verb = "write" if _may(beside, os.R_OK) else "read"
            return f"{_user()} may not {verb} {beside}: mend its owner or mode (chown, chmod)"
    if not _may(str(folder), os.W_OK | os.X_OK):
        return f"{_user()} may not make files in {folder}, where SQLite keeps its log: mend its owner or mode"
    return ""


def strangers_may_read(path: str) -> list[str]:
    """The files of this store that everybody on this machine can read or write."""
    found = []
    for suffix in ("", LOG, INDEX, MARK):
        with suppress(OSError):
            if Path(path + suffix).stat().st_mode & _STRANGERS:
                found.append(path + suffix)
    return found


def remedy(error: sqlite3.Error | OSError, path: str) -> str:
    """What SQLite says, or rather what is behind it, and what to do about it."""
    cause = why_not(path)
    if cause:
        return cause
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return f"{error}: {_REMEDIES.get(code, 'look at the disk and its log, then try again')}"


# SQLite's primary result codes (sqlite.org/rescode.html) that are no matter of permissions.
_REMEDIES: Final = {
    sqlite3.SQLITE_CORRUPT: "restore it from a backup, or move it away and make a new one",
    sqlite3.SQLITE_NOTADB: "restore it from a backup, or move it away and make a new one",
    sqlite3.SQLITE_BUSY: "somebody else has it locked: end that, or wait for it",
    sqlite3.SQLITE_LOCKED: "somebody else has it locked: end that, or wait for it",
    sqlite3.SQLITE_FULL: "make room on the disk",
    sqlite3.SQLITE_READONLY: "have it writable for whoever runs gatekeeper",
    sqlite3.SQLITE_ERROR: "restore it from a backup, or move it away and make a new one",
}


def _may(path: str, how: int) -> bool:
    try:
        return os.access(path, how, effective_ids=True)
    except OSError as error:
        return error.errno != errno.EACCES


def _user() -> str:
    return f"user {os.geteuid()}"
