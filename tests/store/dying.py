"""A process that dies: what it leaves in the store's files, at any moment between two of its statements."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from gatekeeper.store.sqlite import SqliteStore


def left_behind(store: Path, to: Path) -> Path:
    """The files as kill -9 leaves them: all that was written, and SQLite's shared memory is gone with its last user.

    Another process copies them: in this one SQLite's locks would end with the first file that is closed (fcntl(2)).
    """
    to.mkdir()
    files = [str(path) for path in store.parent.glob(store.name + "*") if not path.name.endswith("-shm")]
    subprocess.run(["cp", *files, str(to)], check=True, timeout=20)
    return to / store.name


def dies_in(store: SqliteStore, work: Callable[[], object], statement: int, to: Path) -> Path:
    """The files as they are when ``work`` is about to run that statement; behind it all where it has not as many."""
    left = statement
    copies: list[Path] = []

    def about_to_run(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            copies.append(left_behind(Path(store.path), to))

    store._connection.set_trace_callback(about_to_run)
    try:
        work()
    finally:
        store._connection.set_trace_callback(None)
    return copies[0] if copies else left_behind(Path(store.path), to)
