"""The SQLite store: opening it, and the packet loop's questions. The other files of this folder are its other sides.

Two connections serve a running gate: the packet loop reads on one, the commit thread writes on the other.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from gatekeeper.model import Binding, Facts, Lease
from gatekeeper.store import StoreError
from gatekeeper.store.rows import LEASE, binding_columns, binding_of, lease_of, listed, mac_of
from gatekeeper.store.sqlite.clearing import ClearingTables
from gatekeeper.store.sqlite.commit import CommitTables
from gatekeeper.store.sqlite.export import ExportTables
from gatekeeper.store.sqlite.files import remedy
from gatekeeper.store.sqlite.health import HealthTables
from gatekeeper.store.sqlite.holding import HoldingTables
from gatekeeper.store.sqlite.leasequery import LeaseQueryTables
from gatekeeper.store.sqlite.lines import LineTables
from gatekeeper.store.sqlite.loss import was_in_use
from gatekeeper.store.sqlite.mark import Mark
from gatekeeper.store.sqlite.naming import NamingTables
from gatekeeper.store.sqlite.notes import NoteTables
from gatekeeper.store.sqlite.opening import OpeningTables
from gatekeeper.store.sqlite.orders import OrderTables
from gatekeeper.store.sqlite.schema import CHUNKS, MARKS
from gatekeeper.store.sqlite.service_orders import ServiceOrderTables
from gatekeeper.store.sqlite.soundness import SoundnessTables
from gatekeeper.store.sqlite.views import Views
from gatekeeper.wire.text import mac_text

_FACTS: Final = {
    size: f"""
SELECT {binding_columns("b", "a")}
FROM boxes b JOIN accounts a USING (account) WHERE b.mac IN ({marks})"""
    for size, marks in MARKS.items()
}
_CROWDS: Final = {
    size: f"""
SELECT a.line, count(*) FROM accounts a JOIN boxes b USING (account)
WHERE a.line IN ({marks}) AND a.port <> '' GROUP BY a.line"""
    for size, marks in MARKS.items()
}
_LEASES_OF: Final = {
    size: f"SELECT {listed(LEASE)} FROM main.leases WHERE mac IN ({marks})" for size, marks in MARKS.items()
}


def _last(leases: Sequence[Lease]) -> Lease | None:
    """The one that counts: of one second that which the box holds, and not the one that it gave up for it."""
    leases = [lease for lease in leases if lease.state != "declined"]
    if not leases:
        return None
    return max(leases, key=lambda lease: (lease.last_seen, lease.state == "active", lease.address))


# SQLite's own names for a database in memory, and for one in a temporary file.
PRIVATE: Final = (":memory:", "")


class SqliteStore(
    OrderTables,
    CommitTables,
    NoteTables,
    LeaseQueryTables,
    ClearingTables,
    ServiceOrderTables,
    ExportTables,
    HealthTables,
    HoldingTables,
    NamingTables,
    LineTables,
    OpeningTables,
    SoundnessTables,
    Views,
):
    """One connection to the store."""

    def __init__(self, path: str, create: bool = False, mend: bool = False) -> None:
        """Open; with create, make it where it is absent. Raises StoreError: one line, saying what to do.

        A store that lacks what was acknowledged (``loss``) can be read; whoever would write is refused. mend: it is
        opened for ``recover``.
        """
        self.path = path
        self._mark = self._placed = self._loss = None
        try:
            if path in PRIVATE:
                self._connection = self._connect()
                self._prepare(self._connection)
                self._make()
                self._beside = True
            else:
                self._open(create, mend)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"store {path}: {remedy(error, path)}") from None

    @staticmethod
    def is_to_be_made(path: str) -> bool:
        """True if there is none, and nothing says that there was one."""
        try:
            return not Path(path).exists() and not was_in_use(path, Mark(path).read())
        except OSError:
            return False  # why is told by who opens it

    @classmethod
    def copy_of(cls, path: str, to: str = ":memory:") -> "SqliteStore":
        """A copy in memory, or (to="") in a file that goes with it; the original is only read. Raises StoreError."""
        original = cls(path)
        copy = cls(to)
        try:
            original._connection.backup(copy._connection)
            copy.fold_all()
        except sqlite3.Error as error:
            raise StoreError(f"store {path} cannot be copied: {error}") from error
        finally:
            original.close()
        return copy

    def check(self) -> None:
        """Read every page. Raises StoreError where the file is damaged."""
        try:
            found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            found = str(error)
        if found != "ok":
            told = " ".join(str(found).split())  # SQLite's own text has several lines
            raise StoreError(f"store {self.path} is damaged ({told}): restore it from a backup")

    # The packet loop's questions.

    def facts(self, macs: Sequence[bytes]) -> dict[bytes, Facts]:
        """Facts of these MACs; unknown ones have no binding and no lease. Raises StoreError."""
        bindings: dict[str, Binding] = {}
        on_record: dict[bytes, list[Lease]] = {}
        texts = [mac_text(mac) for mac in macs]
        query = self._connection.execute
        try:
            with self._with_log() as log:
                for start in range(0, len(texts), CHUNKS[0]):
                    part = texts[start : start + CHUNKS[0]]
                    # The last MAC again and again up to the next size: asking twice is cheaper than another statement.
                    size = next(size for size in reversed(CHUNKS) if size >= len(part))
                    part += part[-1:] * (size - len(part))
                    bindings.update(map(binding_of, query(_FACTS[size], part)))
                    for lease in map(lease_of, query(_LEASES_OF[size], part)):
                        on_record.setdefault(lease.mac, []).append(lease)
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        leases = {mac: _last([*log.left(on_record.get(mac, ())), *log.of_box(mac)]) for mac in macs}
        return {mac: Facts(bindings.get(text), leases[mac]) for mac, text in zip(macs, texts, strict=True)}

    def read_beside(self, writer: object) -> None:
        """That connection of this process commits effects: what it knows of the log needs not be read here. Raises
        StoreError."""
        assert isinstance(writer, SqliteStore)
        self._recent, self._beside = writer._recent, False  # of which another one knew nothing
        try:
            with self._with_log():
                self._beside = True
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def crowds(self, lines: Sequence[str]) -> dict[str, int]:
        """How many boxes are bound to each of these lines (``PortId.line``). Raises StoreError."""
        found = dict.fromkeys(lines, 0)
        try:
            for start in range(0, len(lines), CHUNKS[0]):
                part = list(lines[start : start + CHUNKS[0]])
                size = next(size for size in reversed(CHUNKS) if size >= len(part))
                found.update(self._connection.execute(_CROWDS[size], part + part[-1:] * (size - len(part))).fetchall())
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        return found

    def known_macs(self, after: bytes, most: int) -> list[bytes]:
        """MACs of boxes in their order, those behind ``after``, so many at most."""
        query = "SELECT mac FROM boxes WHERE mac > ? ORDER BY mac LIMIT ?"
        rows = self._connection.execute(query, (mac_text(after), most))
        return [mac_of(mac) for (mac,) in rows]

    def all_leases(self) -> Iterator[Lease]:
        """Every lease on record, those that end first first. Raises StoreError."""
        query = f"SELECT {listed(LEASE)} FROM leases_now ORDER BY expires_at, address"
        try:
            with self._reading():
                yield from map(lease_of, self._connection.execute(query))
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def fixed_addresses(self) -> list[int]:
        """Addresses that orders fixed. Raises StoreError."""
        try:
            return [row[0] for row in self._connection.execute("SELECT address FROM accounts WHERE address <> 0")]
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def feed_end(self) -> int:
        """Where the change feed ends now. Raises StoreError."""
        try:
            return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM feed").fetchone()[0])
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def data_version(self) -> int:
        """A number that is another one after each commit of another connection (one page read, no table)."""
        try:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def changes_since(self, seq: int, origin: str = "-") -> tuple[int, list[bytes] | None, bool]:
        """(new seq, changed MACs or None = forget everything, whether fixed addresses changed or ``freed_since``
        has some), but for what origin did itself.

        Raises StoreError.
        """
        try:
            first, last = self._connection.execute(
                "SELECT (SELECT min(seq) FROM feed), (SELECT max(seq) FROM feed)"
            ).fetchone()
            if last is None or last <= seq:
                return seq, [], False
            query = "SELECT mac, address FROM feed WHERE seq > ? AND origin <> ?"
            rows = self._connection.execute(query, (seq, origin)).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        fixed = any(address for _, address in rows)
        if first > seq + 1:
            return last, None, True
        return last, [mac_of(mac) for mac, _ in rows if mac], fixed
