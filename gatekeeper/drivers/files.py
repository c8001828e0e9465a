"""Files for people: who lives where is not everybody's to read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

MODE: Final = 0o640


def private_file(path: Path) -> int:
    """A descriptor of this file, empty and of MODE whatever umask and the file's mode have been. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, MODE)
    os.fchmod(descriptor, MODE)
    return descriptor


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """Whoever reads the file finds the old one or the new one, never half of it; its mode is MODE.

    A device or a pipe is written as it is, a link is followed. Raises OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    path = path.resolve()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(private_file(unfinished), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
