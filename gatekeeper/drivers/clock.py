"""The clock. Leases end by time that passes, not by a wall clock that somebody sets: ``state.clock`` compares."""

import ctypes
import time
from collections.abc import Callable
from typing import Final, Protocol

from gatekeeper.drivers.moment import boot, read_clocks, since_boot
from gatekeeper.model import Reason
from gatekeeper.report.clock import BELIEVED_TEXT, SYNCHRONISED, confirmed_text, doubt_text
from gatekeeper.state.clock import BELIEVED, JUMPED, OFF_S, Beat, Move, Standing, compare, move_of
from gatekeeper.store import StoreError
from gatekeeper.store.asking import BeatPort
from gatekeeper.store.ports import CommitPort

# adjtimex(2)
_STA_UNSYNC: Final = 0x40
_TIME_ERROR: Final = 5
_AGREES_S: Final = 2  # the kernel vouches for its own clock, and not for one that a library makes of it


class _Timex(ctypes.Structure):
    """``struct timex``."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")),
        ("status", ctypes.c_int),
        *((name, ctypes.c_long) for name in ("constant", "precision", "tolerance", "seconds", "micros")),
        ("rest", ctypes.c_long * 20),
    )


def is_vouched() -> bool:
    """True if the kernel says that the wall clock is synchronised, and means the one that we read. Changes nothing."""
    told = _Timex()  # modes = 0: only read
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(told))
    except (OSError, AttributeError):
        return False
    synchronised = 0 <= state < _TIME_ERROR and not told.status & _STA_UNSYNC
    return synchronised and abs(told.seconds - time.time()) <= _AGREES_S


class ClockPort(BeatPort, CommitPort, Protocol):
    """Of a store, when somebody begins to serve over it."""


def clock_at_start(store: ClockPort, say: Callable[[str], None]) -> "Clock":
    """The clock of who begins to serve, by what who served before has left. A wall clock that the kernel vouches for is
    confirmed at once; what an older gatekeeper gave by one that was ahead is cut. Raises StoreError where the heartbeat
    cannot be read."""
    last = store.beat()
    clock = Clock(compare(last, read_clocks()))
    try:
        if clock.cause and is_vouched():
            move = clock.move(passed=False)
            leases = store.set_clock(move, clock.moved(move))
            clock.take(move)
            say(confirmed_text(SYNCHRONISED, move.by_s, leases, move.older))
        elif last and not last.boot:
            cut = store.cut_leases(int(clock.now()))
            if cut:
                say(f"clock: {cut} leases were given by a clock that was ahead: they last as if they were given now")
    except StoreError as error:
        say(f"alarm: {Reason.STORE_UNAVAILABLE}: {error}: the clock is not confirmed")
    return clock


class Clock:
    """Unix seconds that follow the wall clock while it is believed, and the time since boot while it is not."""

    def __init__(self, standing: Standing | None = None) -> None:
        """standing: as it was found at the start; None = the wall clock is believed."""
        found = standing or Standing(time.time())
        self.cause, self.since = found.cause, found.since
        self._offset = found.gate - since_boot()
        self.off_s = 0.0  # how far the wall clock is ahead, where it is not believed
        self.now()

    def now(self) -> float:
        """Unix seconds. A wall clock that jumps by over a minute is not followed, until it is back or confirmed."""
        passed = since_boot()
        offset = time.time() - passed
        off_s = offset - self._offset
        if -OFF_S < off_s < OFF_S:
            self._offset = offset
            if self.cause:
                self._believe()
            return offset + passed
        self.off_s = off_s
        if not self.cause:
            self.cause, self.since = JUMPED, passed + self._offset
        return passed + self._offset

    def read(self) -> float:
        """As ``now``, for other threads: it changes nothing."""
        return since_boot() + self._offset

    def beat(self) -> Beat:
        """The heartbeat."""
        gate = self.now()
        return Beat(int(time.time()), gate, boot(), since_boot(), self.cause, self.since)

    def told(self) -> str:
        """How it stands, for people."""
        now = self.now()
        return doubt_text(self.cause, now + self.off_s, now) if self.cause else BELIEVED_TEXT

    def move(self, passed: bool) -> Move:
        """What confirming the wall clock means for what is on record. passed: as in ``move_of``."""
        gate = self.now()
        return move_of(Standing(gate, self.cause, self.since), gate + self.off_s, passed)

    def moved(self, move: Move) -> Beat:
        """The heartbeat of who goes on so."""
        return self.beat()._replace(gate=self.now() + move.by_s, cause=BELIEVED, since=0.0)

    def take(self, move: Move) -> None:
        """Go on by the wall clock's time: what is on record was moved."""
        self._offset += move.by_s
        self._believe()

    def _believe(self) -> None:
        self.cause, self.since, self.off_s = BELIEVED, 0.0, 0.0
