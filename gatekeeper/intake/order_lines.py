"""Physical lines of an order file, made ready for the CSV reader: numbered, bounded, and each answering for itself.

A quote that is never closed would swallow all lines behind it. What the reader took for one row is therefore kept until
the row is whole, and given back, but for its first line, where it is none.
"""

from collections import deque
from typing import IO, Final

# Every field in full length and quoted has room; whoever opens a quote and does not close it loses no more than this.
MAX_ROW: Final = 16_384


class BadLine(Exception):  # noqa: N818 - the line is bad, nothing broke
    """A line that is no part of any row: why."""


class OrderLines:
    """An iterator of lines for ``csv.reader``. It can be asked again after each error."""

    def __init__(self, text: IO[str]) -> None:
        """text: opened with newline=""."""
        self._text = text
        self._again: deque[str] = deque()  # lines given back
        self._row: list[str] = []
        self._size = 0
        self._next = 1
        self.first = 1  # number of the line on which the row under way began

    def begin(self) -> None:
        """The next line begins a row."""
        self._row.clear()
        self._size = 0
        self.first = self._next

    def give_back(self) -> None:
        """The row under way is none: only its first line is lost."""
        self._again.extendleft(reversed(self._row[1:]))
        self._next -= len(self._row[1:])
        self._row.clear()

    def has_more_lines(self) -> bool:
        """True if the row under way went on behind its first line."""
        return len(self._row) > 1

    def __iter__(self) -> "OrderLines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(MAX_ROW + 1)
        if not line:
            raise StopIteration
        self._next += 1
        self._row.append(line)
        self._size += len(line)
        if len(line) > MAX_ROW:
            self._skip(line)
            raise BadLine(f"the line is longer than {MAX_ROW} characters")
        if self._size > MAX_ROW:
            raise BadLine("a quoted cell begins here and does not end")
        if "\0" in line:
            raise BadLine("the line has a NUL octet: is this a text file?")
        return line

    def _skip(self, line: str) -> None:
        """Over the rest of the line, a part at a time."""
        self._row[-1] = ""
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(MAX_ROW)
