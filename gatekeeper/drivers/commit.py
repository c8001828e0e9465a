"""Group commit: the effects that must last, in fsynced transactions, while the packet loop goes on.

What the loop gathers during one commit is the next one, so the batches grow with the load and the price of an fsync is
shared by more and more leases.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import NamedTuple

from gatekeeper.model import Effect
from gatekeeper.policy.lines import LineUse
from gatekeeper.state.clock import Beat, Move
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.state.nas import NasSeen
from gatekeeper.state.nas_secrets import SecretSeen
from gatekeeper.state.rogues import Rogue
from gatekeeper.store import RecordError, StoreError
from gatekeeper.store.ports import Apart, CommitPort, WriterPort


class Work(NamedTuple):
    """Effects to be committed as one transaction, when each was decided, and how many each outcome has."""

    effects: list[Effect]
    at_ms: list[int]
    sizes: list[int]


class Done(NamedTuple):
    """A commit that ended: the places of those effects that lost against a constraint, of outcomes that are no rows
    the first place and why, and the error if it failed. trouble: of ``report.troubles``, that it failed by."""

    lost: set[int]
    unfit: dict[int, str]
    error: str
    trouble: str


class Notes(NamedTuple):
    """What was counted since the last time. counts: by words, as ``state.counts`` reads them; beat: the packet loop's,
    None = somebody else counts."""

    refused: list[Refused]
    counts: dict[tuple[str, ...], int]
    rogues: list[Rogue]
    nas: list[NasSeen]
    admitted: list[Admitted]
    secrets: Sequence[SecretSeen] = ()
    beat: Beat | None = None


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

    def __init__(self, open_store: Callable[[], WriterPort]) -> None:
        """open_store: a connection of its own. Raises StoreError."""
        super().__init__(name="commit", daemon=True)
        self._store = open_store()
        # What the change feed knows this process by.
        self.origin = os.urandom(8).hex()
        self._work: SimpleQueue[Work | Notes | Stale | Survey | ClockSet | None] = SimpleQueue()
        self._done: deque[Done] = deque()
        self._surveyed: deque[list[LineUse]] = deque(maxlen=1)
        self._moved: deque[Moved] = deque(maxlen=1)
        # One for each result, so that whoever takes one leaves the others to be woken by.
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC | os.EFD_SEMAPHORE)
        self._notes_errors: deque[str] = deque(maxlen=1)
        self._refusal = ""

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
        """Write it when there is time. If that fails it is lost, and ``notes_error`` says why."""
        self._work.put(work)

    def unwritten(self) -> dict[tuple[str, ...], int]:
        """Counts that were noted and are not in the store yet; in any thread."""
        return {}

    def notes_error(self) -> str:
        """Why the last note that was not written was not, once; "" = all were."""
        return self._notes_errors.popleft() if self._notes_errors else ""

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
        self._store.close()
        return True

    def run(self) -> None:
        while (work := self._work.get()) is not None:
            if isinstance(work, Notes | Stale | Survey):
                self._write_note(work)
            elif isinstance(work, ClockSet):
                self._set_clock(work)
            else:
                self._commit(work)
            if self._store.mark_is_long():
                self._checkpoint()

    def _commit(self, work: Work) -> None:
        lost: set[int] = set()
        unfit: dict[int, str] = {}
        error, trouble = self._refusal, "store-damaged" if self._refusal else ""
        try:
            if not error:
                lost, unfit = write_batch(self._store, work.effects, work.at_ms, work.sizes, self.origin)
        except StoreError as failure:
            error, trouble = str(failure), failure.trouble or "store-unavailable"
        except Exception as failure:  # our bug: the loop must hear of it, and the thread must live on
            error = f"bug: {failure!r}"
        self._done.append(Done(lost, unfit, error, trouble))
        os.eventfd_write(self._event, 1)

    def _checkpoint(self) -> None:
        try:
            self._store.checkpoint()
        except StoreError as failure:
            self._notes_errors.append(str(failure))

    def _set_clock(self, setting: ClockSet) -> None:
        try:
            moved = Moved(self._store.set_clock(*setting), "")
        except StoreError as failure:
            moved = Moved(0, str(failure))
        self._moved.append(moved)
        os.eventfd_write(self._event, 1)

    def _write_note(self, note: Notes | Stale | Survey) -> None:
        try:
            if isinstance(note, Notes):
                self._store.note(*note)
            elif isinstance(note, Survey):
                self._surveyed.append(self._store.shared_lines(*note))
            else:
                closed = self._store.close_stale(*note)
                self._store.prune_journal(note.now - note.keep_s)
                if closed:
                    self._store.note((), {("radius", "sessions-stale"): closed})
        except StoreError as failure:
            self._notes_errors.append(str(failure))
        except Exception as failure:  # our bug, and as above
            self._notes_errors.append(f"bug: {failure!r}")


def write_batch(
    store: CommitPort, effects: Sequence[Effect], at_ms: Sequence[int], sizes: Sequence[int], origin: str = ""
) -> Apart:
    """Commit a batch; what is no row costs its own outcome and no other. Raises StoreError."""
    try:
        return Apart(store.commit(effects, origin, at_ms), {})
    except RecordError:
        return store.commit_apart(effects, sizes, origin, at_ms)
