"""A CSV file of orders, read line by line: UTF-8 or GBK, header required, any subset and sequence of the columns."""

import codecs
import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final, NamedTuple

from gatekeeper.intake.order_lines import BadLine, OrderLines
from gatekeeper.model import Reason
from gatekeeper.policy.order_fields import NAMES, OrderRefused, meant

_CHUNK: Final = 1 << 16
_OTHER_DELIMITERS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}


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
        self._lines = OrderLines(self._text)
        self._rows = csv.reader(self._lines, strict=True)
        try:
            self._header = self._read_header()
        except OrderFileError as error:
            self._text.close()
            raise OrderFileError(f"{path}:{self._lines.first}: {error}") from None

    def _read_header(self) -> list[str]:
        header: list[str] = []
        try:
            # Blank lines in front are no header.
            while not any(header):
                self._lines.begin()
                header = [name.strip() for name in next(self._rows)]
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
        if len(row) > len(self._header):
            return unreadable(number, f"{len(row)} cells under {len(self._header)} columns")
        fields: dict[str, object] = dict(zip(self._header, row, strict=False))
        # A file of installs needs no column that says so on every line.
        fields.setdefault("kind", "install")
        return Line(number, fields)


def _cause(error: Exception, lines: OrderLines) -> str:
    """What is wrong; where it was found in a later line, or at the end, it is the quote that took that into the row."""
    if lines.has_more_lines() or str(error) == "unexpected end of data":
        return "a quoted cell begins here and does not end"
    return str(error) if isinstance(error, BadLine) else f"unreadable CSV ({error})"


def _check_header(header: list[str]) -> None:
    """Raises OrderFileError."""
    for sign, name in _OTHER_DELIMITERS.items():
        if len(header) == 1 and sign in header[0]:
            raise OrderFileError(f"the columns are parted by {name}: write commas")
    for name in header:
        if name not in NAMES:
            raise OrderFileError(f"unknown column {name!r}: {meant(name) or 'columns are ' + ','.join(NAMES)}")
        if header.count(name) > 1:
            raise OrderFileError(f"column {name!r} is there twice")


def encoding_of(path: Path) -> str:
    """utf-8-sig (a byte order mark is no text) if the whole file is UTF-8, else gbk. Raises OrderFileError."""
    for name in ("utf-8-sig", "gbk"):
        decoder = codecs.getincrementaldecoder(name)()
        with path.open("rb") as file:
            try:
                while chunk := file.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
                return name
            except UnicodeDecodeError as error:
                cause = error
    raise OrderFileError(f"{path}: neither UTF-8 nor GBK: {cause}")
