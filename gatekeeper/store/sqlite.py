"""The SQLite store: opening, the packet loop's questions, and the commit of its effects.

Two connections serve a running gate: the packet loop reads on one, the commit thread writes on the other.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from gatekeeper.model import Binding, Effect, Facts, Lease, LeaseBound, LeaseReleased, PortLearned, Rate, Refused
from gatekeeper.store import StoreError
from gatekeeper.store.orders import OrderTables
from gatekeeper.store.schema import APPLICATION_ID, MAX_REFUSED, SCHEMA, VERSION
from gatekeeper.store.views import Views
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import mac_text

_Item = TypeVar("_Item")

_LEASE_COLUMNS = "address, mac, account, port, state, expires_at, first_seen, last_seen, agent, client_id"
# Rows or MACs in one statement: few sizes, so that every prepared statement stays in the connection's cache.
_CHUNKS = (64, 16, 4, 1)
_MARKS = {size: ",".join("?" * size) for size in _CHUNKS}
_FACTS = {
    size: f"""
SELECT b.mac, b.account, b.stbid, a.subscriber, a.state, a.rate_down_kbps, a.rate_up_kbps, a.port, a.port_state,
       a.address, a.acs_url, a.last_order
FROM boxes b JOIN accounts a USING (account) WHERE b.mac IN ({marks})"""
    for size, marks in _MARKS.items()
}
_LEASES_OF = {
    size: f"SELECT {_LEASE_COLUMNS} FROM leases WHERE mac IN ({marks}) ORDER BY last_seen, address"
    for size, marks in _MARKS.items()
}
# An address changes hands only when its holder's time is over.
_BIND = {
    size: f"""
INSERT INTO leases ({_LEASE_COLUMNS}) VALUES {",".join(["(?,?,?,?,?,?,?,?,?,?)"] * size)}
ON CONFLICT (address) DO UPDATE SET mac = excluded.mac, account = excluded.account, port = excluded.port,
    state = excluded.state, expires_at = excluded.expires_at, last_seen = excluded.last_seen, agent = excluded.agent,
    client_id = excluded.client_id,
    first_seen = CASE WHEN leases.mac = excluded.mac THEN leases.first_seen ELSE excluded.first_seen END
WHERE leases.mac = excluded.mac OR leases.state <> 'active' OR leases.expires_at <= excluded.last_seen"""
    for size in _CHUNKS
}
_RELEASE = "UPDATE leases SET state = 'released', expires_at = ?, last_seen = ? WHERE address = ? AND mac = ?"
_LEARN = {
    size: f"""
WITH seen (account, port, protocol, at) AS (VALUES {",".join(["(?,?,?,?)"] * size)})
UPDATE accounts SET port = seen.port, port_state = 'learned', port_by = seen.protocol, port_at = seen.at
FROM seen WHERE accounts.account = seen.account AND port_state = 'unlearned'"""
    for size in _CHUNKS
}
_TELL = {
    size: f"""
WITH own (origin) AS (VALUES (?))
INSERT INTO feed (mac, address, origin)
SELECT mac, 0, CASE WHEN mac IN ({marks}) THEN origin ELSE '' END FROM boxes, own WHERE account IN ({marks})"""
    for size, marks in _MARKS.items()
}
_REFUSE = """
INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (mac) DO UPDATE SET protocol = excluded.protocol, reason = excluded.reason, port = excluded.port,
    count = refused.count + excluded.count, last_seen = excluded.last_seen"""
_COUNT = "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value"


def sqlite_path(url: str, folder: Path) -> str:
    """``sqlite:FILE`` -> the file's path, relative ones from folder. Raises StoreError for another kind of store."""
    kind, colon, rest = url.partition(":")
    if kind == "sqlite" and colon and rest:
        return rest if rest == ":memory:" else str(folder / rest.removeprefix("//"))
    if kind in ("postgresql", "postgres"):
        raise StoreError("[store] url: PostgreSQL is not served by this version; use sqlite:FILE")
    raise StoreError(f"[store] url {url!r}: write sqlite:FILE")


class SqliteStore(OrderTables, Views):
    """One connection to the store."""

    def __init__(self, path: str, create: bool = False) -> None:
        """Open; with create, make it where it is absent. Raises StoreError: one line, saying what to do."""
        self.path = path
        new = path == ":memory:" or not Path(path).exists()
        if new and not create and path != ":memory:":
            raise StoreError(
                f"store {path} does not exist: make it with 'gatekeeper init' or 'gatekeeper serve --create'"
            )
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
            if not new:
                self._verify()
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            if new:
                self._make()
        except sqlite3.Error as error:
            raise StoreError(
                f"store {path}: {error}: restore it from a backup, or move it away and make a new one"
            ) from None

    @classmethod
    def copy_of(cls, path: str) -> "SqliteStore":
        """A copy in memory; the file is only read. Raises StoreError."""
        original = cls(path)
        copy = cls(":memory:")
        original._connection.backup(copy._connection)
        original.close()
        return copy

    def _verify(self) -> None:
        application = self._connection.execute("PRAGMA application_id").fetchone()[0]
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if application != APPLICATION_ID:
            raise StoreError(f"{self.path} is not a gatekeeper store: name another file in [store] url")
        if version != VERSION:
            raise StoreError(f"store {self.path} has schema {version}, this gatekeeper reads {VERSION}")

    def _make(self) -> None:
        marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        self._connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} {marks} COMMIT;")

    def check(self) -> None:
        """Read every page. Raises StoreError where the file is damaged."""
        try:
            found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            found = str(error)
        if found != "ok":
            told = " ".join(str(found).split())  # SQLite's own text has several lines
            raise StoreError(f"store {self.path} is damaged ({told}): restore it from a backup")

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StoreError(f"store {self.path}: {error}") from error
            raise

    # The packet loop's questions.

    def facts(self, macs: Sequence[bytes]) -> dict[bytes, Facts]:
        """Facts of these MACs; unknown ones have no binding and no lease. Raises StoreError."""
        bindings: dict[str, Binding] = {}
        leases: dict[str, Lease] = {}
        texts = [mac_text(mac) for mac in macs]
        try:
            for start in range(0, len(texts), _CHUNKS[0]):
                part = texts[start : start + _CHUNKS[0]]
                # The last MAC again and again up to the next size: asking twice is cheaper than another statement.
                size = next(size for size in reversed(_CHUNKS) if size >= len(part))
                part += part[-1:] * (size - len(part))
                for row in self._connection.execute(_FACTS[size], part):
                    bindings[row[0]] = _binding(row)
                for row in self._connection.execute(_LEASES_OF[size], part):
                    leases[row[1]] = _lease(row)
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        return {mac: Facts(bindings.get(text), leases.get(text)) for mac, text in zip(macs, texts, strict=True)}

    def all_leases(self) -> Iterable[Lease]:
        """Every lease on record, those that end first first."""
        query = f"SELECT {_LEASE_COLUMNS} FROM leases ORDER BY expires_at, address"
        return (_lease(row) for row in self._connection.execute(query))

    def fixed_addresses(self) -> list[int]:
        """Addresses that orders fixed."""
        return [row[0] for row in self._connection.execute("SELECT address FROM accounts WHERE address <> 0")]

    def feed_end(self) -> int:
        """Where the change feed ends now."""
        return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM feed").fetchone()[0])

    def data_version(self) -> int:
        """A number that is another one after each commit of another connection (one page read, no table)."""
        try:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def changes_since(self, seq: int, origin: str = "-") -> tuple[int, list[bytes] | None, list[int]]:
        """(new seq, changed MACs or None = forget everything, newly fixed addresses) but for what origin did itself.

        Raises StoreError.
        """
        try:
            first, last = self._connection.execute(
                "SELECT (SELECT min(seq) FROM feed), (SELECT max(seq) FROM feed)"
            ).fetchone()
            if last is None or last <= seq:
                return seq, [], []
            query = "SELECT mac, address FROM feed WHERE seq > ? AND origin <> ?"
            rows = self._connection.execute(query, (seq, origin)).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        addresses = [row[1] for row in rows if row[1]]
        if first > seq + 1:
            return last, None, addresses
        return last, [bytes.fromhex(row[0].replace(":", "")) for row in rows if row[0]], addresses

    # The commit of effects.

    def commit(self, effects: Sequence[Effect], origin: str = "") -> set[Effect]:
        """Write effects as one fsynced transaction. Returns those that lost against a constraint; raises StoreError.

        origin: the engine whose effects these are; the change feed does not tell it what it knows already.
        """
        lost: set[Effect] = set()
        with self._transaction():
            # Leases are gathered into few statements, up to one that must see what stands before it.
            bound: dict[int, list[LeaseBound]] = {}
            learned: list[PortLearned] = []
            for effect in effects:
                if isinstance(effect, LeaseBound):
                    same = bound.get(effect.lease.address)
                    if same and same[0].lease.mac != effect.lease.mac:
                        self._bind(bound, lost)
                    bound.setdefault(effect.lease.address, []).append(effect)
                    if effect.ended:
                        self._bind(bound, lost)
                        if effect not in lost:
                            self._release(effect.ended, effect.lease)
                elif isinstance(effect, LeaseReleased):
                    self._bind(bound, lost)
                    self._release(effect.lease.address, effect.lease)
                elif isinstance(effect, PortLearned):
                    learned.append(effect)
            self._bind(bound, lost)
            self._learn(learned, lost, origin)
        return lost

    def _release(self, address: int, lease: Lease) -> None:
        self._connection.execute(_RELEASE, (lease.last_seen, lease.last_seen, address, mac_text(lease.mac)))

    def _bind(self, bound: dict[int, list[LeaseBound]], lost: set[Effect]) -> None:
        """Write each address's last lease and empty bound; where the address is another box's, all of them are lost."""
        for part in _parts(list(bound.values())):
            values: list[object] = []
            for same in part:
                values += same[-1].lease
                values[-9] = mac_text(same[-1].lease.mac)
            if self._connection.execute(_BIND[len(part)], values).rowcount != len(part):
                for same in part:
                    if not self._is_holder(same[-1].lease):
                        lost.update(same)
        bound.clear()

    def _is_holder(self, lease: Lease) -> bool:
        row = self._connection.execute("SELECT mac FROM leases WHERE address = ?", (lease.address,)).fetchone()
        return bool(row) and row[0] == mac_text(lease.mac)

    def _learn(self, learned: list[PortLearned], lost: set[Effect], origin: str) -> None:
        """Lock each account to its first port; those that come after a different one are lost."""
        first: dict[str, PortLearned] = {}
        for effect in learned:
            first.setdefault(effect.account, effect)
        for part in _parts(list(first.values())):
            values: list[object] = []
            for effect in part:
                values += (effect.account, effect.port.text, effect.protocol, effect.at)
            if self._connection.execute(_LEARN[len(part)], values).rowcount != len(part):
                lost.update(effect for effect in part if not self._is_on_port(effect))
            # The account's other boxes must be looked up again by everybody, the box itself only by other engines.
            told = (origin, *(mac_text(effect.mac) for effect in part), *(effect.account for effect in part))
            self._connection.execute(_TELL[len(part)], told)
        lost.update(e for e in learned if first[e.account] is not e and not first[e.account].port.admits(e.port))
        if learned:
            self._prune_feed()

    def _is_on_port(self, effect: PortLearned) -> bool:
        found = self._connection.execute("SELECT port FROM accounts WHERE account = ?", (effect.account,)).fetchone()
        return bool(found) and bool(found[0]) and port_from_text(found[0]).admits(effect.port)

    def note(self, refused: Iterable[Refused], counters: dict[str, int]) -> None:
        """Keep what was refused and counted since the last time. Raises StoreError."""
        with self._transaction():
            self._connection.executemany(
                _REFUSE,
                (
                    (mac_text(r.mac), r.protocol, str(r.reason), r.port, r.times, int(r.first_seen), int(r.last_seen))
                    for r in refused
                ),
            )
            self._connection.executemany(_COUNT, counters.items())
            self._connection.execute(
                "DELETE FROM refused WHERE mac IN (SELECT mac FROM refused ORDER BY last_seen DESC LIMIT -1 OFFSET ?)",
                (MAX_REFUSED,),
            )


def _parts(items: list[_Item]) -> Iterator[list[_Item]]:
    """The items in as few parts as the sizes of _CHUNKS allow."""
    at = 0
    for size in _CHUNKS:
        while len(items) - at >= size:
            yield items[at : at + size]
            at += size


def _binding(row: tuple[Any, ...]) -> Binding:
    port = port_from_text(row[7]) if row[7] else None
    return Binding(row[1], row[3], row[2], row[4], Rate(row[5], row[6]), port, row[8], row[9], row[10], row[11])


def _lease(row: tuple[Any, ...]) -> Lease:
    return Lease(row[0], bytes.fromhex(row[1].replace(":", "")), *row[2:])
