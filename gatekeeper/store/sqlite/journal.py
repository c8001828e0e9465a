"""The journal: what happened to boxes, accounts and addresses, when, and in which sequence it was noted.

Each event is written in the transaction that makes it true. A renewal is no event, a flood of strangers is none either:
what is refused is counted elsewhere and told here when it ends, or once an hour for boxes that orders know.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import HELD, Event, Holder
from gatekeeper.store import StoreError
from gatekeeper.store.places import WHEN, Place
from gatekeeper.store.rows import EVENT, LEASE, lease_of, listed
from gatekeeper.store.sqlite.folding import TELL
from gatekeeper.store.sqlite.many import write
from gatekeeper.store.sqlite.tables import Tables
from gatekeeper.value import values_of
from gatekeeper.wire.text import ip_text, mac_text

MAX_EVENTS: Final = 20_000_000
_PRUNE: Final = 10_000

_COLUMNS: Final = f"seq, {listed(EVENT)}"
# What is told of an account without naming a box concerns each of its boxes.
_OF_BOX: Final = (
    "(mac = :value OR (mac = '' AND account <> '' AND account = (SELECT account FROM boxes WHERE mac = :value)))"
)
# By when it happened, for what RADIUS and DHCP refuse or admit is noted up to a second later than what came of it; the
# sequence decides within a millisecond, but for an Access-Accept, which comes before the port that it let be learned.
# Who is refused still is no event yet, and is told to the second.
_OF_KEY: Final = f"""
SELECT {_COLUMNS} FROM journal_now WHERE {{key}} AND at_ms >= :since * 1000
UNION ALL
SELECT 0, last_seen * 1000 + ms, 'refused', mac, '', 0, coalesce(port, ''),
       protocol || ' ' || reason || ', ' || count || ' times since '
       || strftime('%Y-%m-%dT%H:%M:%SZ', first_seen, 'unixepoch')
FROM refused WHERE mac = {{mac}} AND last_seen >= :since"""
# Behind the number stands the text, for refusals that go on have none.
_WHEN: Final = ("at_ms", "kind <> 'Access-Accept'", "seq", "detail")
_YOUNGEST: Final = f"""
SELECT * FROM (
    SELECT * FROM ({{events}}) {{older}} ORDER BY {", ".join(f"{one} DESC" for one in _WHEN)} LIMIT :most)
ORDER BY {", ".join(_WHEN)}"""
_OLDER: Final = f"WHERE ({', '.join(_WHEN)}) < (:at_ms, :kind <> 'Access-Accept', :seq, :detail)"
# Kinds that say who has an address from then on, or that nobody has.
_HOLDS: Final = "'lease', 'lease ended', 'released', 'declined'"
_LEASE: Final = f"SELECT {listed(LEASE)} FROM leases_now WHERE address = ?"
_BEFORE: Final = f"""
SELECT at_ms / 1000, kind, mac, account, port FROM journal_now
WHERE address = ? AND at_ms < (? + 1) * 1000 AND kind IN ({_HOLDS}) ORDER BY at_ms DESC, seq DESC LIMIT 1"""
_AFTER: Final = f"""
SELECT at_ms / 1000 FROM journal_now
WHERE address = ? AND at_ms >= (? + 1) * 1000 AND kind IN ({_HOLDS}) ORDER BY at_ms, seq LIMIT 1"""
_SESSION_AT: Final = """
SELECT mac, account, port, started, state, last_seen, session, nas FROM sessions_now
WHERE address = ? AND started <= ? AND (state = 'active' OR last_seen >= ?)
ORDER BY started DESC LIMIT 1"""


@trait
class JournalTables(Tables):
    """Writing is done inside a transaction of those who make it true."""

    def _tell_event(self, *events: Event) -> None:
        write(self._connection, TELL, list(map(values_of, events)))

    def timeline(
        self, key: str, value: object, since: int, most: int = 0, before: Place | None = None
    ) -> Iterator[dict[str, object]]:
        """Events of one box, account or address: by when they happened, those of one millisecond in the sequence in
        which they were noted. key: mac account address; value as the column has it; since: Unix seconds.

        most: only so many, the youngest [0 = all]; before: WHEN of one, only those older than it. Raises
        StoreError.
        """
        if key not in ("mac", "account", "address"):
            raise ValueError(f"a timeline is one of a mac, account or address, not of a {key}")
        try:
            where = _OF_BOX if key == "mac" else f"{key} = :value"
            events = _OF_KEY.format(key=where, mac=":value" if key == "mac" else "NULL")
            query = _YOUNGEST.format(events=events, older=_OLDER if before else "")
            place = dict(zip(WHEN, before or (), strict=bool(before)))
            with self._reading():
                rows = self._connection.execute(query, {"value": value, "since": since, "most": most or -1, **place})
                names = [column[0] for column in rows.description]
                for row in rows:
                    found = dict(zip(names, row, strict=True))
                    yield found | {"address": ip_text(found["address"]) if found["address"] else ""}
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def holder(self, address: int, at: int) -> Holder | None:
        """Who had the address then, by lease or else by accounting; None = nobody. Raises StoreError."""
        try:
            with self._reading():
                return self._holder(address, at)
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def _holder(self, address: int, at: int) -> Holder | None:
        query = self._connection.execute
        row = query(_LEASE, (address,)).fetchone()
        lease = lease_of(row) if row else None
        if lease and lease.state in HELD and lease.mac and lease.first_seen <= at < lease.expires_at:
            mac = mac_text(lease.mac)
            return Holder(mac, lease.account, lease.port, lease.first_seen, lease.expires_at, "dhcp")
        before = query(_BEFORE, (address, at)).fetchone()
        if before:
            since, kind, mac, account, port = before
            after = query(_AFTER, (address, at)).fetchone() if kind == "lease" else None
            # Without another event it is the one on record, which may have run out since.
            until = after[0] if after else lease.expires_at if lease else 0
            if kind == "lease" and until > at:
                return Holder(mac, account, port, since, until, "dhcp")
        session = query(_SESSION_AT, (address, at, at)).fetchone()
        if not session:
            return None
        mac, account, port, started, state, last_seen, name, nas = session
        until = last_seen if state == "closed" else 0
        return Holder(mac, account, port, started, until, f"session {name} at {nas}")

    def prune_journal(self, before: int) -> None:
        """Let events older than that go, and the oldest ones beyond MAX_EVENTS; some at a time. Raises StoreError."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM journal WHERE seq IN (SELECT seq FROM journal ORDER BY seq LIMIT ?)"
                " AND (at_ms < ? OR seq <= (SELECT max(seq) FROM journal) - ?)",
                (_PRUNE, before * 1000, MAX_EVENTS),
            )
