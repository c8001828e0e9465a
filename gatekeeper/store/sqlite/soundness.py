"""Whether the file is whole: what of that is seen at once, and the rest a table at a time."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from mypy_extensions import trait

from gatekeeper.store import StoreError
from gatekeeper.store.sqlite.tables import Tables

# Up to this size all pages are read at once: that takes some 50 ms.
_SMALL: Final = 16 << 20


@trait
class SoundnessTables(Tables):
    """SQLite's own check reads every page, 250 MB a second at best: a large store would be down for as long."""

    def check_quickly(self) -> bool:
        """Read all of a small file; of a large one its length, its schema, and both ends of each table.

        True: that was all of it. Raises StoreError where the file is damaged.
        """
        try:
            if self._octets() <= _SMALL:
                self._expect_ok("PRAGMA quick_check(1)")
                return True
            self._check_length()
            for name in self.parts_to_check():
                self._touch(name)
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from None
        return False

    def parts_to_check(self) -> list[str]:
        """Names of tables, each a part of the whole check. Raises StoreError."""
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY rootpage"
        try:
            return [name for (name,) in self._connection.execute(query)]
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from None

    def check_part(self, name: str) -> None:
        """Read every page of a table and its indexes. While that takes, the log beside the store only grows.

        Raises StoreError where it is damaged.
        """
        try:
            self._expect_ok(f"PRAGMA quick_check({_quoted(name)})")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return
            raise self._damaged(str(error)) from None
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from None

    def interrupt(self) -> None:
        """End what another thread asks on this connection, if anything."""
        with suppress(sqlite3.ProgrammingError):  # it is closed
            self._connection.interrupt()

    def _octets(self) -> int:
        pages, size = (self._connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
        return int(pages) * int(size)

    def _check_length(self) -> None:
        """What was cut off the end of the file is missed at once, unless the log beside it may have it."""
        log, file = Path(f"{self.path}-wal"), Path(self.path)
        if file.exists() and not (log.exists() and log.stat().st_size):
            wanted, there = self._octets(), file.stat().st_size
            if there < wanted:
                raise self._damaged(f"{there} octets of {wanted} are there")

    def _touch(self, name: str) -> None:
        """Read the way down to the first row and to the last."""
        keys = self._connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (name,))
        columns = [_quoted(column) for (column,) in keys] or ["rowid"]
        for way in ("", " DESC"):
            by = ", ".join(column + way for column in columns)
            self._connection.execute(f"SELECT * FROM {_quoted(name)} ORDER BY {by} LIMIT 1").fetchone()

    def _expect_ok(self, check: str) -> None:
        found = str(self._connection.execute(check).fetchone()[0])
        if found != "ok":
            raise self._damaged(found)

    def _damaged(self, found: str) -> StoreError:
        told = " ".join(found.split())  # SQLite's own text has several lines
        return StoreError(f"store {self.path} is damaged ({told}): restore it from a backup")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
