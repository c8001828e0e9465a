"""Nouns as rows: what is written is what is read, column by column."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from gatekeeper.model import Event, Lease, Reason, Session
from gatekeeper.policy.orders import Account, OrderRecord
from gatekeeper.policy.sessions import Course
from gatekeeper.state.counts import Counted, Fate
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.state.nas import NasSeen
from gatekeeper.state.nas_secrets import SecretSeen
from gatekeeper.state.rogues import Rogue
from gatekeeper.store import rows
from gatekeeper.store.sqlite.schema import SCHEMA
from gatekeeper.store.sqlite.unfolded import TABLES
from gatekeeper.value import Value, values_of
from gatekeeper.wire.text import ip_text

BOX = bytes.fromhex("d4c1c8ee9b1f")
SESSION = Session("s", "n", "d", 1, BOX, "A", "p", 2, "#1", 3, 4, 5, 6, "why", b"k")

# table, its columns, the noun's row, what makes the noun of it again, the noun
NOUNS: dict[str, tuple[tuple[str, ...], tuple[Any, ...], Callable[[Any], object], object]] = {
    "leases": (
        rows.LEASE,
        tuple(rows.lease_rows([lease := Lease(1, BOX, "A", "p", "active", 2, 3, 4, b"agent", b"id")])),
        rows.lease_of,
        lease,
    ),
    "accounts": (
        rows.ACCOUNT,
        values_of(account := Account("A", "s", "active", 1, 2, "p", "ordered", 3, "u", 4, "plan", "#1")),
        rows.account_of,
        account,
    ),
    "orders": (
        rows.ORDER,
        rows.order_row(record := OrderRecord("#1", "rate", "A", "m", "held", "r", "d", 1, "e", 2), "[]"),
        rows.order_of,
        (record, "[]"),
    ),
    "session_changes": (
        rows.SESSION,
        rows.session_row(course := Course(SESSION, "closed", 7)),
        rows.session_of,
        course,
    ),
    "refused": (
        rows.REFUSED,
        rows.refused_row(
            refused := Refused(BOX, "dhcp", Reason.SUSPENDED, None, 3, 1, 2, "q", "s", "w", "m", "r", 4, "t", 5, 6)
        ),
        rows.refused_of,
        refused,
    ),
    "admitted": (
        rows.ADMITTED,
        rows.admitted_row(admitted := Admitted(BOX, "A", "w", "p", 1, "dhcp", 2, 3, news=False)),
        rows.admitted_of,
        admitted,
    ),
    "rogues": (rows.ROGUE, rows.rogue_row(rogue := Rogue(1, BOX, "eth0", 2, 3, 4)), rows.rogue_of, rogue),
    "journal": (
        rows.EVENT,
        values_of(event := Event(1, "lease", "m", "A", 2, "p", "told")),
        rows.event_of,
        event,
    ),
    "outcomes": (
        rows.FATE,
        rows.count_row(fate := Fate("dhcp", "DHCPDISCOVER", "DHCPOFFER", "ok"), 3),
        rows.fate_of,
        (fate, 3),
    ),
    "counters": (
        rows.COUNTER,
        rows.count_row(counted := Counted("radius.nas.*.unsealed", "a.b"), 3),
        rows.counter_of,
        (counted, 3),
    ),
    "nas_secrets": (
        rows.SECRET,
        rows.secret_row(secret := SecretSeen(1, "accounting", "n", "BAD_AUTHENTICATOR", 2, 3, 4)),
        rows.secret_of,
        secret,
    ),
    "nas_seen": (
        rows.NAS_SEEN,
        values_of(seen := NasSeen("n", 1, 2, 3, 4, 5, "192.0.2.1", 6)),
        lambda row: NasSeen(*row),
        seen,
    ),
}


@pytest.mark.parametrize("table", NOUNS)
def test_a_noun_is_read_back_as_it_was_written(table: str) -> None:
    """By names: the same columns in another sequence give the same noun only if each name is where its value is."""
    columns, row, noun_of, noun = NOUNS[table]
    assert noun_of(row) == noun
    with sqlite3.connect(":memory:") as store:
        store.executescript(SCHEMA)
        store.executescript(TABLES)
        store.execute(f"INSERT INTO {table} ({rows.listed(columns)}) VALUES ({rows.marks(columns)})", row)
        (read,) = store.execute(f"SELECT {rows.listed(columns)} FROM {table}")
        assert noun_of(read) == noun
        # What a noun and its table both have a name for has the same one, and the same value under it.
        named = store.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in named.description]
        found = dict(zip(names, named.fetchone(), strict=True))
    store.close()
    fields = _fields(noun)
    assert fields.keys() & found.keys()
    for name in fields.keys() & found.keys():
        assert str(found[name]) in _spellings(fields[name]), name


def _fields(noun: Any) -> dict[str, Any]:
    """By the names of the noun, and of the nouns in it."""
    found = noun._asdict() if isinstance(noun, Value) else {}
    for part in values_of(noun) if isinstance(noun, Value) else noun:
        found |= _fields(part) if isinstance(part, Value | tuple) else {}
    return found


def _spellings(value: Any) -> set[str]:
    """How a store may spell it: MACs and addresses as people do."""
    if isinstance(value, bytes):
        return {str(value), value.hex(":")}
    return {str(value), ip_text(value)} if isinstance(value, int) else {str(value)}


def test_what_changes_of_a_session_is_all_but_its_name() -> None:
    """The statement that writes a report names the columns in the sequence of this row."""
    course = Course(SESSION, "active", 7)
    whole = dict(zip(rows.SESSION, rows.session_row(course), strict=True))
    parts = {
        rows.SESSION_KEY: rows.session_key,
        rows.SESSION_REST: rows.session_rest,
        rows.SESSION_INDEXED: rows.session_indexed,
        rows.COURSE: rows.course_row,
    }
    assert sorted(name for part in parts for name in part) == sorted(rows.SESSION)
    for part, row_of in parts.items():
        assert row_of(course) == tuple(whole[name] for name in part)


def test_a_reason_of_a_younger_gatekeeper_is_no_error() -> None:
    """Its store has the schema of this one, and this one goes on counting."""
    row = rows.refused_row(Refused(BOX, "dhcp", Reason.SUSPENDED, "p", 3, 1, 2))
    younger = tuple("NOT_INVENTED_YET" if value == "SUSPENDED" else value for value in row)
    assert rows.refused_of(younger).times == 3
