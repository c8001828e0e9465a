"""The commit of effects, a transaction a batch: leases, releases, ports, sessions, and what the journal tells."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Final

from mypy_extensions import trait

from gatekeeper.model import (
    AddressDeclined,
    Effect,
    Event,
    Lease,
    LeaseBound,
    LeaseReleased,
    PortLearned,
    SessionReported,
    SessionsEnded,
)
from gatekeeper.policy.reported import dated
from gatekeeper.state.effects import EFFECTS, run_out
from gatekeeper.store import RecordError, StoreError
from gatekeeper.store.ports import MAX_FEED, Apart
from gatekeeper.store.rows import LEASE, lease_of, lease_rows, listed, marks
from gatekeeper.store.sqlite.apart import is_of_a_row, write_apart
from gatekeeper.store.sqlite.mark_format import pack_lease
from gatekeeper.store.sqlite.reports_format import pack_report
from gatekeeper.store.sqlite.schema import CHUNKS, MARKS
from gatekeeper.store.sqlite.sessions import SessionTables
from gatekeeper.store.sqlite.tables import parts
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import mac_text

# An address changes hands only when its holder's time is over.
_BIND: Final = {
    size: f"""
INSERT INTO leases ({listed(LEASE)}) VALUES {",".join([f"({marks(LEASE)})"] * size)}
ON CONFLICT (address) DO UPDATE SET mac = excluded.mac, account = excluded.account, port = excluded.port,
    state = excluded.state, expires_at = excluded.expires_at, last_seen = excluded.last_seen, agent = excluded.agent,
    client_id = excluded.client_id,
    first_seen = CASE WHEN leases.mac = excluded.mac THEN leases.first_seen ELSE excluded.first_seen END
WHERE leases.state = 'released' OR leases.expires_at <= excluded.last_seen
   OR (leases.state = 'active' AND leases.mac = excluded.mac)
   OR (leases.state = 'recovered' AND leases.mac IN ('', excluded.mac))"""
    for size in CHUNKS
}
_OLD_LEASES: Final = {
    size: f"""
SELECT {listed(LEASE)} FROM leases WHERE address IN ({marks}) AND state = 'active' AND expires_at <= ?"""
    for size, marks in MARKS.items()
}
_RELEASE: Final = "UPDATE leases SET state = 'released', expires_at = ?, last_seen = ? WHERE address = ? AND mac = ?"
_LEARN: Final = {
    # column1 … column5 are account, port, protocol, time and line. (Before a WITH, sqlite3 would count no rows.)
    size: f"""
UPDATE accounts SET port = column2, port_state = 'learned', port_by = column3, port_at = column4, line = column5
FROM (VALUES {",".join(["(?,?,?,?,?)"] * size)}) WHERE account = column1 AND port_state = 'unlearned'"""
    for size in CHUNKS
}
_TELL: Final = {
    size: f"""
WITH own (origin) AS (VALUES (?))
INSERT INTO feed (mac, address, origin)
SELECT mac, 0, CASE WHEN mac IN ({marks}) THEN origin ELSE '' END FROM boxes, own WHERE account IN ({marks})"""
    for size, marks in MARKS.items()
}


class _Batch:
    """One commit on its way. Effects go by their places."""

    __slots__ = ("at_ms", "bound", "effects", "learned", "lost", "said")

    def __init__(self, effects: Sequence[Effect], at_ms: Sequence[int]) -> None:
        self.effects = effects
        self.at_ms = at_ms
        self.lost: set[int] = set()
        # Leases are gathered into few statements, up to one that must see what stands before it; ports to the end.
        self.bound: dict[int, list[int]] = {}  # address -> places of those that want it
        self.learned: list[int] = []
        self.said: list[bytes | SessionsEnded] = []  # what accounting says: it waits to be folded


@trait
class CommitTables(SessionTables):
    """The commit thread's side of the store: what lasts of the engines' outcomes."""

    _told = 0  # rows put into the change feed since it was pruned

    def commit(self, effects: Sequence[Effect], origin: str = "", at_ms: Sequence[int] = ()) -> set[int]:
        """Write effects as one fsynced transaction. Returns the places in effects of those that lost against a
        constraint; raises StoreError, RecordError among it.

        origin: the engine whose effects these are; the change feed does not tell it what it knows already. at_ms: when
        each was decided, for the journal; () = to the second, as the effects say.
        """
        try:
            with self._transaction() as leases:
                return self._write(effects, origin, at_ms, leases)
        except StoreError:
            raise
        except Exception as error:
            if not is_of_a_row(error):
                raise
            raise RecordError(f"store {self.path}: {error!r}") from error

    def commit_apart(
        self, effects: Sequence[Effect], sizes: Sequence[int], origin: str = "", at_ms: Sequence[int] = ()
    ) -> Apart:
        """After RecordError: write the others, as one fsynced transaction. Raises StoreError."""
        lost: set[int] = set()

        def write(part: list[range]) -> None:
            first, end = part[0].start, part[-1].stop
            lost.update(first + place for place in self._write(effects[first:end], origin, at_ms[first:end], leases))

        with self._transaction() as leases:
            unfit = write_apart(self._connection, _outcomes(sizes), write)
        return Apart(lost, {places.start: _told_of(effects[places.start : places.stop], why) for places, why in unfit})

    def _write(self, effects: Sequence[Effect], origin: str, at_ms: Sequence[int], leases: bytearray) -> set[int]:
        """As ``commit``, inside the transaction that is going on, whose leases are added to for the mark."""
        batch = _Batch(effects, at_ms)
        self._end_old_leases(effects)
        for place, effect in enumerate(effects):
            _WRITER_OF[type(effect)](self, batch, place, effect)
        self._flush(batch)
        if batch.learned:
            self._learn_all(batch, origin)
        if batch.said:
            self._keep_reports(batch.said)
        self._tell_event(*self._events(batch))
        for place, effect in enumerate(effects):
            if type(effect) is LeaseBound and place not in batch.lost:
                leases += pack_lease(effect.lease.address, effect.lease.mac, effect.lease.expires_at)
        return batch.lost

    def _end_old_leases(self, effects: Sequence[Effect]) -> None:
        """Say when those leases ended whose addresses go to somebody now: who had an address is asked later."""
        new = [one.lease for one in effects if type(one) is LeaseBound and one.lease.first_seen == one.lease.last_seen]
        for part in parts([lease.address for lease in new]):
            rows = self._connection.execute(_OLD_LEASES[len(part)], (*part, new[-1].last_seen)).fetchall()
            self._tell_event(*(run_out(lease_of(row)) for row in rows))

    def _events(self, batch: _Batch) -> list[Event]:
        """What the journal is told of those that did not lose, in their sequence."""
        found: list[Event] = []
        lost, at_ms = batch.lost, batch.at_ms
        for place, effect in enumerate(batch.effects):
            if place not in lost:
                events = _EVENTS_OF[type(effect)](effect)
                found += [dated(event, at_ms[place]) for event in events] if at_ms and events else events
        return found

    def _bind(self, batch: _Batch, place: int, effect: LeaseBound) -> None:
        lease, ended = effect.lease, effect.ended
        rivals = batch.bound.get(lease.address)
        if rivals and batch.effects[rivals[0]].lease.mac == lease.mac:  # type: ignore[union-attr]
            rivals.append(place)
        else:
            if rivals:
                self._flush(batch)
            batch.bound[lease.address] = [place]
        if ended:
            self._flush(batch)
            if place not in batch.lost:
                self._end_lease(ended, lease)

    def _decline(self, batch: _Batch, place: int, effect: AddressDeclined) -> None:
        self._flush(batch)
        batch.bound[effect.lease.address] = [place]
        self._flush(batch)

    def _release(self, batch: _Batch, place: int, effect: LeaseReleased) -> None:
        self._flush(batch)
        self._end_lease(effect.lease.address, effect.lease)

    def _learn(self, batch: _Batch, place: int, effect: PortLearned) -> None:
        batch.learned.append(place)

    def _report(self, batch: _Batch, place: int, effect: SessionReported) -> None:
        batch.said.append(pack_report(effect, batch.at_ms[place] if batch.at_ms else 0))

    def _end_sessions(self, batch: _Batch, place: int, effect: SessionsEnded) -> None:
        batch.said.append(effect)

    def _only_tell(self, batch: _Batch, place: int, effect: Effect) -> None:
        """It is kept in the journal alone."""

    def _only_remember(self, batch: _Batch, place: int, effect: Effect) -> None:
        """It is not kept."""

    def _end_lease(self, address: int, lease: Lease) -> None:
        self._connection.execute(_RELEASE, (lease.last_seen, lease.last_seen, address, mac_text(lease.mac)))

    def _flush(self, batch: _Batch) -> None:
        """Write each address's last lease; where the address is another box's, all who wanted it are lost."""
        effects: Any = batch.effects  # those at these places have a lease
        for part in parts(list(batch.bound.values())):
            values = lease_rows([effects[rivals[-1]].lease for rivals in part])
            if self._connection.execute(_BIND[len(part)], values).rowcount != len(part):
                for rivals in part:
                    if not self._is_holder(effects[rivals[-1]].lease):
                        batch.lost.update(rivals)
        batch.bound.clear()

    def _is_holder(self, lease: Lease) -> bool:
        row = self._connection.execute("SELECT mac, state FROM leases WHERE address = ?", (lease.address,)).fetchone()
        return bool(row == (mac_text(lease.mac), lease.state))

    def _learn_all(self, batch: _Batch, origin: str) -> None:
        """Lock each account to its first port; those that come after a different one are lost."""
        effects: Any = batch.effects  # those at these places have learned a port
        first: dict[str, int] = {}
        for place in batch.learned:
            first.setdefault(effects[place].account, place)
        for part in parts(list(first.values())):
            ports = [effects[place] for place in part]
            values: list[object] = []
            for one in ports:
                values += (one.account, one.port.text, one.protocol, one.at, one.port.line())
            if self._connection.execute(_LEARN[len(part)], values).rowcount != len(part):
                batch.lost.update(place for place in part if not self._is_on_port(effects[place]))
            # The account's other boxes must be looked up again by everybody, the box itself only by other engines.
            told = (origin, *(mac_text(effect.mac) for effect in ports), *(effect.account for effect in ports))
            self._connection.execute(_TELL[len(part)], told)
        for place in batch.learned:
            effect, winner = effects[place], first[effects[place].account]
            follows = winner not in batch.lost and effects[winner].port.covers(effect.port)
            if place != winner and not follows and not self._is_on_port(effect):
                batch.lost.add(place)
        self._told += len(batch.learned)
        if self._told > MAX_FEED // 100:
            self._told = 0
            self._prune_feed()

    def _is_on_port(self, effect: PortLearned) -> bool:
        found = self._connection.execute("SELECT port FROM accounts WHERE account = ?", (effect.account,)).fetchone()
        return bool(found) and bool(found[0]) and port_from_text(found[0]).covers(effect.port)


def _outcomes(sizes: Sequence[int]) -> list[range]:
    """The places of each outcome's effects."""
    ends = list(accumulate(sizes))
    return list(map(range, [0, *ends], ends))


def _told_of(effects: Sequence[Effect], why: Exception) -> str:
    """What could not be written, in words for people."""
    return f"{' and '.join(EFFECTS[type(effect)].verb or 'nothing' for effect in effects)}: {why}"


# The store's verb, as EFFECTS has it -> what writes the effect at its place.
WRITERS: Final[dict[str, Callable[[CommitTables, _Batch, int, Any], None]]] = {
    "bind": CommitTables._bind,
    "release": CommitTables._release,
    "decline": CommitTables._decline,
    "learn": CommitTables._learn,
    "report": CommitTables._report,
    "end_sessions": CommitTables._end_sessions,
    "tell": CommitTables._only_tell,
    "tell_makes": CommitTables._only_tell,
    "": CommitTables._only_remember,
}
# The two columns that each effect of a batch is looked up in.
_WRITER_OF: Final = {kind: WRITERS[row.verb] for kind, row in EFFECTS.items()}
_EVENTS_OF: Final = {kind: row.events for kind, row in EFFECTS.items()}
