"""A CSV file of orders, read line by line: UTF-8 or GBK, header required, any subset and sequence of the columns."""

import codecs
import csv
import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gatekeeper.policy.order_fields import FIELDS

_CHUNK = 1 << 16


class OrderFileError(Exception):
    """The file as a whole cannot be used: nothing of it was applied."""


class OrderFile:
    """Iterates (physical line number, fields); the header is line 1. Memory does not grow with the file."""

    def __init__(self, path: Path) -> None:
        """Open and check the header. Raises OrderFileError."""
        self.size = path.stat().st_size
        self._text: IO[str] = path.open(encoding=_encoding(path), newline="")
        self._rows = csv.reader(self._text, strict=True)
        try:
            header = [name.strip() for name in next(self._rows, [])]
        except csv.Error as error:
            raise OrderFileError(f"{path}:1: {error}") from None
        if not header:
            raise OrderFileError(f"{path}:1: no header: the first line names the columns, of {','.join(FIELDS)}")
        for name in header:
            if name not in FIELDS:
                near = difflib.get_close_matches(name, FIELDS, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"columns are {','.join(FIELDS)}"
                raise OrderFileError(f"{path}:1: unknown column {name!r}: {hint}")
            if header.count(name) > 1:
                raise OrderFileError(f"{path}:1: column {name!r} is there twice")
        self._header = header
        self.position = 0

    def __enter__(self) -> "OrderFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[tuple[int, dict[str, object]]]:
        while True:
            number = self._rows.line_num + 1
            try:
                row = next(self._rows)
            except StopIteration:
                self.position = self.size
                return
            except csv.Error as error:
                yield number, {"order": f"line {number}", "kind": f"unreadable CSV ({error})", "account": "?"}
                continue
            self.position += sum(map(len, row)) + len(row)
            if not any(cell.strip() for cell in row):
                continue
            fields: dict[str, object] = dict(zip(self._header, row, strict=False))
            if len(row) > len(self._header):
                fields["kind"] = f"{len(row)} cells under {len(self._header)} columns"
            # A file of installs needs no column that says so on every line.
            fields.setdefault("kind", "install")
            yield number, fields


def _encoding(path: Path) -> str:
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
