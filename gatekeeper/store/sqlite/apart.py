"""Rows that cannot be written, told apart from a store that cannot: the first cost themselves, the second costs all."""

import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

from gatekeeper.store import RecordError, StoreError

_Item = TypeVar("_Item")

# Constraints and types of columns, values too long, values that are of no type of SQLite's.
_OF_ROWS: Final = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)


def is_of_a_row(error: BaseException) -> bool:
    """True if the error lies in what was to be written: a number too large, text that is no UTF-8, a constraint, a bug
    of ours. False for trouble of the store: disk full, I/O, locked, read-only, damaged, no memory."""
    if isinstance(error, StoreError):
        return isinstance(error, RecordError)
    if isinstance(error, sqlite3.OperationalError):
        # An expression or a trigger that fails has this code; all that disks and locks do has another one.
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_ERROR
    if isinstance(error, sqlite3.Error):
        return isinstance(error, _OF_ROWS)
    return isinstance(error, Exception) and not isinstance(error, OSError | MemoryError)


def write_apart(
    connection: sqlite3.Connection, items: list[_Item], write: Callable[[list[_Item]], None]
) -> list[tuple[_Item, Exception]]:
    """Write all of these that can be written, inside the transaction that is going on; the others, and why not.

    write: writes several in their sequence, all or none. Those among which one fails are halved until it is alone, so
    that one in n costs log2 n tries and no fsync. Raises what is not a row's trouble.
    """
    query = connection.execute
    unfit: list[tuple[_Item, Exception]] = []
    waiting = [items] if items else []
    while waiting:
        part = waiting.pop()
        query("SAVEPOINT part")
        try:
            write(part)
        except Exception as error:
            if not is_of_a_row(error):
                raise
            query("ROLLBACK TO part")
            half = len(part) // 2
            if half:
                waiting += (part[half:], part[:half])
            else:
                unfit.append((part[0], error))
        query("RELEASE part")
    return unfit
