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


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Logged(Value):
    """A lease, and the number of the row of the log that has it."""

    __slots__ = ("row", "lease")

    def __init__(self, row: int, lease: Lease) -> None:
        self.row: Final = row
        self.lease: Final = lease


class Recent:
    """The last lease of each address in the log, by address, and the addresses of each box in it.

    One thread adds what its commits have put into the log; others look. An entry counts while its row is in the log: of
    that whoever looks asks the store (``FIRST``) in the transaction in which he reads ``leases``, for another process
    may have folded the log and written there. Entries go by another table taking this one's place, so that who began to
    look goes on with what there was before he asked the store.
    """

    __slots__ = ("_first", "by_address", "by_mac", "through")

    def __init__(self) -> None:
        self.by_address: dict[int, Logged] = {}
        self.by_mac: dict[bytes, tuple[int, ...]] = {}
        self.through = 0  # the last row of the log that is in it
        self._first = 0  # the first one

    def add(self, row: int, leases: Iterable[Lease]) -> None:
        """These are in the log, in this row."""
        by_address, by_mac = self.by_address, self.by_mac
        for lease in leases:
            address, mac = lease.address, lease.mac
            by_address[address] = Logged(row, lease)
            known = by_mac.get(mac)
            if known is None:
                by_mac[mac] = (address,)
            elif address not in known:
                by_mac[mac] = (*known, address)
        self.through = max(self.through, row)

    def forget(self, before: int) -> None:
        """Rows before this one are in the log no longer."""
        self._first = before
        left = {address: one for address, one in self.by_address.items() if one.row >= before}
        by_mac: dict[bytes, tuple[int, ...]] = {}
        for address, one in left.items():
            by_mac[one.lease.mac] = (*by_mac.get(one.lease.mac, ()), address)
        self.by_address, self.by_mac = left, by_mac

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Bring it to what the log has, inside the transaction that is going on. Raises StoreError, sqlite3.Error."""
        ((first,),) = connection.execute(FIRST).fetchall()
        if not first:
            self.by_address, self.by_mac, self._first = {}, {}, 0
            return
        if first != self._first:
            self.forget(first)
        for row, body in rows_behind(connection, self.through):
            self.add(row, [lease_at(body, at) for _, at in leases_in(body)])


class Log:
    """The log as it is in one transaction. Made before the store is asked; ``first`` is set by what it says."""

    __slots__ = ("_boxes", "_recent", "first")

    def __init__(self, recent: Recent) -> None:
        self._recent, self._boxes = recent.by_address, recent.by_mac
        self.first = 0  # the oldest row that is in it; 0 = it is empty

    def at(self, address: int) -> Lease | None:
        """The address's last lease in it."""
        known = self._recent.get(address) if self.first else None
        return known.lease if known is not None and known.row >= self.first else None

    def left(self, on_record: Iterable[Lease]) -> Iterable[Lease]:
        """Those of ``leases`` that are the last ones of their addresses."""
        return [lease for lease in on_record if not self.at(lease.address)] if self.first else on_record

    def of_box(self, mac: bytes) -> list[Lease]:
        """The last leases in it of addresses that are this box's."""
        found = [self.at(address) for address in self._boxes.get(mac, ())] if self.first else []
        return [lease for lease in found if lease and lease.mac == mac]

    def all(self) -> list[Lease]:
        """The last lease of each address in it."""
        return [one.lease for one in list(self._recent.values()) if one.row >= self.first] if self.first else []


def rows_behind(connection: sqlite3.Connection, seq: int) -> Iterator[tuple[int, bytes]]:
    """Rows of the log behind that one, each with its number. No question to the store stays open between two."""
    while True:
        rows = connection.execute(_NEXT, (seq, _ROWS)).fetchall()
        yield from rows
        if len(rows) < _ROWS:
            return
        seq = rows[-1][0]
