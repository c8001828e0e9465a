"""What is tallied beside the commit: refusals, admissions, counts, foreign servers, what NASes send, the heartbeat."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mypy_extensions import trait

from gatekeeper.state.clock import Beat
from gatekeeper.state.counts import Fate, columns_of
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.state.nas import NasSeen
from gatekeeper.state.nas_secrets import MAX_KEPT, MAX_UNKNOWN_KEPT, SecretSeen
from gatekeeper.state.rogues import Rogue
from gatekeeper.store import RecordError
from gatekeeper.store.ports import MAX_ROGUES
from gatekeeper.store.rows import (
    COUNTER,
    FATE,
    NAS_SEEN,
    ROGUE,
    SECRET,
    count_row,
    listed,
    marks,
    rogue_row,
    secret_row,
)
from gatekeeper.store.sqlite.apart import is_of_a_row, write_apart
from gatekeeper.store.sqlite.clock import ClockTables
from gatekeeper.store.sqlite.evidence import EvidenceTables
from gatekeeper.value import values_of

_ROGUE: Final = f"""
INSERT INTO rogues ({listed(ROGUE)}) VALUES ({marks(ROGUE)})
ON CONFLICT (server, mac, interface) DO UPDATE SET offers = rogues.offers + excluded.offers,
    last_seen = excluded.last_seen"""
_PRUNE_ROGUES: Final = """
DELETE FROM rogues WHERE (server, mac, interface) IN
    (SELECT server, mac, interface FROM rogues ORDER BY last_seen DESC LIMIT -1 OFFSET ?)"""
_FATE: Final = f"""
INSERT INTO outcomes ({listed(FATE)}) VALUES ({marks(FATE)})
ON CONFLICT (protocol, message, reply, reason) DO UPDATE SET count = outcomes.count + excluded.count"""
_COUNTER: Final = f"""
INSERT INTO counters ({listed(COUNTER)}) VALUES ({marks(COUNTER)})
ON CONFLICT (name, label) DO UPDATE SET value = counters.value + excluded.value"""
_NAS: Final = f"""
INSERT INTO nas_seen ({listed(NAS_SEEN)}) VALUES ({marks(NAS_SEEN)})
ON CONFLICT (name) DO UPDATE SET requests = nas_seen.requests + excluded.requests,
    accepts = nas_seen.accepts + excluded.accepts, rejects = nas_seen.rejects + excluded.rejects,
    sealed = nas_seen.sealed + excluded.sealed, unsealed = nas_seen.unsealed + excluded.unsealed,
    unsealed_from = coalesce(nullif(excluded.unsealed_from, ''), nas_seen.unsealed_from),
    last_seen = max(nas_seen.last_seen, excluded.last_seen)"""
_SECRET: Final = f"""
INSERT INTO nas_secrets ({listed(SECRET)}) VALUES ({marks(SECRET)})
ON CONFLICT (source, port) DO UPDATE SET name = excluded.name, reason = excluded.reason, last_seen = excluded.last_seen,
    (times, first_seen) = (SELECT iif(same, nas_secrets.times, 0) + excluded.times,
                                  iif(same, nas_secrets.first_seen, excluded.first_seen)
        FROM (SELECT (nas_secrets.name, nas_secrets.reason) = (excluded.name, excluded.reason) AS same))"""
_PRUNE_SECRETS: Final = """
DELETE FROM nas_secrets WHERE (name = '') = ? AND (source, port) IN
    (SELECT source, port FROM nas_secrets WHERE (name = '') = ? ORDER BY last_seen DESC LIMIT -1 OFFSET ?)"""


@trait
class NoteTables(EvidenceTables, ClockTables):
    """The commit thread's side of the store: what may be lost without harm, written every second or so."""

    def note(
        self,
        refused: Iterable[Refused],
        counts: Mapping[tuple[str, ...], int],
        rogues: Iterable[Rogue] = (),
        nas: Iterable[NasSeen] = (),
        admitted: Iterable[Admitted] = (),
        secrets: Iterable[SecretSeen] = (),
        beat: Beat | None = None,
    ) -> None:
        """Keep what was refused, counted, and heard of foreign servers, NASes and their secrets. Raises StoreError;
        RecordError where some of it is no row, and then the rest is kept.

        counts: by words that ``state.counts`` makes columns of. beat: whoever serves says by this that it does; None =
        it is not he.
        """
        kinds: tuple[tuple[Callable[[list[Any]], None], list[Any]], ...] = (
            (self._keep_beats, [beat] if beat else []),
            (self._see_nases, list(nas)),
            (self._keep_secrets, list(secrets)),
            (self._refuse, list(refused)),
            (self._admit, list(admitted)),
            (self._count, list(counts.items())),
            (self._see_rogues, list(rogues)),
        )
        try:
            with self._transaction():
                for write, items in kinds:
                    if items:
                        write(items)
        except Exception as error:
            if not is_of_a_row(error):
                raise
            self._note_apart(kinds)

    def _note_apart(self, kinds: Iterable[tuple[Callable[[list[Any]], None], list[Any]]]) -> None:
        unfit: list[tuple[Any, Exception]] = []
        with self._transaction():
            for write, items in kinds:
                unfit += write_apart(self._connection, items, write)
        if unfit:
            what, why = unfit[0]
            raise RecordError(
                f"store {self.path}: {len(unfit)} rows are lost, the others are kept: {what!r:.120}: {why}"
            )

    def _keep_beats(self, beats: list[Beat]) -> None:
        for beat in beats:
            self._keep_beat(beat)

    def _see_nases(self, seen: list[NasSeen]) -> None:
        self._connection.executemany(_NAS, map(values_of, seen))

    def _count(self, counts: list[tuple[tuple[str, ...], int]]) -> None:
        many = self._connection.executemany
        counted = [(columns_of(words), count) for words, count in counts]
        many(_FATE, [count_row(*one) for one in counted if isinstance(one[0], Fate)])
        many(_COUNTER, [count_row(*one) for one in counted if not isinstance(one[0], Fate)])

    def _see_rogues(self, rogues: list[Rogue]) -> None:
        self._connection.executemany(_ROGUE, map(rogue_row, rogues))
        self._connection.execute(_PRUNE_ROGUES, (MAX_ROGUES,))

    def _keep_secrets(self, secrets: list[SecretSeen]) -> None:
        self._connection.executemany(_SECRET, map(secret_row, secrets))
        for unknown, most in ((False, MAX_KEPT), (True, MAX_UNKNOWN_KEPT)):
            self._connection.execute(_PRUNE_SECRETS, (unknown, unknown, most))
