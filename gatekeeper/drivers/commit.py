"""Group commit: the effects that must last, in fsynced transactions, while the packet loop goes on.

What the loop gathers during one commit is the next one, so the batches grow with the load and the price of an fsync is
shared by more and more leases.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

from gatekeeper.drivers.checkpoints import FAST_S, Checkpoints
from gatekeeper.drivers.folds import Folds
from gatekeeper.drivers.notes import Notes, Unwritten
from gatekeeper.drivers.writing import Writing
from gatekeeper.model import Effect
from gatekeeper.policy.lines import LineUse
from gatekeeper.state.clock import Beat, Move
from gatekeeper.store import RecordError, StoreError
from gatekeeper.store.ports import Apart, CommitPort, FactsPort, WriterPort

_NOTES_WAIT_S: Final = 5.0  # where the disk is slow and batches come one behind the other
_AGAIN_S: Final = 1.0  # notes that could not be written are tried again then
_PAUSE_S: Final = 0.05
_LOOK: Final = ""  # among what is to be done: there are notes


class Work(NamedTuple):
    """Effects to be committed as one transaction, when each was decided, and how many each outcome has."""

    effects: list[Effect]
    at_ms: list[int]
    sizes: list[int]


class Done(NamedTuple):
    """A commit that ended: the places of those effects that lost against a constraint, of outcomes that are no rows
    the first place and why, and the error if it failed. trouble: of ``report.troubles``, that it failed by. took_s: how
    long the disk took, without what others let it wait."""

    lost: set[int]
    unfit: dict[int, str]
    error: str
    trouble: str
    took_s: float


class Stale(NamedTuple):
    """Close sessions that nobody has reported on for so long, by client and for all others; forget what is older than
    keep_s."""

    limits: dict[str, int]
    default_s: int
    keep_s: int
    now: int


class Survey(NamedTuple):
    """Look for lines that more accounts than ``most`` are bound to: so many at most."""

    most: int
    at_most: int


class ClockSet(NamedTuple):
    """Move times on record as the clock is, and keep this heartbeat."""

    move: Move
    beat: Beat


class Moved(NamedTuple):
    """How many leases go on with the time that they had left, and the error if nothing was moved."""

    leases: int
    error: str


class Committer(threading.Thread):
    """The only writer of a running gate."""

    def __init__(self, open_store: Callable[[], WriterPort], reader: FactsPort | None = None) -> None:
        """open_store: a connection of its own; reader: of this process, who is to know what this one commits. Raises
        StoreError."""
        super().__init__(name="commit", daemon=True)
        self._store = open_store()
        # What the change feed knows this process by.
        self.origin = os.urandom(8).hex()
        self._work: SimpleQueue[Work | ClockSet | str | None] = SimpleQueue()
        self._notes = Unwritten()
        self._aside: deque[Stale | Survey] = deque(maxlen=4)
        self._again_at = 0.0
        self._took_s = 0.0  # the last transaction
        self._writing = Writing()
        self._done: deque[Done] = deque()
        self._surveyed: deque[list[LineUse]] = deque(maxlen=1)
        self._moved: deque[Moved] = deque(maxlen=1)
        # One for each result, so that whoever takes one leaves the others to be woken by.
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC | os.EFD_SEMAPHORE)
        self._notes_errors: deque[str] = deque(maxlen=1)
        self._refusal = ""
        if reader:
            reader.read_beside(self._store)
        self._folds = Folds(self._store, self._notes_errors.append)
        self._store.hurry()
        self._checkpoints = Checkpoints(
            open_store, lambda why: self._notes_errors.append(f"the store's log is not put into its place: {why}")
        )

    def fileno(self) -> int:
        """Readable when a commit has ended."""
        return self._event

    def submit(self, effects: list[Effect], at_ms: list[int], sizes: list[int]) -> None:
        """Commit these as one transaction. One at a time: until ``finished`` has handed the result back."""
        self._work.put(Work(effects, at_ms, sizes))

    def refuse(self, why: str) -> None:
        """Commit nothing any more: what would be on disk could not be relied on."""
        self._refusal = why

    def note(self, work: Notes | Stale | Survey) -> None:
        """Write it when there is time. Notes that cannot be written are kept until they can be; of all else
        ``notes_error`` says why."""
        if isinstance(work, Notes):
            self._notes.add(work, time.monotonic())
        else:
            self._aside.append(work)
        self._work.put(_LOOK)

    def unwritten(self) -> dict[tuple[str, ...], int]:
        """Counts that were noted and are not in the store yet; in any thread."""
        return self._notes.counts()

    def notes_error(self) -> str:
        """What became of the last note that was not written, and why, once; "" = all were."""
        return self._notes_errors.popleft() if self._notes_errors else ""

    def failure(self) -> tuple[str, str]:
        """The trouble of ``report.troubles`` that the store cannot be written for, and what was met of it; "" = none.
        In any thread."""
        if self._refusal:
            return "store-damaged", self._refusal
        return self._writing.failure(self._store.waits_since(), time.monotonic())

    def slowness(self) -> str:
        """How slow commits are; "" = they are not. In any thread."""
        return self._writing.slowness(self._store.waits_since(), time.monotonic())

    def amiss(self) -> str:
        """What is wrong with the store's files; "" = nothing."""
        return self._store.amiss()

    def set_clock(self, setting: ClockSet) -> None:
        """Do it behind all that was submitted before. ``moved`` tells."""
        self._work.put(setting)

    def moved(self) -> Moved | None:
        """How that ended, once; None if it has not. What was submitted before is ``finished``."""
        return self._moved.popleft() if self._has_ended() else None

    def _has_ended(self) -> bool:
        try:
            os.eventfd_read(self._event)
        except BlockingIOError:
            return False
        return True

    def surveyed(self) -> list[LineUse]:
        """What the last Survey found, once."""
        return self._surveyed.popleft() if self._surveyed else []

    def finished(self) -> Done | None:
        """The commit that ended, once; None if none did."""
        return self._done.popleft() if self._has_ended() else None

    def stop(self, patience_s: float | None = None) -> bool:
        """Commit what is waiting, then end. ``finished`` still has the results. False: it is not over after so long,
        and the process is to end without."""
        self._work.put(None)
        self.join(patience_s)
        if self.is_alive():
            return False
        self._checkpoints.stop()
        self._store.close()
        return True

    def start(self) -> None:
        """Both threads."""
        self._checkpoints.start()
        super().start()

    def run(self) -> None:
        while True:
            work, idle = self._next()
            if work is None:
                break
            if isinstance(work, Work):
                self._commit(work)
            elif isinstance(work, ClockSet):
                self._set_clock(work)
            if self._notes_are_due(idle):
                self._write_notes()
            if idle:
                self._folds.fold(time.monotonic(), lambda: not self._work.empty())
            self._checkpoints.see_to(self._store, self._took_s)
        self._write_notes()
        self._folds.fold_all()

    def _next(self) -> tuple[Work | ClockSet | str | None, bool]:
        """What is to be done, and whether nothing came for as long as a slow disk's next batch may take to gather."""
        noted = self._notes or self._aside
        if not noted and not self._folds.wait():
            return self._work.get(), False
        pause = max(min(self._took_s, _PAUSE_S), self._again_at - time.monotonic()) if noted else _PAUSE_S
        if self._folds.wait():
            pause = min(pause, self._folds.pause_s(time.monotonic()))
        try:
            return self._work.get(timeout=pause), False
        except Empty:
            return _LOOK, True

    def _notes_are_due(self, idle: bool) -> bool:
        if not self._notes and not self._aside:
            return False
        now = time.monotonic()
        if now < self._again_at:
            return False
        return idle or self._took_s < FAST_S or (bool(self._notes) and now - self._notes.since >= _NOTES_WAIT_S)

    def _commit(self, work: Work) -> None:
        lost: set[int] = set()
        unfit: dict[int, str] = {}
        error, trouble = self._refusal, "store-damaged" if self._refusal else ""
        began = self._begin()
        try:
            if not error:
                lost, unfit = write_batch(self._store, work.effects, work.at_ms, work.sizes, self.origin)
        except StoreError as failure:
            error, trouble = str(failure), failure.trouble or "store-unavailable"
        except Exception as failure:  # our bug: the loop must hear of it, and the thread must live on
            error = f"bug: {failure!r}"
        self._end(began, trouble, error, len(work.effects))
        self._folds.fold_behind(time.monotonic())
        self._done.append(Done(lost, unfit, error, trouble, self._took_s))
        os.eventfd_write(self._event, 1)

    def _begin(self) -> float:
        began = time.monotonic()
        self._writing.begin(began)
        return began

    def _end(self, began: float, trouble: str, detail: str, effects: int) -> None:
        """A transaction has ended."""
        now = time.monotonic()
        self._took_s = now - max(began, self._store.turn_at())
        self._writing.end(self._took_s, trouble, detail, now)
        if not trouble:
            self._checkpoints.written(effects, self._store.mark_is_long())
            self._folds.written(effects)

    def _set_clock(self, setting: ClockSet) -> None:
        self._write_notes()
        try:
            moved = Moved(self._store.set_clock(*setting), "")
            self._notes.forget_beat()
        except StoreError as failure:
            moved = Moved(0, str(failure))
        self._moved.append(moved)
        os.eventfd_write(self._event, 1)

    def _write_notes(self) -> None:
        """Notes, and if these can be written what else there is."""
        notes = self._notes.take()
        if notes and not self._written(lambda: self._store.note(*notes)):
            self._notes.put_back(time.monotonic())
            return
        self._notes.written()
        while self._aside:
            self._written(partial(self._do_aside, self._aside.popleft()))

    def _written(self, write: Callable[[], object]) -> bool:
        """False: the store failed, and it is to be tried again."""
        trouble = detail = ""
        began = self._begin()
        try:
            write()
        except RecordError as failure:
            self._notes_errors.append(f"counts are not kept: {failure}")
        except StoreError as failure:
            trouble, detail = failure.trouble or "store-unavailable", str(failure)
            self._notes_errors.append(f"counts are kept in memory until they can be written: {failure}")
        except Exception as failure:  # our bug, and as above
            self._notes_errors.append(f"counts are not kept: bug: {failure!r}")
        self._end(began, trouble, detail, 0)
        self._again_at = time.monotonic() + _AGAIN_S if trouble else 0.0
        return not trouble

    def _do_aside(self, work: Stale | Survey) -> None:
        if isinstance(work, Survey):
            self._surveyed.append(self._store.shared_lines(*work))
            return
        closed = self._store.close_stale(*work)
        self._store.prune_journal(work.now - work.keep_s)
        if closed:
            self._store.note((), {("radius", "sessions-stale"): closed})


def write_batch(
    store: CommitPort, effects: Sequence[Effect], at_ms: Sequence[int], sizes: Sequence[int], origin: str = ""
) -> Apart:
    """Commit a batch; what is no row costs its own outcome and no other. Raises StoreError."""
    try:
        return Apart(store.commit(effects, origin, at_ms), {})
    except RecordError:
        return store.commit_apart(effects, sizes, origin, at_ms)
