"""Looking: listings, what happened to a box, who has an address."""

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.model import Holder, Reason
from gatekeeper.office.keys import subject_named
from gatekeeper.office.undone import Misread, NoSuch
from gatekeeper.office.words import address_of, moment_of, text_of
from gatekeeper.policy.lines import MOST_SHARED, shared_notes
from gatekeeper.report.listing import (
    NAMED_BY,
    PLACE,
    BadPlace,
    Filters,
    Read,
    Source,
    behind,
    chosen,
    equals,
    rows_of,
    shown_columns,
)
from gatekeeper.report.table import BadColumn, Row, sort_rows
from gatekeeper.report.timeline import timeline_rows
from gatekeeper.store.asking import Only
from gatekeeper.store.places import PLACES, WHEN, Place
from gatekeeper.store.ports import Store

_FILTERS: Final = ("mac", "account", "port", "ip")
Patterns = Sequence[tuple[str, re.Pattern[str]]]


def rows(
    what: str,
    book: Policybook | None,
    store: Store | None,
    now: int,
    filters: Filters,
    patterns: Patterns = (),
    sort_by: str = "",
) -> Iterator[Row]:
    """The rows of one listing, times as text, lazily but where they are sorted. Raises Misread, StoreError.

    filters: mac account port ip, absent or empty = any; patterns: (column, what it is to match). book and store may be
    None for those of ``report.listing.STATIC``.
    """
    for name in _FILTERS:
        text_of(filters.get(name) or "")
    try:
        source = _source(book, store, now, lambda name, only: store.view(name, now, only)) if store and book else None
        found = _with_memory(what, rows_of(what, source, filters), store, now)
        found = chosen(what, found, filters, patterns)
        yield from sort_rows(found, sort_by) if sort_by else found
    except BadColumn as error:
        raise Misread(str(error), Reason.BAD_FIELD) from None


def placed_rows(
    what: str, book: Policybook, store: Store, now: int, filters: Filters, after: Place | None = None, most: int = 0
) -> Generator[tuple[Place, Row], None, None]:
    """The same behind a place (as ``is_place`` knows it), or from the beginning: each row's place, and what is shown
    of it.

    most: nobody takes more [0 = all]. Raises Misread, StoreError.
    """

    def read(name: str, only: Only) -> Iterator[Row]:
        if name not in PLACES:
            yield from store.view(name, now, only)
            return
        for place, row in store.placed(name, now, only, after, 0 if filters.get("port") else most):
            row[PLACE] = place
            yield row

    try:
        found = _with_memory(what, rows_of(what, _source(book, store, now, read), filters), store, now)
        columns = shown_columns(what)
        for row in chosen(what, behind(what, found, after) if what in NAMED_BY else found, filters):
            yield row[PLACE], {name: row.get(name) for name in columns}  # type: ignore[misc]
    except BadColumn as error:
        raise Misread(str(error), Reason.BAD_FIELD) from None
    except BadPlace as error:
        raise Misread(f"after: {error}", Reason.BAD_FIELD) from None


def is_place(what: str, values: object) -> bool:
    """True if this may be a place in that listing: text and numbers that a store can compare with its own."""
    if not isinstance(values, tuple):
        return False
    kinds = PLACES.get(what) or (str,) * len(NAMED_BY[what])
    return tuple(map(type, values)) == tuple(kinds) and all(map(_is_comparable, values))


def _is_comparable(value: int | str) -> bool:
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 63
    # Half of a surrogate pair is no text that a store could have.
    return not any("\ud800" <= sign <= "\udfff" for sign in value)


def amount_of(what: str, book: Policybook, store: Store, now: int, filters: Filters) -> int:
    """How many rows there are, counted by the store where it can do that alone. Raises Misread, StoreError."""
    try:
        if what in PLACES and not filters.get("port"):
            counted = store.amount(what, now, equals(filters))
            if counted is not None:
                return counted
    except BadColumn as error:
        raise Misread(str(error), Reason.BAD_FIELD) from None
    return sum(1 for _ in rows(what, book, store, now, filters))


def _with_memory(what: str, found: Iterable[Row], store: Store | None, now: int) -> Iterable[Row]:
    """Stats are in part in the memory of the gate that serves over this store."""
    if what != "stats" or store is None:
        return found
    from gatekeeper.office.stats import gate_state, stats_rows  # whoever asks the gate needs its socket

    return stats_rows(list(found), gate_state(store.path), now)


def _source(book: Policybook, store: Store, now: int, read: Read) -> Source:
    return Source(book, read, lambda first, last: store.pool_count([(first, last)], now))


def story(store: Store, key: str, since: str, now: int) -> Iterator[Row]:
    """What happened to one box, account or address, oldest first. key: as ``office.keys`` reads it; since: as a person
    says it, "" = all.

    Raises Misread, StoreError.
    """
    after = moment_of(since, now) if since else 0
    return timeline_rows(store.timeline(*subject_named(store, key, now), after))


def placed_story(
    store: Store, key: str, since: str, now: int, most: int, before: Place | None = None
) -> Iterator[tuple[Place, Row]]:
    """The youngest of these, so many at most, oldest first, each with its place; before: the youngest of those older
    than the one of this place.

    Raises Misread, StoreError.
    """
    after = moment_of(since, now) if since else 0
    for event in store.timeline(*subject_named(store, key, now), after, most, before):
        for row in timeline_rows((event,)):
            yield tuple(event[name] for name in WHEN), row  # type: ignore[misc]


def holder(store: Store, ip: str, at: str, now: int) -> Holder:
    """Who has, or had, an address. at: as a person says it, "" = now. Raises Misread, NoSuch, StoreError."""
    address, then = address_of(ip), moment_of(at, now) if at else now
    found = store.holder(address, then)
    if not found:
        raise NoSuch(f"nobody had {ip} then" if at else f"nobody has {ip}")
    return found


def vlan_notes(book: Policybook, store: Store) -> list[str]:
    """What is to be said of lines that are none, because too many accounts are bound to them. Raises StoreError."""
    binding = book.binding
    return shared_notes(store.shared_lines(binding.shared_line, MOST_SHARED)) if binding.looks_for_vlans() else []
