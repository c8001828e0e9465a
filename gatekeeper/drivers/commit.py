"""Group commit: the effects that must last, in fsynced transactions, while the packet loop goes on.

What the loop gathers during one commit is the next one, so the batches grow with the load and the price of an fsync is
shared by more and more leases.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import NamedTuple

from gatekeeper.model import Effect
from gatekeeper.policy.lines import LineUse
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.state.nas import NasSeen
from gatekeeper.state.nas_secrets import SecretSeen
from gatekeeper.state.rogues import Rogue
from gatekeeper.store import StoreError
from gatekeeper.store.ports import WriterPort


class Work(NamedTuple):
    """Effects to be committed as one transaction, and when each was decided."""

    effects: list[Effect]
    at_ms: list[int]


class Done(NamedTuple):
    """A commit that ended: the places of those effects that lost against a constraint, and the error if it failed."""

    lost: set[int]
    error: str


class Notes(NamedTuple):
    """What was counted since the last time. counts: by words, as ``state.counts`` reads them."""

    refused: list[Refused]
    counts: dict[tuple[str, ...], int]
    rogues: list[Rogue]
    nas: list[NasSeen]
    admitted: list[Admitted]
    secrets: Sequence[SecretSeen] = ()


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


class Committer(threading.Thread):
    """The only writer of a running gate."""

    def __init__(self, open_store: Callable[[], WriterPort]) -> None:
        """open_store: a connection of its own. Raises StoreError."""
        super().__init__(name="commit", daemon=True)
        self._store = open_store()
        # What the change feed knows this process by.
        self.origin = os.urandom(8).hex()
        self._work: SimpleQueue[Work | Notes | Stale | Survey | None] = SimpleQueue()
        self._done: deque[Done] = deque()
        self._surveyed: deque[list[LineUse]] = deque(maxlen=1)
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.notes_error = ""

    def fileno(self) -> int:
        """Readable when a commit has ended."""
        return self._event

    def submit(self, effects: list[Effect], at_ms: list[int]) -> None:
        """Commit these as one transaction. One at a time: until ``finished`` has handed the result back."""
        self._work.put(Work(effects, at_ms))

    def note(self, work: Notes | Stale | Survey) -> None:
        """Write it when there is time. If that fails it is lost, and ``notes_error`` says why."""
        self._work.put(work)

    def surveyed(self) -> list[LineUse]:
        """What the last Survey found, once."""
        return self._surveyed.popleft() if self._surveyed else []

    def finished(self) -> Done | None:
        """The commit that ended, once; None if none did."""
        try:
            os.eventfd_read(self._event)
        except BlockingIOError:
            return None
        return self._done.popleft()

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
            else:
                self._commit(work)

    def _commit(self, work: Work) -> None:
        lost: set[int] = set()
        error = ""
        try:
            lost = self._store.commit(work.effects, self.origin, work.at_ms)
        except StoreError as failure:
            error = str(failure)
        except Exception as failure:  # our bug: the loop must hear of it, and the thread must live on
            error = f"bug: {failure!r}"
        self._done.append(Done(lost, error))
        os.eventfd_write(self._event, 1)

    def _write_note(self, note: Notes | Stale | Survey) -> None:
        try:
            if isinstance(note, Notes):
                self._store.note(*note, beat=int(time.time()))
            elif isinstance(note, Survey):
                self._surveyed.append(self._store.shared_lines(*note))
            else:
                closed = self._store.close_stale(*note)
                self._store.prune_journal(note.now - note.keep_s)
                if closed:
                    self._store.note((), {("radius", "sessions-stale"): closed})
            self.notes_error = ""
        except StoreError as failure:
            self.notes_error = str(failure)
