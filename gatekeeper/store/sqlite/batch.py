"""A batch of effects on its way to disk: who has lost by what is known of addresses, and what is to be written, packed.

Nothing is asked of the store here: what the batch wants to know it says, and is told. Effects go by their places,
leases by their addresses.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, final

from gatekeeper.model import (
    AddressDeclined,
    Effect,
    Event,
    Lease,
    LeaseBound,
    LeaseReleased,
    SessionReported,
    SessionsEnded,
)
from gatekeeper.policy.reported import dated
from gatekeeper.state.effects import EFFECTS, run_out
from gatekeeper.store.sqlite.lease_format import body_of, marked, packed_event, packed_lease
from gatekeeper.store.sqlite.lease_log import Recent
from gatekeeper.store.sqlite.reports_format import pack_report


@final
class Batch:
    """One commit, or a part of one: ``look_up`` and ``know``, then ``judge``, then what was found is to be written."""

    __slots__ = ("_at_ms", "_effects", "_now", "_packed", "_run_out", "learned", "leases", "lost", "said")

    def __init__(self, effects: Sequence[Effect], at_ms: Sequence[int]) -> None:
        """at_ms: when each was decided, for the journal; () = to the second, as the effects say."""
        self._effects: Final = effects
        self._at_ms: Final = at_ms
        self._now: dict[int, Lease | None] = {}  # what is known of addresses, the batch's leases among it; None = none
        self._packed: list[bytes] = []
        self._run_out: list[Event] = []
        self.lost: set[int] = set()
        self.leases: list[Lease] = []  # for the log, in their sequence
        self.learned: list[int] = []  # ports
        self.said: list[bytes | SessionsEnded] = []  # what accounting says: it waits to be folded

    def know(self, leases: Iterable[Lease]) -> None:
        """These are the last ones of their addresses."""
        now = self._now
        for lease in leases:
            now[lease.address] = lease

    def look_up(self, recent: Recent) -> list[int]:
        """Addresses that a rule is to be asked about and that the log, which is known, has nothing of; of others the
        pools are sure."""
        wanted: set[int] = set()
        for effect in self._effects:
            if isinstance(effect, LeaseBound):
                lease = effect.lease
                if not effect.owned or lease.first_seen == lease.last_seen:
                    wanted.add(lease.address)
                if effect.ended:
                    wanted.add(effect.ended)
            elif isinstance(effect, LeaseReleased | AddressDeclined):
                wanted.add(effect.lease.address)
        unknown: list[int] = []
        now = self._now
        for address in wanted:
            if address not in now:
                known = recent.at(address)
                now[address] = known.lease if known is not None else None
                if known is None:
                    unknown.append(address)
        return unknown

    def judge(self) -> None:
        """Go through all of it. Raises RecordError where something is no row."""
        for place, effect in enumerate(self._effects):
            if isinstance(effect, LeaseBound):
                self._bind(place, effect)
            elif isinstance(effect, SessionReported):
                self._report(place, effect)
            else:
                _WRITER_OF[type(effect)](self, place, effect)

    def body(self) -> bytes:
        """What the log is told, b"" = nothing; when all who have lost are known. Raises RecordError."""
        events = self._run_out + self._events()
        if not self._packed and not events:
            return b""
        return body_of(self._packed, [packed_event(event) for event in events])

    def marks(self) -> bytes:
        """What the mark beside the store is told."""
        held: list[bytes] = []
        for at, lease in enumerate(self.leases):
            if lease.state == "active":
                held.append(marked(self._packed[at]))
        return b"".join(held)

    def _events(self) -> list[Event]:
        """What the journal is told of those that did not lose, in their sequence."""
        found: list[Event] = []
        lost, at_ms = self.lost, self._at_ms
        for place, effect in enumerate(self._effects):
            if place not in lost:
                events = _EVENTS_OF[type(effect)](effect)
                if events:
                    found += [dated(event, at_ms[place]) for event in events] if at_ms else events
        return found

    def _put(self, lease: Lease) -> None:
        self._packed.append(packed_lease(lease))
        self.leases.append(lease)
        self._now[lease.address] = lease

    def _bind(self, place: int, effect: LeaseBound) -> None:
        lease = effect.lease
        before = self._now.get(lease.address)
        if before is not None:
            if not _may_have(lease, before):
                self.lost.add(place)
                return
            is_new = lease.first_seen == lease.last_seen
            if is_new and before.state == "active" and before.expires_at <= lease.last_seen:
                self._run_out.append(run_out(before))  # who had an address is asked later
            if before.mac == lease.mac and before.first_seen != lease.first_seen:
                lease = lease._replace(first_seen=before.first_seen)
        self._put(lease)
        if effect.ended:
            self._end_lease(effect.ended, lease)

    def _decline(self, place: int, effect: AddressDeclined) -> None:
        lease, before = effect.lease, self._now.get(effect.lease.address)
        if before is not None and not _may_have(lease, before):
            self.lost.add(place)
        else:
            self._put(lease)

    def _release(self, place: int, effect: LeaseReleased) -> None:
        self._end_lease(effect.lease.address, effect.lease)

    def _end_lease(self, address: int, lease: Lease) -> None:
        """The box of this lease has that address no longer."""
        before = self._now.get(address)
        if before is not None and before.mac == lease.mac:
            self._put(before._replace(state="released", expires_at=lease.last_seen, last_seen=lease.last_seen))

    def _learn(self, place: int, effect: Effect) -> None:
        self.learned.append(place)

    def _report(self, place: int, effect: SessionReported) -> None:
        self.said.append(pack_report(effect, self._at_ms[place] if self._at_ms else 0))

    def _end_sessions(self, place: int, effect: SessionsEnded) -> None:
        self.said.append(effect)

    def _only_tell(self, place: int, effect: Effect) -> None:
        """It is kept in the journal alone."""

    def _only_remember(self, place: int, effect: Effect) -> None:
        """It is not kept."""


def _may_have(lease: Lease, before: Lease) -> bool:
    """An address changes hands only when its holder's time is over, or it is kept for nobody that is known."""
    if before.state == "released" or before.expires_at <= lease.last_seen:
        return True
    if before.state == "active":
        return before.mac == lease.mac
    return before.state == "recovered" and before.mac in (b"", lease.mac)


# The store's verb, as EFFECTS has it -> what writes the effect at its place.
WRITERS: Final[dict[str, Callable[[Batch, int, Any], None]]] = {
    "bind": Batch._bind,
    "release": Batch._release,
    "decline": Batch._decline,
    "learn": Batch._learn,
    "report": Batch._report,
    "end_sessions": Batch._end_sessions,
    "tell": Batch._only_tell,
    "tell_makes": Batch._only_tell,
    "": Batch._only_remember,
}
# The two columns that each effect of a batch is looked up in.
_WRITER_OF: Final = {kind: WRITERS[row.verb] for kind, row in EFFECTS.items()}
_EVENTS_OF: Final = {kind: row.events for kind, row in EFFECTS.items()}
