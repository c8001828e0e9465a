"""Listings: choose, sort and print rows as a table, JSON or CSV. Columns and their sequence are the contract's."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

Row = dict[str, object]

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "bindings": (
        *("account", "subscriber", "mac", "stbid", "state", "port", "port_state", "address", "lease_expires"),
        *("rate_down_kbps", "rate_up_kbps", "order"),
    ),
    "boxes": ("mac", "stbid", "vendor", "account", "state"),
    "leases": ("address", "mac", "account", "port", "state", "lease_expires", "first_seen", "last_seen"),
    "orders": ("order", "kind", "account", "mac", "state", "reason", "detail", "received", "effects"),
    "refused": (
        *("mac", "vendor", "reason", "count", "first_seen", "last_seen", "port", "protocol", "bound"),
        *("seen", "where", "message", "address", "account"),
    ),
    "ports": ("port", "accounts", "boxes", "form", "shared", "first_seen", "last_seen"),
    "rogue": ("server", "mac", "vendor", "interface", "offers", "first_seen", "last_seen"),
    "reasons": ("reason", "meaning", "remedy"),
    "rfc": ("rfc", "section", "rule", "served", "note"),
    "stats": ("name", "value"),
    "pools": ("subnet", "pool", "total", "leased", "offered", "quarantined", "free"),
    "sessions": (
        *("session", "nas", "mac", "account", "port", "address", "state", "started", "last_seen"),
        *("bytes_in", "bytes_out", "cause", "asked"),
    ),
    "nas": (
        *("name", "ipaddr", "nas", "requests", "accepts", "rejects", "message_authenticator", "last_seen"),
        *("unsealed_from", "secret", "secret_from"),
    ),
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class BadColumn(ValueError):  # noqa: N818
    """A column name or pattern that the listing does not have."""


def time_text(value: object) -> str:
    """Unix seconds -> RFC 3339 UTC; None -> ""."""
    return (
        datetime.fromtimestamp(int(value), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, int | float) else ""
    )


def moment_text(value: object) -> str:
    """Thousandths of Unix seconds -> RFC 3339 UTC with milliseconds; None -> ""."""
    if not isinstance(value, int | float):
        return ""
    seconds, ms = divmod(int(value), 1000)
    return f"{time_text(seconds).removesuffix('Z')}.{ms:03}Z"


# Columns that hold a time -> how it is told.
_TIMES: Final[dict[str, Callable[[object], str]]] = {
    **dict.fromkeys(("lease_expires", "first_seen", "last_seen", "started", "port_at"), time_text),
    "received": moment_text,
}


def with_times(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with their times as text."""
    for row in rows:
        yield {name: _TIMES[name](value) if name in _TIMES else value for name, value in row.items()}


def choose(rows: Iterable[Row], equal: dict[str, str], matches: Sequence[tuple[str, re.Pattern[str]]]) -> Iterator[Row]:
    """Rows whose columns equal and match. Raises BadColumn."""
    for row in rows:
        for column, _ in matches:
            if column not in row:
                raise BadColumn(f"no column {column!r}: there are {' '.join(row)}")
        if all(str(row.get(column, "")) == value for column, value in equal.items()) and all(
            pattern.search(str(row[column])) for column, pattern in matches
        ):
            yield row


def sort_rows(rows: Iterable[Row], column: str) -> list[Row]:
    """Numbers by size, text by letter, absent last. Raises BadColumn."""
    listed = list(rows)
    if listed and column not in listed[0]:
        raise BadColumn(f"no column {column!r}: there are {' '.join(listed[0])}")

    def key(row: Row) -> tuple[bool, bool, float, str]:
        value = row[column]
        number = float(value) if isinstance(value, int | float) else 0.0
        return value in (None, ""), isinstance(value, str), number, str(value)

    return sorted(listed, key=key)


def as_json(rows: Iterable[Row]) -> str:
    """One array of objects, a line each."""
    lines = ",\n ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[{lines}]"


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Header and rows. A cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = ("" if row.get(name) is None else str(row.get(name)).replace("\r", " ") for name in columns)
        writer.writerow(["'" + cell if cell.startswith(_FORMULA) and not _is_number(cell) else cell for cell in cells])
    return text.getvalue().rstrip("\n")


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", cell))
