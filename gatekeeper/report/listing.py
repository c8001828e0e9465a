"""What ``show`` and the API list: one way to choose rows, so that the two cannot differ."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from gatekeeper.book import Policybook
from gatekeeper.model import REASONS
from gatekeeper.report.nas import nas_rows
from gatekeeper.report.pools import Counted, pool_rows
from gatekeeper.report.ports import port_rows
from gatekeeper.report.rfc import ROWS
from gatekeeper.report.table import COLUMNS, BadColumn, Row, choose, with_times
from gatekeeper.report.vendor import vendor
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import ip_text, mac_text, parse_ip, parse_mac

WHAT: Final = tuple(COLUMNS)
STATIC: Final = ("reasons", "rfc")  # what needs neither a configuration nor a store
_CHOSEN: Final = ("ports",)  # rows of many boxes each: only the store can tell whose they are
# Listings that are made here or added to, and short -> the columns that tell their rows apart: a row's place.
NAMED_BY: Final = {
    "reasons": ("reason",),
    "rfc": ("section", "rule"),
    "pools": ("pool",),
    "nas": ("name", "ipaddr"),
    "stats": ("name",),
}
PLACE: Final = "place"  # the column that the place of a row stands in, where it is wanted

Read = Callable[[str, Mapping[str, str]], Iterable[Row]]
Filters = Mapping[str, str | None]


class BadPlace(ValueError):  # noqa: N818
    """A place that no row of the listing has, or has any more."""


class Source(NamedTuple):
    """Where rows come from. read: the store's own by name, narrowed to those whose columns are such; counted: as
    ``pool_rows`` asks."""

    book: Policybook
    read: Read
    counted: Counted


def rows_of(what: str, source: Source | None, filters: Filters) -> Iterable[Row]:
    """The rows of one listing, lazily; ``chosen`` has the last word on which. Raises BadColumn.

    source: may be None for STATIC.
    """
    if what == "reasons":
        return [
            {"reason": str(reason), "meaning": text.meaning, "remedy": text.remedy} for reason, text in REASONS.items()
        ]
    if what == "rfc":
        return [row._asdict() for row in ROWS]
    assert source
    book, read, counted = source
    if what == "pools":
        return pool_rows(book.subnets, counted)
    if what == "nas":
        return nas_rows(book.clients, read("nas", {}), read("secrets", {}))
    if what == "ports":
        return port_rows(read("ports", equals(filters)), book.binding.shared_line)
    return map(_with_vendor, read(what, equals(filters)))


def behind(what: str, rows: Iterable[Row], after: tuple[object, ...] | None) -> Iterator[Row]:
    """The rows of a listing of NAMED_BY with their places, those behind this one, or all. Raises BadPlace."""
    gone = after is None
    for row in rows:
        place = tuple(row[name] for name in NAMED_BY[what])
        if gone:
            yield row | {PLACE: place}
        gone = gone or place == after
    if not gone:
        raise BadPlace("the row that it names is there no longer: begin anew")


def equals(filters: Filters) -> dict[str, str]:
    """What columns must be, by filters but for the port. Raises BadColumn."""
    equal: dict[str, str] = {}
    try:
        if mac := filters.get("mac"):
            equal["mac"] = mac_text(parse_mac(mac))
        if ip := filters.get("ip"):
            equal["address"] = ip_text(parse_ip(ip))
    except ValueError as error:
        raise BadColumn(str(error)) from None
    if account := filters.get("account"):
        equal["account"] = account
    return equal


def _with_vendor(row: Row) -> Row:
    return row | {"vendor": vendor(str(row["mac"])) if row.get("mac") else ""}


def chosen(
    what: str, rows: Iterable[Row], filters: Filters, patterns: Sequence[tuple[str, re.Pattern[str]]] = ()
) -> Iterator[Row]:
    """Rows that filters (mac account port ip; absent or empty = any) and patterns let through, times as text.

    what: the listing that they are of. Raises BadColumn.
    """
    found = choose(with_times(rows), {} if what in _CHOSEN else equals(filters), patterns)
    return _on_port(found, str(filters["port"])) if filters.get("port") else found


def shown_columns(what: str) -> tuple[str, ...]:
    """The columns of ``-o json``; bindings tell the ACS too."""
    return (*COLUMNS[what], "acs_url") if what == "bindings" else COLUMNS[what]


def as_shown(what: str, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with these columns."""
    columns = shown_columns(what)
    for row in rows:
        yield {name: row.get(name) for name in columns}


def _on_port(rows: Iterable[Row], text: str) -> Iterator[Row]:
    """Rows of the line, in whichever spelling: the access node's, the BRAS's, with or without its qualifier."""
    wanted = port_from_text(text)
    for row in rows:
        port = port_from_text(str(row.get("port") or ""))
        if row.get("port") and (wanted.covers(port) or port.covers(wanted)):
            yield row
