"""The commit of effects, a transaction a batch: ports where they belong, all else packed, a row of a log a batch.

Leases and what the journal tells are folded later (``lease_folding``), accounting too (``folding``). Whose an address
is, is decided here (``batch``), by what the log and ``leases`` have of it; of the addresses that this process alone
gives its pools are the authority (``LeaseBound.owned``), and nothing is asked.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from mypy_extensions import trait

from gatekeeper.model import Effect, Lease
from gatekeeper.state.effects import EFFECTS
from gatekeeper.store import RecordError, StoreError
from gatekeeper.store.ports import Apart
from gatekeeper.store.rows import LEASE, lease_of, listed
from gatekeeper.store.sqlite.apart import is_of_a_row, write_apart
from gatekeeper.store.sqlite.batch import Batch
from gatekeeper.store.sqlite.learning import LearningTables
from gatekeeper.store.sqlite.many import parts
from gatekeeper.store.sqlite.schema import MARKS
from gatekeeper.store.sqlite.sessions import SessionTables

# On record, as far as the log has nothing of it (``lease_log``).
_ON_RECORD: Final = {
    size: f"SELECT {listed(LEASE)} FROM main.leases WHERE address IN ({marks})" for size, marks in MARKS.items()
}
_LOG: Final = "INSERT INTO main.lease_log VALUES (?, ?)"


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
        if self._here - 1 != self._own_seq:
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
        batch = Batch(effects, at_ms)
        for one in logged:  # by parts of the same transaction
            batch.know(one.leases)
        query = self._connection.execute
        for part in parts(batch.look_up(self._recent)):
            batch.know(lease_of(row) for row in query(_ON_RECORD[len(part)], part).fetchall())
        batch.judge()
        if batch.learned:
            batch.lost |= self._learn_all(effects, batch.learned, origin)
        if batch.said:
            self._keep_reports(batch.said)
        body = batch.body()
        if body:
            row = self._next_row()
            query(_LOG, (row, body))
            logged.append(_Logged(row, batch.leases))
            marks += batch.marks()
        return batch.lost


def _outcomes(sizes: Sequence[int]) -> list[range]:
    """The places of each outcome's effects."""
    ends = list(accumulate(sizes))
    return list(map(range, [0, *ends], ends))


def _told_of(effects: Sequence[Effect], why: Exception) -> str:
    """What could not be written, in words for people."""
    return f"{' and '.join(EFFECTS[type(effect)].verb or 'nothing' for effect in effects)}: {why}"
