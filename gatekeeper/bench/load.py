"""The loop that loads a server: a window of exchanges always outstanding, or so many begun a second.

Waits are busy for 200 µs after the last datagram and sleep then: a server does not pay for waking the generator's core,
nor loses processor time of the host to one that has nothing to do. Latency of an open loop is counted from when an
exchange was due, so that a server that stands still is not flattered.
"""

import select
from collections import deque
from collections.abc import Callable
from time import thread_time_ns
from typing import Final, NamedTuple

from gatekeeper.bench.door import Door
from gatekeeper.bench.talk import GOES_ON, Talk, refused
from gatekeeper.bench.tally import CLOCK

S: Final = 1_000_000_000
_BUSY_NS: Final = 200_000
_SOONEST_NS: Final = 20_000
_LONGEST_NS: Final = 50_000_000
_TOLD_EVERY_NS: Final = 250_000_000
_DOORS: Final = 64


class Pace(NamedTuple):
    """How fast, how much and for how long. Times in seconds.

    window: exchanges outstanding at most; rate: begun a second, 0 = as fast as they are answered; number: in all,
    without warm-up, 0 = as many as come; timeout_s: after which one is lost.
    """

    window: int
    rate: float
    number: int
    duration_s: float
    warm_up_s: float
    timeout_s: float


class Load:
    """One run."""

    def __init__(self, talk: Talk, doors: list[Door], pace: Pace, tell: Callable[[float, int], None]) -> None:
        """tell: the share of the run that is over, exchanges done; four times a second."""
        self._talk = talk
        self._tally = talk.tally
        self._doors = doors
        self._tell = tell
        self._window = pace.window
        self._number = pace.number
        self._period = S / pace.rate if pace.rate else 0.0
        self._timeout_ns = round(pace.timeout_s * S)
        self._warm_up_ns = 0 if pace.number else round(pace.warm_up_s * S)
        self._whole_ns = self._warm_up_ns + round(pace.duration_s * S)
        self._free: deque[int] = deque(range(talk.slots))  # the one that rested longest is taken first
        self._began_at = [0] * talk.slots
        self._serial = [0] * talk.slots  # 0 = free
        self._counts = [False] * talk.slots
        self._silent = [False] * talk.slots  # what nobody must answer
        self._due: deque[tuple[int, int, int]] = deque()  # (lost at, slot, serial)
        self._begun = 0
        self._planned = 0
        self._outstanding = 0
        self.counted_ns = 0
        self.idle_ns = 0  # of the time that counts, with nothing to do
        self.busy_ns = 0  # CPU time of the whole run, but for looking in vain

    def run(self) -> None:
        """Until the time is over, or the number done, and what is outstanding is answered or lost. Raises OSError."""
        poll = select.epoll()
        by_number = {door.fileno(): at for at, door in enumerate(self._doors)}
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        try:
            self._rounds(poll, by_number)
        finally:
            poll.close()

    def _rounds(self, poll: select.epoll, by_number: dict[int, int]) -> None:
        tally, doors, outbox = self._tally, self._doors, self._talk.outbox
        cpu, looking, in_vain = thread_time_ns(), 0, 0
        begin_ns = last = active = CLOCK()
        counted_from, end = begin_ns + self._warm_up_ns, begin_ns + self._whole_ns
        told = begin_ns
        last_heard = begin_ns
        while True:
            now = CLOCK()
            if not tally.counting and now >= counted_from:
                tally.counting = True
                counted_from = now
            if now >= told:
                told = now + _TOLD_EVERY_NS
                self._tell(self._share(now - begin_ns), tally.done)
            starting = now < end and not (self._number and self._begun >= self._number)
            if starting:
                self._start(now, begin_ns)
            elif self._outstanding == 0:
                break
            for at in range(len(doors)):
                if outbox[at]:
                    tally.sent += len(outbox[at])
                    doors[at].send(outbox[at])
                    outbox[at] = []
            came = False
            for number, _ in poll.poll(0, _DOORS):
                came = self._receive(by_number[number]) or came
            now = CLOCK()
            self._lose(now)
            if came:
                active = last_heard = now
                looking = 0
            else:
                if tally.counting and now < end:
                    self.idle_ns += now - last
                spent = thread_time_ns()
                in_vain += spent - looking if looking else 0
                looking = spent
                self._rest(poll, now, active, self._next(now, begin_ns, starting))
            last = now
        self.busy_ns = thread_time_ns() - cpu - in_vain
        self.counted_ns = (last_heard if self._number else end) - counted_from

    def _share(self, passed_ns: int) -> float:
        return max(passed_ns / self._whole_ns, self._begun / self._number if self._number else 0.0)

    def _start(self, now: int, begin_ns: int) -> None:
        """Begin what is due."""
        if not self._period:
            while self._outstanding < self._window and not (self._number and self._begun >= self._number):
                self._begin(now, now)
            return
        while not (self._number and self._begun >= self._number):
            due = begin_ns + int(self._planned * self._period)
            if due > now:
                return
            self._planned += 1
            if self._outstanding < self._window:
                self._begin(due, now)
            elif self._tally.counting:
                self._tally.overrun += 1

    def _begin(self, planned: int, now: int) -> None:
        slot = self._free.popleft()
        self._begun += 1
        self._outstanding += 1
        self._serial[slot] = self._begun
        self._began_at[slot] = planned
        self._counts[slot] = self._tally.counting
        self._silent[slot] = not self._talk.begin(slot, now)
        self._due.append((now + self._timeout_ns, slot, self._begun))

    def _end(self, slot: int) -> None:
        self._serial[slot] = 0
        self._outstanding -= 1
        self._free.append(slot)

    def _receive(self, door: int) -> bool:
        """Hear what waits there."""
        tally, talk = self._tally, self._talk
        found = self._doors[door].receive()
        now = CLOCK()
        tally.heard += len(found)
        for data in found:
            slot = talk.heard(door, data, now)
            if slot == GOES_ON:
                continue
            if slot < GOES_ON:
                slot = refused(slot)
                tally.refused += 1 if self._counts[slot] else 0
            elif self._counts[slot]:
                tally.done += 1
                tally.took.add(now - self._began_at[slot])
            self._end(slot)
        return bool(found)

    def _lose(self, now: int) -> None:
        """Give up what waited too long."""
        due, tally = self._due, self._tally
        while due:
            at, slot, serial = due[0]
            if self._serial[slot] == serial:
                if at > now:
                    return
                self._talk.give_up(slot)
                if self._counts[slot]:
                    tally.done += 1 if self._silent[slot] else 0
                    tally.lost += 0 if self._silent[slot] else 1
                self._end(slot)
            due.popleft()

    def _next(self, now: int, begin_ns: int, starting: bool) -> int:
        """When something is to be done, if nothing is heard before."""
        soonest = self._due[0][0] if self._due else now + _LONGEST_NS
        if starting and self._period:
            soonest = min(soonest, begin_ns + int(self._planned * self._period))
        return min(soonest, now + _LONGEST_NS)

    def _rest(self, poll: select.epoll, now: int, active: int, until: int) -> None:
        """Sleep until something comes, or it is nearly time."""
        if now - active < _BUSY_NS or until - now < _BUSY_NS:
            return
        # epoll's own wait has steps of a millisecond.
        select.select((poll,), (), (), (until - now - _SOONEST_NS) / S)
