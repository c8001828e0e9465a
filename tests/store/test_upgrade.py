"""A store that an older gatekeeper made is brought to this version when it is opened."""

import sqlite3
from pathlib import Path

import pytest

from gatekeeper.store import StoreError
from gatekeeper.store.schema import APPLICATION_ID, VERSION, VERSION_1
from gatekeeper.store.sqlite import SqliteStore
from tests.store.ledger import BOX, NOW


def old_store(folder: Path, version: int = 1) -> Path:
    """As version 1 made it, with one account and its box."""
    path = folder / "gatekeeper.db"
    with sqlite3.connect(path) as made:
        made.executescript(
            f"PRAGMA journal_mode = WAL; BEGIN; {VERSION_1} PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {version}; COMMIT;"
        )
        made.execute("INSERT INTO accounts VALUES ('A','s','active',1,1,'','unlearned',0,'',0,'','#1','',0)")
        made.execute("INSERT INTO orders VALUES ('#1','install','A','','applied','','',7,'box bound','[]')")
        made.execute("INSERT INTO boxes VALUES (?, 'A', '')", (BOX.hex(":"),))
    made.close()
    return path


def tables(path: Path) -> set[tuple[str, str]]:
    with sqlite3.connect(path) as opened:
        return {
            tuple(row) for row in opened.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'")
        }


def test_an_older_store_is_brought_up_to_date_and_loses_nothing(tmp_path: Path) -> None:
    """It then has what a new one has, and what it had."""
    path = old_store(tmp_path)
    store = SqliteStore(str(path))
    assert store.facts([BOX])[BOX].binding is not None
    assert list(store.sessions(NOW)) == []
    assert [(row["order"], row["state"], row["effects"]) for row in store.orders(NOW)] == [
        ("#1", "applied", "box bound")
    ]
    store.close()
    fresh = tmp_path / "fresh.db"
    SqliteStore(str(fresh), create=True).close()
    assert tables(path) == tables(fresh)


def test_two_that_open_it_at_once_both_find_it_whole(tmp_path: Path) -> None:
    """The second one sees that the first was there."""
    path = old_store(tmp_path)
    first, second = SqliteStore(str(path)), SqliteStore(str(path))
    assert list(first.sessions(NOW)) == list(second.sessions(NOW)) == []
    first.close()
    second.close()


def test_an_upgrade_is_whole_or_nothing(tmp_path: Path) -> None:
    """A table of that name in the way: the store stays what it was, and says so."""
    path = old_store(tmp_path)
    with sqlite3.connect(path) as opened:
        opened.execute("CREATE TABLE nas_seen (x)")
    opened.close()
    before = tables(path)
    with pytest.raises(StoreError, match="nas_seen"):
        SqliteStore(str(path))
    assert tables(path) == before


def test_a_younger_store_is_not_touched(tmp_path: Path) -> None:
    """Whoever made it knows more than this gatekeeper."""
    path = old_store(tmp_path, VERSION + 1)
    with pytest.raises(StoreError, match=f"schema {VERSION + 1}"):
        SqliteStore(str(path))
