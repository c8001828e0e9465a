"""Looking: listings, what happened to a box, who has an address."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.drivers.control import ControlError, State, ask_state
from gatekeeper.model import Holder, Reason
from gatekeeper.office.keys import subject_named
from gatekeeper.office.undone import Misread, NoSuch
from gatekeeper.office.words import address_of, moment_of, text_of
from gatekeeper.policy.lines import MOST_SHARED, shared_notes
from gatekeeper.report.listing import Filters, chosen, rows_of
from gatekeeper.report.table import BadColumn, Row, sort_rows
from gatekeeper.report.timeline import timeline_rows
from gatekeeper.store.ports import Store

TROUBLE: Final = "trouble."  # how the rows of ``stats`` begin that are one
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
            found = stats_rows(list(found), gate_state(store.path), now)
        found = chosen(what, found, filters, patterns)
        yield from sort_rows(found, sort_by) if sort_by else found
    except BadColumn as error:
        raise Misread(str(error), Reason.BAD_FIELD) from None


def gate_state(store: str) -> State | str:
    """How the gate that serves over this store stands, or why that is not known."""
    try:
        return ask_state(store) or "gate.not-serving"
    except ControlError:
        return "gate.not-asked"


def stats_rows(stored: Sequence[Row], state: State | str, now: int) -> Iterator[Row]:
    """Troubles with the seconds that they have lasted; then what was counted, in the store and not yet there."""
    if isinstance(state, str):
        yield {"name": state, "value": 1}
        yield from stored
        return
    for one in state.troubles:
        yield {"name": f"{TROUBLE}{one.name}", "value": max(int(now - one.since), 0)}
    counts = dict(state.counts)
    for row in stored:
        yield row | {"value": int(str(row["value"])) + counts.pop(str(row["name"]), 0)}
    for name, count in sorted(counts.items()):
        yield {"name": name, "value": count}


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
