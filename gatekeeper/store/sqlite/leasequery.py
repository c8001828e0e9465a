"""Leases by what lease queries name them by: address, MAC, client identifier, remote-id.

Client identifiers and remote-ids are kept in a table of their own, by triggers. A plain index would be written anew at
every renewal (14 µs each for the client identifier alone); these write only where the value changes, 20 µs a new lease,
and they are there only while [dhcp] leasequery lets somebody ask.
"""

import sqlite3
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import HELD, Lease
from gatekeeper.policy.leasequery import ADDRESS, CLIENT_ID, MAC, REMOTE, Sought
from gatekeeper.store import StoreError
from gatekeeper.store.rows import LEASE, lease_of, listed
from gatekeeper.store.sqlite.schema import LEASED
from gatekeeper.store.sqlite.tables import Tables
from gatekeeper.wire import Malformed
from gatekeeper.wire.relay_agent import REMOTE_ID, read_suboptions
from gatekeeper.wire.text import mac_text

# A remote-id that names a whole access node has many leases; this many are looked at, and this many are told.
_MOST_LOOKED_AT: Final = 4_096
_MOST: Final = 256

# SQL has no octet -> number, but the place in this row of all octets is one. Absent octets are 0.
_OCTETS: Final = f"x'{bytes(range(256)).hex()}'"


def _length(agent: str, at: str) -> str:
    """The length of the sub-option that starts at octet at, counted from 1."""
    return f"instr({_OCTETS}, substr({agent}, {at} + 1, 1)) - 1"


def _remote_id(agent: str) -> str:
    """SQL: the value of sub-option 2 of an Option 82, no row where there is none. It walks from one to the next."""
    after = "(at + 2 + size)"
    return f"""
SELECT substr({agent}, at + 2, size) AS key FROM (
    WITH RECURSIVE part (at, size) AS (
        SELECT 1, {_length(agent, "1")}
        UNION ALL SELECT {after}, {_length(agent, after)} FROM part WHERE {after} < length({agent}))
    SELECT at, size FROM part WHERE substr({agent}, at, 1) = x'02')
WHERE size > 0 LIMIT 1"""


def _triggers(kind: str, column: str, key: str) -> str:
    """Keep lease_keys true of one column. key: SQL that makes the key out of {row}.column, or no row."""
    put = f"INSERT OR IGNORE INTO lease_keys SELECT key, '{kind}', new.address FROM ({key.format(row='new')});"
    return f"""
CREATE TRIGGER lease_keys_{column}_insert AFTER INSERT ON leases WHEN new.{column} <> x'' BEGIN {put} END;
CREATE TRIGGER lease_keys_{column}_update AFTER UPDATE OF {column} ON leases WHEN old.{column} <> new.{column} BEGIN
    DELETE FROM lease_keys WHERE kind = '{kind}' AND address = old.address
        AND key IN (SELECT key FROM ({key.format(row="old")}));
    {put}
END;
INSERT INTO lease_keys SELECT key, '{kind}', address FROM (
    SELECT address, (SELECT key FROM ({key.format(row="leases")})) AS key FROM leases) WHERE key IS NOT NULL;"""


_KEEP: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE lease_keys (key BLOB, kind TEXT, address INTEGER, PRIMARY KEY (key, kind, address)) WITHOUT ROWID;
{_triggers(CLIENT_ID, "client_id", "SELECT {row}.client_id AS key WHERE {row}.client_id <> x''")}
{_triggers(REMOTE, "agent", _remote_id("{row}.agent"))}
COMMIT;"""
_DROP: Final = """
BEGIN IMMEDIATE;
DROP TRIGGER lease_keys_client_id_insert;
DROP TRIGGER lease_keys_client_id_update;
DROP TRIGGER lease_keys_agent_insert;
DROP TRIGGER lease_keys_agent_update;
DROP TABLE lease_keys;
COMMIT;"""

_ACTIVE: Final = f"{LEASED} AND expires_at > :now ORDER BY last_seen DESC, address LIMIT :most"
_BY_KEY: Final = f"""
SELECT {listed(LEASE)} FROM main.leases WHERE address IN (
    SELECT address FROM lease_keys WHERE key = :value AND kind = :form LIMIT :looked) AND {_ACTIVE}"""
_QUERIES: Final = {
    # An address that was leased once is known, though nobody holds it now.
    ADDRESS: f"SELECT {listed(LEASE)} FROM main.leases WHERE address = :value",
    MAC: f"SELECT {listed(LEASE)} FROM main.leases WHERE mac = :value AND {_ACTIVE}",
    CLIENT_ID: _BY_KEY,
    REMOTE: _BY_KEY,
}


@trait
class LeaseQueryTables(Tables):
    """The side of the store that lease queries read."""

    def keep_lease_keys(self, wanted: bool) -> None:
        """Have client identifiers and remote-ids findable from now on, or no longer. Raises StoreError.

        The leases on record are gone through once, about 15 µs each; a store that is as wanted is not written.
        """
        try:
            kept = self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'lease_keys'").fetchone()
            if bool(kept) != wanted:
                self._connection.executescript(_KEEP if wanted else _DROP)
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise StoreError(f"store {self.path}: {error}") from error

    def leases_about(self, sought: Sought, now: float) -> list[Lease]:
        """The lease of an address whatever its state; else those active now, newest first. Raises StoreError.

        Client identifiers and remote-ids are found while ``keep_lease_keys`` keeps them.
        """
        query = _QUERIES.get(sought.form)
        if query is None:
            return []
        value: object = sought.value
        if sought.form == ADDRESS:
            value = int.from_bytes(sought.value, "big")
        elif sought.form == MAC:
            value = mac_text(sought.value)
        given = {"value": value, "form": sought.form, "now": int(now), "most": _MOST, "looked": _MOST_LOOKED_AT}
        try:
            with self._with_log() as log:
                rows = self._connection.execute(query, given).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        on_record = log.left(map(lease_of, rows))
        if sought.form == ADDRESS:
            lease = log.at(value) if isinstance(value, int) else None
            return [lease] if lease else list(on_record)
        # These few are not among the keys.
        found = [*on_record, *(lease for lease in log.all() if _is_about(lease, sought) and _goes_on(lease, now))]
        return sorted(found, key=lambda lease: (-lease.last_seen, lease.address))[:_MOST]


def _is_about(lease: Lease, sought: Sought) -> bool:
    if sought.form == MAC:
        return lease.mac == sought.value
    if sought.form == CLIENT_ID:
        return lease.client_id == sought.value
    return sought.value != b"" and sought.value in lease.agent and sought.value == _remote_of(lease.agent)


def _remote_of(agent: bytes) -> bytes:
    try:
        return read_suboptions(agent).parts.get(REMOTE_ID, b"")
    except Malformed:
        return b""


def _goes_on(lease: Lease, now: float) -> bool:
    """As LEASED, and not over."""
    return lease.state in HELD and lease.mac != b"" and lease.expires_at > int(now)
