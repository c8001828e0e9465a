"""After commits were lost: every address that they may have bound is kept until its lease is over."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import Event
from gatekeeper.state.unclaimed import Span
from gatekeeper.store import StoreError
from gatekeeper.store.found import Recovered
from gatekeeper.store.sqlite.loss import Loss, State, state_of
from gatekeeper.store.sqlite.mark_format import Marked, leases_in
from gatekeeper.store.sqlite.serving import ServingTables
from gatekeeper.store.sqlite.sessions import SessionTables
from gatekeeper.wire.text import ip_text, mac_text

# A lease that goes on as it was lost is the box's; what else is known of it stays where it is known.
_OF_BOX: Final = """
INSERT INTO leases VALUES (:address, :mac, coalesce((SELECT account FROM boxes WHERE mac = :mac), ''), '',
    'recovered', :end, :now, :now, x'', x'')
ON CONFLICT (address) DO UPDATE SET mac = excluded.mac, account = excluded.account, state = excluded.state,
    expires_at = excluded.expires_at, last_seen = excluded.last_seen,
    (first_seen, port, agent, client_id) = (SELECT iif(same, leases.first_seen, excluded.first_seen),
        iif(same, leases.port, ''), iif(same, leases.agent, x''), iif(same, leases.client_id, x'')
        FROM (SELECT leases.mac = excluded.mac AS same))
WHERE NOT (leases.state = 'active' AND leases.mac = excluded.mac AND leases.expires_at >= excluded.expires_at)"""
# An address that an order fixes is its account's, and given to nobody else anyway.
_OF_NOBODY: Final = """
INSERT INTO leases
WITH RECURSIVE one (address) AS (SELECT :first UNION ALL SELECT address + 1 FROM one WHERE address < :last)
SELECT address, '', '', '', 'recovered', :until, :now, :now, x'', x'' FROM one
WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.address = one.address AND a.address <> 0)
ON CONFLICT (address) DO UPDATE SET mac = '', account = '', port = '', state = excluded.state,
    expires_at = excluded.expires_at, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
    agent = x'', client_id = x''
WHERE leases.state = 'released' OR leases.expires_at <= :now"""
_LONGEST: Final = "SELECT coalesce(max(expires_at - last_seen), 0) FROM leases WHERE state = 'active'"
_CATCH_UP: Final = "UPDATE commits SET seq = max(seq, ?), served = 0"
_UNCLAIMED: Final = """
SELECT address, expires_at FROM leases_now WHERE mac = '' AND state = 'recovered' ORDER BY address"""
_AT_ONCE: Final = 65_536


@trait
class RecoveryTables(ServingTables, SessionTables):
    """A recovery, and what it keeps."""

    _lost: Loss | None = None  # what is to be recovered

    def recover(
        self, ranges: Iterable[tuple[int, int]], longest_s: int, now: int, progress: Callable[[int], object]
    ) -> Recovered:
        """Keep every address that a lost commit may have bound, in one transaction; then nothing is lacking any more.

        Where the mark has all lost commits, these are what they bound, each for its box until its end. Else they are
        all addresses of these ranges (first and last) that nobody holds as well, for longest_s or as long as the
        longest lease on record. progress: is told how many addresses of the ranges were gone through. Raises
        StoreError. Only of a store that was opened to be mended.
        """
        assert self._mark and self._lost
        try:
            marked, state = self._mark.read(), state_of(self._connection)
            assert state
            with self._on_sessions():
                until = now + max(longest_s, self._connection.execute(_LONGEST).fetchone()[0])
                boxes = self._keep_marked(marked, state, now) if marked else 0
                unclaimed = 0 if self._lost.known else self._keep_all(ranges, until, now, progress)
                self._connection.execute(_CATCH_UP, (marked.seq if marked else 0,))
            self.checkpoint()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"store {self.path}: {error}") from error
        self._lost = None
        return Recovered(boxes, unclaimed, until, state.heard)

    def _keep_all(
        self, ranges: Iterable[tuple[int, int]], until: int, now: int, progress: Callable[[int], object]
    ) -> int:
        kept = 0
        for first, last in ranges:
            for start in range(first, last + 1, _AT_ONCE):
                end = min(start + _AT_ONCE - 1, last)
                values = {"first": start, "last": end, "until": until, "now": now}
                kept += self._connection.execute(_OF_NOBODY, values).rowcount
                progress(end - start + 1)
        return kept

    def _keep_marked(self, marked: Marked, state: State, now: int) -> int:
        """What commits bound that the store does not have, each address for the last box that had it."""
        last: dict[int, tuple[bytes, int]] = {}
        for one in sorted(marked.records):
            if one.seq > state.seq or marked.store != state.store:
                last.update({address: (mac, end) for address, mac, end in leases_in(one)})
        kept = 0
        for address, (mac, end) in sorted(last.items()):
            if end > now:
                values = {"address": address, "mac": mac_text(mac), "end": end, "now": now}
                if self._connection.execute(_OF_BOX, values).rowcount:
                    kept += 1
                    self._tell_recovered(address, mac_text(mac), end, now)
        return kept

    def _tell_recovered(self, address: int, mac: str, end: int, now: int) -> None:
        told = f"{ip_text(address)} for {end - now} s: its lease was lost"
        self._tell_event(Event(now * 1000, "recovered", mac, self._account_of(mac), address, "", told))

    def _account_of(self, mac: str) -> str:
        row = self._connection.execute("SELECT account FROM boxes WHERE mac = ?", (mac,)).fetchone()
        return row[0] if row else ""

    def unclaimed(self) -> list[Span]:
        """Addresses that a recovery keeps for boxes that nobody knows. Raises StoreError."""
        try:
            with self._reading():
                rows: Iterator[tuple[int, int]] = self._connection.execute(_UNCLAIMED)
                runs = groupby(enumerate(rows), lambda numbered: (numbered[1][0] - numbered[0], numbered[1][1]))
                return [_span([address for _, (address, _) in run], until) for (_, until), run in runs]
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error


def _span(addresses: list[int], until: int) -> Span:
    return Span(addresses[0], addresses[-1], until)
