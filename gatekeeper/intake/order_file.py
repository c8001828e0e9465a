"""A CSV file of orders, read line by line: header required, any subset and sequence of the columns.

As spreadsheets save them: UTF-8, GBK or UTF-16 ("Unicode text"), cells parted by commas, semicolons, tabs or bars,
which a first line ``sep=;`` may say; empty cells behind the last column say nothing.
"""

import codecs
import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final, NamedTuple

from gatekeeper.intake.order_lines import MAX_ROW, BadLine, OrderLines
from gatekeeper.model import Reason
from gatekeeper.policy.order_fields import NAMES, OrderRefused, meant

_CHUNK: Final = 1 << 16
_DELIMITERS: Final = (",", ";", "\t", "|")


class OrderFileError(Exception):
    """The file as a whole cannot be used: nothing of it was applied."""


class Line(NamedTuple):
    """One order of a file: its physical line, header = 1, and its fields; or why there is none.

    note: what of the line is not taken over, though the order is.
    """

    number: int
    fields: Mapping[str, object]
    refusal: OrderRefused | None = None
    note: str = ""


def unreadable(number: int, why: str) -> Line:
    """A line that holds no order."""
    return Line(number, {}, OrderRefused(Reason.BAD_FIELD, why))


class OrderFile:
    """Iterates the lines. Memory does not grow with the file."""

    def __init__(self, path: Path) -> None:
        """Open and check the header. Raises OrderFileError."""
        self.size = path.stat().st_size
        self._text: IO[str] = path.open(encoding=encoding_of(path), newline="")
        delimiter = _delimiter(self._text.read(2 * MAX_ROW))
        self._text.seek(0)
        self._lines = OrderLines(self._text)
        self._rows = csv.reader(self._lines, delimiter=delimiter, strict=True)
        try:
            self._header = self._read_header()
        except OrderFileError as error:
            self._text.close()
            raise OrderFileError(f"{path}:{self._lines.first}: {error}") from None

    def _read_header(self) -> list[str]:
        header: list[str] = []
        try:
            # Blank lines in front are no header, nor is a spreadsheet's word on what parts the cells.
            while not any(header) or _is_sep(header):
                self._lines.begin()
                header = _columns(next(self._rows))
        except (csv.Error, BadLine) as error:
            raise OrderFileError(error) from None
        except StopIteration:
            raise OrderFileError(f"no header: the first line names the columns, of {','.join(NAMES)}") from None
        _check_header(header)
        return header

    @property
    def position(self) -> int:
        """Octets read, of ``size``."""
        return self._text.buffer.tell()  # type: ignore[attr-defined, no-any-return]

    def __enter__(self) -> "OrderFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[Line]:
        lines = self._lines
        while True:
            lines.begin()
            try:
                row = next(self._rows)
            except StopIteration:
                return
            except (BadLine, csv.Error) as error:
                yield unreadable(lines.first, _cause(error, lines))
                lines.give_back()
                continue
            if any(cell.strip() for cell in row):
                yield self._line(lines.first, row)

    def _line(self, number: int, row: list[str]) -> Line:
        row = _without_empty_end(row)
        if len(row) > len(self._header):
            return unreadable(number, f"{len(row)} cells under {len(self._header)} columns")
        nameless = next((at for at, cell in enumerate(row, 1) if cell.strip() and not self._header[at - 1]), 0)
        if nameless:
            return unreadable(number, f"cell {nameless} stands in a column without a name")
        fields: dict[str, object] = {name: cell for name, cell in zip(self._header, row, strict=False) if name}
        # A file of installs needs no column that says so on every line.
        fields.setdefault("kind", "install")
        return Line(number, fields)


def _cause(error: Exception, lines: OrderLines) -> str:
    """What is wrong; where it was found in a later line, or at the end, it is the quote that took that into the row."""
    if lines.has_more_lines() or str(error) == "unexpected end of data":
        return "a quoted cell begins here and does not end"
    return str(error) if isinstance(error, BadLine) else f"unreadable CSV ({error})"


def has_columns(head: str) -> bool:
    """True if a text begins with a header of orders: more than half of its cells are names of columns."""
    header = _header(head, _delimiter(head))
    return 2 * sum(name in NAMES for name in header) > len(header)


def _delimiter(head: str) -> str:
    """What parts the cells: whatever finds most names of columns in the header."""
    return max(_DELIMITERS, key=lambda sign: sum(name in NAMES for name in _header(head, sign)))


def _header(head: str, delimiter: str) -> list[str]:
    """The cells of the first line with anything in it, but for one that says what parts them."""
    for line in head[: 2 * MAX_ROW].splitlines():
        header = _columns(line.replace('"', "").split(delimiter))
        if any(header) and not line.strip(' "').lower().startswith("sep="):
            return header
    return []


def _columns(row: list[str]) -> list[str]:
    """Names of columns, in small letters."""
    return [name.strip().lower() for name in _without_empty_end(row)]


def _without_empty_end(row: list[str]) -> list[str]:
    size = len(row)
    while size and not row[size - 1].strip():
        size -= 1
    return row[:size]


def _is_sep(header: list[str]) -> bool:
    """``sep=;`` is one cell, or that without its sign where the sign parts the cells."""
    return len(header) == 1 and header[0].startswith("sep=")


def _check_header(header: list[str]) -> None:
    """Raises OrderFileError."""
    for name in header:
        if name and name not in NAMES:
            raise OrderFileError(f"unknown column {name!r}: {meant(name) or 'columns are ' + ','.join(NAMES)}")
        if name and header.count(name) > 1:
            raise OrderFileError(f"column {name!r} is there twice")


def encoding_of(path: Path, otherwise: str = "") -> str:
    """What the whole file can be read as: utf-16 where its byte order mark stands in front, else utf-8-sig (a byte
    order mark is no text) or gbk; else otherwise. Raises OrderFileError where that is ""."""
    with path.open("rb") as file:
        wide = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for name in ("utf-16",) if wide else ("utf-8-sig", "gbk"):
        decoder = codecs.getincrementaldecoder(name)()
        with path.open("rb") as file:
            try:
                while chunk := file.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
                return name
            except UnicodeDecodeError as error:
                cause = error
    if otherwise:
        return otherwise
    raise OrderFileError(f"{path}: neither UTF-8 nor GBK: {cause}")
