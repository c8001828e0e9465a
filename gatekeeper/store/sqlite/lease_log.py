"""The log of leases, read a part at a time, and what this process knows of it without reading: ``Recent``.

Who holds an address, and what a box has, is said by the last lease of it in the log, else by ``leases``. A row of the
log goes when what it says is there (``lease_folding``), the oldest first. So whoever reads both in one transaction is
told the same whether a lease is folded or not: what the log has of it is what ``leases`` has, or younger.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Lease
from gatekeeper.store.sqlite.lease_format import lease_at, leases_in
from gatekeeper.value import Value

FIRST: Final = "SELECT coalesce((SELECT seq FROM main.lease_log WHERE seq > 0 ORDER BY seq LIMIT 1), 0)"
LAST: Final = "SELECT coalesce((SELECT seq FROM main.lease_log WHERE seq > 0 ORDER BY seq DESC LIMIT 1), 0)"
_NEXT: Final = "SELECT seq, body FROM main.lease_log WHERE seq > ? ORDER BY seq LIMIT ?"
_ROWS: Final = 16  # that are read at once
_SHARDS: Final = 64


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Logged(Value):
    """A lease, and the number of the row of the log that has it."""

    __slots__ = ("row", "lease")

    def __init__(self, row: int, lease: Lease) -> None:
        self.row: Final = row
        self.lease: Final = lease


@final
class _Generation:
    """Of a part of the log, in shards: with so many objects in one table it could not be let go of at once."""

    __slots__ = ("by_address", "by_mac", "through")

    def __init__(self) -> None:
        self.by_address: Final[list[dict[int, Logged]]] = [{} for _ in range(_SHARDS)]
        self.by_mac: Final[list[dict[bytes, tuple[int, ...]]]] = [{} for _ in range(_SHARDS)]
        self.through = 0  # the last row of the log that is in it

    def add(self, row: int, leases: Iterable[Lease]) -> None:
        by_address, by_mac = self.by_address, self.by_mac
        for lease in leases:
            address, mac = lease.address, lease.mac
            by_address[address % _SHARDS][address] = Logged(row, lease)
            boxes = by_mac[_shard_of(mac)]
            known = boxes.get(mac)
            if known is None:
                boxes[mac] = (address,)
            elif address not in known:
                boxes[mac] = (*known, address)
        self.through = max(self.through, row)


class Recent:
    """The last lease of each address in the log, by address, and the addresses of each box in it.

    One thread adds what its commits have put into the log; others look. An entry counts while its row is in the log: of
    that whoever looks asks the store (``FIRST``) in the transaction in which he reads ``leases``, for another process
    may have folded the log and written there. Entries go a generation at a time, by another one taking its place, so
    that who began to look goes on with what there was before he asked the store.
    """

    __slots__ = ("_first", "old", "young")

    def __init__(self) -> None:
        self.old: _Generation | None = None  # what is being folded
        self.young = _Generation()
        self._first = 0  # the log's first row

    def add(self, row: int, leases: Iterable[Lease]) -> None:
        """These are in the log, in this row."""
        self.young.add(row, leases)

    def at(self, address: int) -> Logged | None:
        """The address's last lease that was in the log."""
        shard = address % _SHARDS
        known = self.young.by_address[shard].get(address)
        if known is None and self.old is not None:
            known = self.old.by_address[shard].get(address)
        return known if known is not None and known.row >= self._first else None

    def turn_over(self) -> None:
        """A fold has read what it will fold: what is known now goes when that is in the log no longer."""
        if self.old is None:
            self.old, self.young = self.young, _Generation()

    def forget(self, before: int) -> Iterator[None]:
        """Rows before this one are in the log no longer. Between two steps others may have their turn."""
        self._first = before
        old = self.old
        if old is None or old.through >= before:
            return
        # Its shards go one by one, but for who looks at it: he has the generation.
        by_address, by_mac = old.by_address.copy(), old.by_mac.copy()
        self.old = old = None
        while by_address:
            yield
            by_address.pop()
            by_mac.pop()

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Bring it to what the log has, inside the transaction that is going on. Raises StoreError, sqlite3.Error."""
        ((first,),) = connection.execute(FIRST).fetchall()
        through = max(self.young.through, self.old.through if self.old else 0)
        if through and not through >= first > 0:
            self.old, self.young, through = None, _Generation(), 0
        self._first = first
        if first:
            for row, body in rows_behind(connection, max(through, first - 1)):
                self.add(row, [lease_at(body, at) for _, at in leases_in(body)])


class Log:
    """The log as it is in one transaction. Made before the store is asked; ``first`` is set by what it says."""

    __slots__ = ("_known", "first")

    def __init__(self, recent: Recent) -> None:
        young = recent.young  # before the old one, as a generation becomes that first
        self._known = [one for one in (young, recent.old) if one is not None]
        self.first = 0  # the oldest row that is in it; 0 = it is empty

    def at(self, address: int) -> Lease | None:
        """The address's last lease in it."""
        if self.first:
            for generation in self._known:
                known = generation.by_address[address % _SHARDS].get(address)
                if known is not None:
                    return known.lease if known.row >= self.first else None
        return None

    def left(self, on_record: Iterable[Lease]) -> Iterable[Lease]:
        """Those of ``leases`` that are the last ones of their addresses."""
        return [lease for lease in on_record if not self.at(lease.address)] if self.first else on_record

    def of_box(self, mac: bytes) -> list[Lease]:
        """The last leases in it of addresses that are this box's."""
        addresses: set[int] = set()
        if self.first:
            for generation in self._known:
                addresses.update(generation.by_mac[_shard_of(mac)].get(mac, ()))
        found = [self.at(address) for address in addresses]
        return [lease for lease in found if lease and lease.mac == mac]

    def all(self) -> list[Lease]:
        """The last lease of each address in it."""
        last: dict[int, Logged] = {}
        for generation in reversed(self._known):
            for shard in generation.by_address:
                last.update(shard.copy())
        return [one.lease for one in last.values() if one.row >= self.first] if self.first else []


def _shard_of(mac: bytes) -> int:
    """b"" is nobody's MAC."""
    return mac[-1] % _SHARDS if mac else 0


def rows_behind(connection: sqlite3.Connection, seq: int) -> Iterator[tuple[int, bytes]]:
    """Rows of the log behind that one, each with its number. No question to the store stays open between two."""
    while True:
        rows = connection.execute(_NEXT, (seq, _ROWS)).fetchall()
        yield from rows
        if len(rows) < _ROWS:
            return
        seq = rows[-1][0]
