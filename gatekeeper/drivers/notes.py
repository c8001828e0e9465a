"""What was counted and is not in the store yet: kept, bounded, until it can be written."""

import threading
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

from gatekeeper.state.clock import Beat
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.state.nas import NasSeen
from gatekeeper.state.nas_secrets import SecretSeen
from gatekeeper.state.rogues import Rogue

_Row = TypeVar("_Row")

MOST: Final = 10_000  # of each kind; a store that is away for long costs the oldest ones
_DROPPED: Final = ("notes", "dropped")


class Notes(NamedTuple):
    """What was counted since the last time. counts: by words, as ``state.counts`` reads them; beat: the packet loop's,
    None = somebody else counts."""

    refused: Sequence[Refused]
    counts: dict[tuple[str, ...], int]
    rogues: Sequence[Rogue]
    nas: Sequence[NasSeen]
    admitted: Sequence[Admitted]
    secrets: Sequence[SecretSeen] = ()
    beat: Beat | None = None


_NOTHING: Final = Notes((), {}, (), (), ())


class Unwritten:
    """Notes on their way; of any thread."""

    def __init__(self) -> None:
        self.since = 0.0  # when the first of those that wait came
        self._lock = threading.Lock()
        self._waiting: Notes | None = None
        self._taken = _NOTHING

    def add(self, notes: Notes, now: float) -> None:
        """now: by any clock that does not jump, here and below."""
        with self._lock:
            if self._waiting is None:
                self.since = now
            self._waiting = merged(self._waiting or _NOTHING, notes)

    def __bool__(self) -> bool:
        return self._waiting is not None

    def take(self) -> Notes | None:
        """All that wait, to be written; None = none do. ``written`` or ``put_back`` follows."""
        with self._lock:
            taken, self._waiting = self._waiting, None
            self._taken = taken or _NOTHING
            return taken

    def written(self) -> None:
        """What was taken need not be kept."""
        with self._lock:
            self._taken = _NOTHING

    def put_back(self, now: float) -> None:
        """It could not be written."""
        with self._lock:
            self._waiting = merged(self._taken, self._waiting or _NOTHING)
            self._taken = _NOTHING
            self.since = now

    def forget_beat(self) -> None:
        """It is by a time that is over."""
        with self._lock:
            self._waiting = self._waiting and self._waiting._replace(beat=None)

    def counts(self) -> dict[tuple[str, ...], int]:
        """Those that wait, and those that are being written."""
        with self._lock:
            return merged(self._taken, self._waiting or _NOTHING).counts


def merged(older: Notes, newer: Notes) -> Notes:
    """Both as one. What is beyond MOST is dropped, the oldest first, and counted."""
    refused, less_refused = _newest(older.refused, newer.refused)
    rogues, less_rogues = _newest(older.rogues, newer.rogues)
    admitted, less_admitted = _newest(older.admitted, newer.admitted)
    secrets, less_secrets = _newest(older.secrets, newer.secrets)
    counts = dict(older.counts)
    dropped = less_refused + less_rogues + less_admitted + less_secrets
    for words, count in newer.counts.items():
        if words in counts or len(counts) < MOST:
            counts[words] = counts.get(words, 0) + count
        else:
            dropped += count
    if dropped:
        counts[_DROPPED] = counts.get(_DROPPED, 0) + dropped
    nas = _summed((*older.nas, *newer.nas))
    return Notes(refused, counts, rogues, nas, admitted, secrets, newer.beat or older.beat)


def _newest(older: Sequence[_Row], newer: Sequence[_Row]) -> tuple[Sequence[_Row], int]:
    """The newest ones of both, and how many are dropped for them."""
    both = [*older, *newer]
    return both[-MOST:], max(len(both) - MOST, 0)


def _summed(seen: Sequence[NasSeen]) -> list[NasSeen]:
    """One for each client: there are as many as the configuration has."""
    found: dict[str, NasSeen] = {}
    for one in seen:
        before = found.get(one.name)
        found[one.name] = one if before is None else _sum(before, one)
    return list(found.values())


def _sum(before: NasSeen, one: NasSeen) -> NasSeen:
    return NasSeen(
        one.name,
        before.requests + one.requests,
        before.accepts + one.accepts,
        before.rejects + one.rejects,
        before.sealed + one.sealed,
        before.unsealed + one.unsealed,
        one.unsealed_from or before.unsealed_from,
        max(before.last_seen, one.last_seen),
    )
