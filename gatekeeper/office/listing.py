"""Looking: listings, what happened to a box, who has an address."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.model import Holder, Reason
from gatekeeper.office.keys import subject_named
from gatekeeper.office.undone import Misread, NoSuch
from gatekeeper.office.words import address_of, moment_of, text_of
from gatekeeper.policy.lines import MOST_SHARED, shared_notes
from gatekeeper.report.listing import Filters, chosen, rows_of
from gatekeeper.report.table import BadColumn, Row, sort_rows
from gatekeeper.report.timeline import timeline_rows
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
        read = (lambda name, only: store.view(name, now, only)) if store else None
        found = rows_of(what, book, read, filters)
        if what == "stats" and store:
            from gatekeeper.office.stats import gate_state, stats_rows  # whoever asks the gate needs its socket

            found = stats_rows(list(found), gate_state(store.path), now)
        found = chosen(what, found, filters, patterns)
        yield from sort_rows(found, sort_by) if sort_by else found
    except BadColumn as error:
        raise Misread(str(error), Reason.BAD_FIELD) from None


def story(store: Store, key: str, since: str, now: int) -> Iterator[Row]:
    """What happened to one box, account or address, oldest first. key: as ``office.keys`` reads it; since: as a person
    says it, "" = all.

    Raises Misread, StoreError.
    """
    after = moment_of(since, now) if since else 0
    return timeline_rows(store.timeline(*subject_named(store, key, now), after))


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
