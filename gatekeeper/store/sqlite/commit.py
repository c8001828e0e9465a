"""The commit of effects, a transaction a batch: ports where they belong, all else packed, a row of a log a batch.

Leases and what the journal tells are folded later (``lease_folding``), accounting too (``folding``). Whose an address
is, is decided here, by what the log and ``leases`` have of it; of the addresses that this process alone gives its pools
are the authority (``LeaseBound.owned``), and nothing is asked.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

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
from gatekeeper.store.ports import Apart
from gatekeeper.store.rows import LEASE, lease_of, listed
from gatekeeper.store.sqlite.apart import is_of_a_row, write_apart
from gatekeeper.store.sqlite.learning import LearningTables
from gatekeeper.store.sqlite.lease_format import body_of, marked, packed_event, packed_lease
from gatekeeper.store.sqlite.reports_format import pack_report
from gatekeeper.store.sqlite.schema import MARKS
from gatekeeper.store.sqlite.sessions import SessionTables
from gatekeeper.store.sqlite.tables import parts

# On record, as far as the log has nothing of it (``lease_log``).
_ON_RECORD: Final = {
    size: f"SELECT {listed(LEASE)} FROM main.leases WHERE address IN ({marks})" for size, marks in MARKS.items()
}
# Numbers of rows rise for ever, also when all are gone; each commit makes far less than so many.
_LOG: Final = """
INSERT INTO main.lease_log VALUES (
    max((SELECT coalesce(max(seq), 0) + 1 FROM main.lease_log), (SELECT seq << 16 FROM main.commits)), ?)
RETURNING seq"""


class _Batch:
    """One commit on its way. Effects go by their places, leases by their addresses."""

    __slots__ = ("at_ms", "effects", "events", "learned", "leases", "lost", "now", "packed", "said")

    def __init__(self, effects: Sequence[Effect], at_ms: Sequence[int]) -> None:
        self.effects = effects
        self.at_ms = at_ms
        self.lost: set[int] = set()
        self.now: dict[int, Lease | None] = {}  # what is known of addresses, this batch's leases among it; None = none
        self.leases: list[Lease] = []  # for the log, in their sequence
        self.packed: list[bytes] = []
        self.events: list[Event] = []
        self.learned: list[int] = []
        self.said: list[bytes | SessionsEnded] = []  # what accounting says: it waits to be folded

    def put(self, lease: Lease) -> None:
        """Raises RecordError."""
        self.packed.append(packed_lease(lease))
        self.leases.append(lease)
        self.now[lease.address] = lease


class _Logged(NamedTuple):
    """What a transaction has put into the log."""

    row: int
    leases: list[Lease]


@trait
class CommitTables(SessionTables, LearningTables):
    """The commit thread's side of the store: what lasts of the engines' outcomes."""

    def commit(self, effects: Sequence[Effect], origin: str = "", at_ms: Sequence[int] = ()) -> set[int]:
        """Write effects as one fsynced transaction. Returns the places in effects of those that lost against a
        constraint; raises StoreError, RecordError among it.

        origin: the engine whose effects these are; the change feed does not tell it what it knows already. at_ms: when
        each was decided, for the journal; () = to the second, as the effects say.
        """
        logged: list[_Logged] = []
        try:
            with self._transaction() as marks:
                self._look_for_others()
                lost = self._write(effects, origin, at_ms, marks, logged)
        except StoreError:
            raise
        except Exception as error:
            if not is_of_a_row(error):
                raise
            raise RecordError(f"store {self.path}: {error!r}") from error
        self._know(logged)
        return lost

    def commit_apart(
        self, effects: Sequence[Effect], sizes: Sequence[int], origin: str = "", at_ms: Sequence[int] = ()
    ) -> Apart:
        """After RecordError: write the others, as one fsynced transaction. Raises StoreError."""
        lost: set[int] = set()
        logged: list[_Logged] = []

        def write(part: list[range]) -> None:
            first, end = part[0].start, part[-1].stop
            found = self._write(effects[first:end], origin, at_ms[first:end], marks, logged)
            lost.update(first + place for place in found)

        with self._transaction() as marks:
            self._look_for_others()
            unfit = write_apart(self._connection, _outcomes(sizes), write)
        self._know(logged)
        return Apart(lost, {places.start: _told_of(effects[places.start : places.stop], why) for places, why in unfit})

    def _look_for_others(self) -> None:
        """Somebody else may have folded the log, or written leases: what is known of it then is read again."""
        if self._seq_now() != self._own_seq:
            self._recent.refresh(self._connection)

    def _know(self, logged: Sequence[_Logged]) -> None:
        """These are on disk, and wait to be folded."""
        self._own_seq = self._seq
        self._waiting = self._waiting or bool(logged)
        for row, leases in logged:
            self._recent.add(row, leases)

    def _write(
        self,
        effects: Sequence[Effect],
        origin: str,
        at_ms: Sequence[int],
        marks: bytearray,
        logged: list[_Logged],
    ) -> set[int]:
        """As ``commit``, inside the transaction that is going on, for whose mark and whose end it gathers."""
        batch = _Batch(effects, at_ms)
        for one in logged:  # by parts of the same transaction
            batch.now.update((lease.address, lease) for lease in one.leases)
        self._look_up(batch)
        for place, effect in enumerate(effects):
            _WRITER_OF[type(effect)](self, batch, place, effect)
        if batch.learned:
            batch.lost |= self._learn_all(effects, batch.learned, origin)
        if batch.said:
            self._keep_reports(batch.said)
        events = [*batch.events, *self._events(batch)]
        if batch.packed or events:
            body = body_of(batch.packed, [packed_event(event) for event in events])
            ((row,),) = self._connection.execute(_LOG, (body,)).fetchall()
            logged.append(_Logged(row, batch.leases))
            for lease, packed in zip(batch.leases, batch.packed, strict=True):
                if lease.state == "active":
                    marks += marked(packed)
        return batch.lost

    def _look_up(self, batch: _Batch) -> None:
        """Have what is known of the addresses that a rule is to be asked about; of the others the pools are sure."""
        recent, now = self._recent.by_address, batch.now
        wanted: set[int] = set()
        for effect in batch.effects:
            kind = type(effect)
            if kind is LeaseBound:
                lease = effect.lease  # type: ignore[union-attr]
                if not effect.owned or lease.first_seen == lease.last_seen:  # type: ignore[union-attr]
                    wanted.add(lease.address)
                if effect.ended:  # type: ignore[union-attr]
                    wanted.add(effect.ended)  # type: ignore[union-attr]
            elif kind is LeaseReleased or kind is AddressDeclined:
                wanted.add(effect.lease.address)  # type: ignore[union-attr]
        unknown = []
        for address in wanted:
            if address not in now:
                known = recent.get(address)
                now[address] = known.lease if known else None
                if not known:
                    unknown.append(address)
        for part in parts(unknown):
            for row in self._connection.execute(_ON_RECORD[len(part)], part).fetchall():
                lease = lease_of(row)
                now[lease.address] = lease

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
        lease, now = effect.lease, batch.now
        if lease.address in now:
            before = now[lease.address]
            if before is not None:
                if not _may_have(lease, before):
                    batch.lost.add(place)
                    return
                is_new = lease.first_seen == lease.last_seen
                if is_new and before.state == "active" and before.expires_at <= lease.last_seen:
                    batch.events.append(run_out(before))  # who had an address is asked later
                if before.mac == lease.mac and before.first_seen != lease.first_seen:
                    lease = lease._replace(first_seen=before.first_seen)
        batch.put(lease)
        if effect.ended:
            self._end_lease(batch, effect.ended, lease)

    def _decline(self, batch: _Batch, place: int, effect: AddressDeclined) -> None:
        lease, before = effect.lease, batch.now.get(effect.lease.address)
        if before is not None and not _may_have(lease, before):
            batch.lost.add(place)
        else:
            batch.put(lease)

    def _release(self, batch: _Batch, place: int, effect: LeaseReleased) -> None:
        self._end_lease(batch, effect.lease.address, effect.lease)

    def _end_lease(self, batch: _Batch, address: int, lease: Lease) -> None:
        """The box of this lease has that address no longer."""
        before = batch.now.get(address)
        if before is not None and before.mac == lease.mac:
            batch.put(before._replace(state="released", expires_at=lease.last_seen, last_seen=lease.last_seen))

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


def _may_have(lease: Lease, before: Lease) -> bool:
    """An address changes hands only when its holder's time is over, or it is kept for nobody that is known."""
    if before.state == "released" or before.expires_at <= lease.last_seen:
        return True
    if before.state == "active":
        return before.mac == lease.mac
    return before.state == "recovered" and before.mac in (b"", lease.mac)


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
