"""Room in a table that is full."""

from itertools import islice
from typing import TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def bounded(table: dict[_Key, _Value], most: int) -> dict[_Key, _Value]:
    """The table, with room for more: when it is full the oldest sixteenth goes.

    One at a time would cost more and more: a dict steps over the holes at its front to find its oldest key.
    """
    if len(table) >= most:
        for key in list(islice(table, most // 16)):
            del table[key]
    return table
