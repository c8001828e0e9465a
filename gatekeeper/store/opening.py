"""Opening a store by its URL: for everybody, whichever kind of store it is."""

from pathlib import Path

from gatekeeper.store import StoreError
from gatekeeper.store.ports import Store
from gatekeeper.store.sqlite import PRIVATE, SqliteStore, strangers_may_read


def whole_url(url: str, folder: Path) -> str:
    """[store] url, a relative file in it starting from folder. Raises StoreError for a store that is not served."""
    kind, colon, rest = url.partition(":")
    if kind == "sqlite" and colon and rest:
        return url if rest == ":memory:" else f"sqlite:{folder / rest.removeprefix('//')}"
    if kind in ("postgresql", "postgres"):
        raise StoreError("[store] url: PostgreSQL is not served by this version; use sqlite:FILE")
    raise StoreError(f"[store] url {url!r}: write sqlite:FILE")


def path_of(url: str, folder: Path) -> str:
    """The file of a store, ":memory:" for one without. Raises StoreError."""
    return whole_url(url, folder).removeprefix("sqlite:")


def is_to_be_made(url: str, folder: Path) -> bool:
    """True if there is no store yet. Raises StoreError."""
    return SqliteStore.is_to_be_made(path_of(url, folder))


def open_to_strangers(url: str, folder: Path) -> list[str]:
    """The store's files that everybody on this machine can read or write. Raises StoreError."""
    path = path_of(url, folder)
    return [] if path in PRIVATE else strangers_may_read(path)


def open_store(url: str, folder: Path = Path(), create: bool = False) -> Store:
    """The store of this URL, relative files from folder; with create, made where it is absent. Raises StoreError."""
    return SqliteStore(path_of(url, folder), create)


def store_to_mend(url: str, folder: Path) -> Store:
    """A store that lacks what was acknowledged, to have ``recover`` called. Raises StoreError."""
    return SqliteStore(path_of(url, folder), mend=True)


def private_store() -> Store:
    """An empty one in memory, which goes when it is closed."""
    return SqliteStore(":memory:")


def copied_store(file: Path) -> Store:
    """A copy in memory of the store in this file, which is only read. Raises StoreError."""
    return SqliteStore.copy_of(str(file))


def trial_store(url: str, folder: Path) -> Store:
    """A copy to try orders on, an empty one where there is none yet; it goes when closed.

    It is a file of SQLite's own and not memory: a store may be larger than that. Raises StoreError.
    """
    path = path_of(url, folder)
    exists = path not in PRIVATE and Path(path).exists()
    return SqliteStore.copy_of(path, to="") if exists else SqliteStore("")
