"""Many rows in one statement.

For each row of executemany Python's lock is let go of and taken back, which beside a busy packet loop costs more than
the row: with 64 rows in a statement that is done once for all of them.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeVar

from gatekeeper.store.rows import Row, listed, marks
from gatekeeper.store.sqlite.schema import CHUNKS

# How many rows it takes -> the statement.
Statements = dict[int, str]
_Item = TypeVar("_Item")


def inserting(table: str, columns: Sequence[str], behind: str = "", verb: str = "INSERT") -> Statements:
    """behind: what the statement ends with."""
    head, row = f"{verb} INTO {table} ({listed(columns)}) VALUES ", f"({marks(columns)})"
    return {size: f"{head}{_rows(row, size)}{behind}" for size in CHUNKS}


def updating(table: str, columns: Sequence[str], key: str) -> Statements:
    """Rows are these columns, then the key of the row that they are for."""
    row = f"({marks(columns)},?)"
    values = ", ".join(f"{listed((name,))} = new.column{at}" for at, name in enumerate(columns, 1))
    where = f"{table}.{key} = new.column{len(columns) + 1}"
    return {
        size: f"UPDATE {table} SET {values} FROM (VALUES {_rows(row, size)}) AS new WHERE {where}" for size in CHUNKS
    }


def write(connection: sqlite3.Connection, statements: Statements, rows: Sequence[Row]) -> None:
    """Raises sqlite3.Error, OverflowError."""
    for part in parts(rows):
        connection.execute(statements[len(part)], tuple(chain.from_iterable(part)))


def parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """The items in as few parts as the sizes of CHUNKS allow."""
    at = 0
    for size in CHUNKS:
        while len(items) - at >= size:
            yield items[at : at + size]
            at += size


def _rows(row: str, size: int) -> str:
    return ", ".join([row] * size)
