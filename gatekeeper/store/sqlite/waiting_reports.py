"""Reports that wait to be folded, read a part at a time, and by the names of their sessions."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from gatekeeper.policy.reported import Said
from gatekeeper.store.sqlite.reports_format import (
    INTERIM,
    Name,
    counts_at,
    ended_of,
    mac_at,
    name_of,
    names_in,
    report_at,
    rest_of,
)
from gatekeeper.store.sqlite.schema import CHUNKS, MARKS

_ROWS: Final = 16  # that are read at once
_NEXT: Final = "SELECT seq, body FROM main.reports WHERE seq > ? ORDER BY seq LIMIT ?"
# In the sequence of the index: of several that have the name the last one is read last.
FIND: Final = {
    size: f"""
SELECT session, id FROM main.sessions WHERE nas = ? AND device = ? AND session IN ({marks}) ORDER BY session, id"""
    for size, marks in MARKS.items()
}
# Of a running session: last_seen, bytes_in, bytes_out, heard.
Counts = tuple[int, int, int, int]


class Reports:
    """Reports of some rows, one behind the other. A place is the number of a report in their sequence."""

    __slots__ = ("_at", "_bodies", "_seqs", "by_name", "first", "through")

    def __init__(self) -> None:
        self.by_name: dict[bytes, list[int]] = {}  # the name as it is packed -> places
        self.first = self.through = 0  # numbers of rows
        self._seqs: list[int] = []
        self._bodies: list[bytes] = []
        self._at: list[int] = []  # place -> row and octet

    def __len__(self) -> int:
        return len(self._at)

    def add(self, seq: int, body: bytes) -> None:
        """Raises StoreError where it is damaged."""
        self.first, self.through = self.first or seq, seq
        row = len(self._bodies) << 32
        place, by_name, found = len(self._at), self.by_name, self._at
        for at, name in names_in(body):
            places = by_name.get(name)
            if places is None:
                by_name[name] = [place]
            else:
                places.append(place)
            found.append(row | at)
            place += 1
        self._bodies.append(body)
        self._seqs.append(seq)

    def mac(self, packed: bytes) -> bytes:
        """Of the first one."""
        at = self._at[self.by_name[packed][0]]
        return mac_at(self._bodies[at >> 32], at & 0xFFFFFFFF)

    def rest(self, packed: bytes) -> bytes:
        """``rest_of`` its last one."""
        at = self._at[self.by_name[packed][-1]]
        body, at = self._bodies[at >> 32], at & 0xFFFFFFFF
        return rest_of(body, at, counts_at(body, at)[0])

    def counts(self, packed: bytes, state: str, known: list[int], folded: int, rest: bytes) -> Counts | None:
        """What its session has with them, if they only count; None = they may do more. known: its counts, as Counts has
        them; rest: ``rest_of`` the last report that it has.

        That is an Interim of a running session that says, but for counters and times, what the last report on record
        said: ``policy.sessions.continued`` has taken that over already.
        """
        last_seen, bytes_in, bytes_out, _ = known
        heard = -1
        for place in self.by_name[packed]:
            at = self._at[place]
            row = at >> 32
            if folded >= self._seqs[row]:
                continue
            body, at = self._bodies[row], at & 0xFFFFFFFF
            size, status, seen, octets_in, octets_out, heard = counts_at(body, at)
            if status != INTERIM or state != "active" or rest_of(body, at, size) != rest:
                return None
            last_seen = max(last_seen, seen)
            bytes_in = max(bytes_in, octets_in)
            bytes_out = max(bytes_out, octets_out)
        return (last_seen, bytes_in, bytes_out, heard) if heard >= 0 else None

    def said(self, packed: bytes, name: Name, folded: int) -> list[Said]:
        """What they say of the session of that name, but for rows up to folded. Raises StoreError where one is
        damaged."""
        found = []
        for place in self.by_name[packed]:
            at = self._at[place]
            row = at >> 32
            if folded < self._seqs[row]:
                at_ms, report = report_at(self._bodies[row], at & 0xFFFFFFFF, name)
                found.append(Said(place, at_ms, report))
        return found

    def let_go(self, most: int) -> Iterator[None]:
        """Of them all, so many at a time: to let go of tens of thousands of objects at once is a pause of its own."""
        while self.by_name:
            for _ in range(min(most, len(self.by_name))):
                self.by_name.popitem()
            yield
        while self._at:
            del self._at[-most:]
            yield


def rows_behind(connection: sqlite3.Connection, seq: int) -> Iterator[tuple[int, bytes]]:
    """Rows behind that one, each with its number. No question to the store stays open between two."""
    while True:
        rows = connection.execute(_NEXT, (seq, _ROWS)).fetchall()
        yield from rows
        if len(rows) < _ROWS:
            return
        seq = rows[-1][0]


def gathered(rows: Iterable[tuple[int, bytes]], into: Reports, most: int) -> Iterator[None]:
    """Add rows, until one ends the sessions of a NAS, to so many reports; yields after each."""
    for seq, body in rows:
        if ended_of(body):
            return
        into.add(seq, body)
        if len(into) >= most:
            return
        yield


def last_of(
    connection: sqlite3.Connection, packed: list[bytes], find: dict[int, str] = FIND
) -> Iterator[tuple[bytes, Name, int]]:
    """The number of the last session on record that has each of these names, 0 = none has. find: FIND, of another
    table."""
    at = 0
    names = [name_of(octets) for octets in packed]
    while at < len(names):
        nas, device = names[at].nas, names[at].device
        end = at + 1
        while end < len(names) and end - at < CHUNKS[0] and names[end].nas == nas and names[end].device == device:
            end += 1
        sessions = [one.session for one in names[at:end]]
        size = next(size for size in reversed(CHUNKS) if size >= len(sessions))
        asked = sessions + sessions[-1:] * (size - len(sessions))
        found = dict(connection.execute(find[size], (nas, device, *asked)).fetchall())
        for place in range(at, end):
            yield packed[place], names[place], found.get(names[place].session, 0)
        at = end
