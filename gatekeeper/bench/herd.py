"""A herd: boxes that boot at once after a power cut, and retransmit as RFC 2131 4.1 wants it.

Each box begins at a moment of its own within the time that was asked for, waits 4, 8, 16, 32 and 64 s for an answer,
each ± 1 s, and says the same again; after the last wait it begins anew (4.4.1). A NAK sends it back to DISCOVER after
the first wait.
"""

import random
import select
from collections.abc import Callable
from typing import Final, NamedTuple

from gatekeeper.bench.dhcp import DhcpTalk
from gatekeeper.bench.door import Door
from gatekeeper.bench.talk import GOES_ON, refused
from gatekeeper.bench.tally import CLOCK

S: Final = 1_000_000_000
_WAITS_S: Final = (4, 8, 16, 32, 64)  # RFC 2131 4.1
_STEP_NS: Final = 10_000_000
_TOLD_EVERY_NS: Final = 250_000_000
_SEND_MOST: Final = 512  # between two looks at what came


class HerdPace(NamedTuple):
    """within_s: all boxes begin in this time; limit_s: after which the rest is left unbound."""

    within_s: float
    limit_s: float


class Herd:
    """All boxes of the talk's crowd, one slot each. Latency in the tally is from a box's start to its lease."""

    def __init__(
        self, talk: DhcpTalk, door: Door, pace: HerdPace, dice: random.Random, tell: Callable[[float, int], None]
    ) -> None:
        """tell: share of the boxes that are bound, and how many; four times a second."""
        self._talk = talk
        self._tally = talk.tally
        self._door = door
        self._dice = dice
        self._tell = tell
        self._limit_ns = round(pace.limit_s * S)
        self._starts = sorted(dice.random() * pace.within_s * S for _ in range(talk.slots))
        self._started = 0
        self._began_at = [0] * talk.slots
        self._tries = [0] * talk.slots  # datagrams, less those that answered an answer at once
        self._wait = [0] * talk.slots  # of _WAITS_S, the one that runs
        self._bound = [False] * talk.slots
        self._timer = [0] * talk.slots  # the step at which it ends: an older entry of ``_timers`` says nothing
        self._timers: dict[int, list[int]] = {}
        self._step = 0
        self.bound_ns = 0  # from the first box's start until the last one was bound

    def tries(self) -> list[int]:
        """How many of the bound needed 1, 2, 3, … tries."""
        counted = [0] * (max(self._tries, default=0) + 1)
        for box, tries in enumerate(self._tries):
            if self._bound[box]:
                counted[tries] += 1
        return counted[1:]

    def run(self) -> None:
        """Until all are bound, or the limit. Raises OSError."""
        tally, outbox = self._tally, self._talk.outbox
        tally.counting = True
        poll = select.epoll()
        poll.register(self._door.fileno(), select.EPOLLIN)
        try:
            start = told = CLOCK()
            while True:
                now = CLOCK()
                if now >= told:
                    told = now + _TOLD_EVERY_NS
                    self._tell(tally.done / self._talk.slots, tally.done)
                if tally.done == self._talk.slots or now - start > self._limit_ns:
                    break
                self._begin(now, start)
                self._repeat(now, start)
                if outbox[0]:
                    tally.sent += len(outbox[0])
                    self._door.send(outbox[0])
                    outbox[0] = []
                if poll.poll(0 if self._started < self._talk.slots else 0.002, 1):
                    self._receive(start)
        finally:
            poll.close()
        tally.lost = self._talk.slots - tally.done

    def _begin(self, now: int, start: int) -> None:
        """Boxes whose moment has come, a bounded number."""
        starts, talk = self._starts, self._talk
        most = min(len(starts), self._started + _SEND_MOST)
        while self._started < most and start + starts[self._started] <= now:
            slot = self._started
            self._started += 1
            talk.take(slot, slot)
            talk.open(slot, now)
            self._began_at[slot] = now
            self._tries[slot] = 1
            self._set_timer(slot, now, start)

    def _set_timer(self, slot: int, now: int, start: int) -> None:
        wait_s = _WAITS_S[self._wait[slot]] + self._dice.uniform(-1, 1)
        step = (now - start + round(wait_s * S)) // _STEP_NS + 1
        self._timer[slot] = step
        self._timers.setdefault(step, []).append(slot)

    def _repeat(self, now: int, start: int) -> None:
        """Those that have waited in vain."""
        current = (now - start) // _STEP_NS
        while self._step < current:
            self._step += 1
            for slot in self._timers.pop(self._step, ()):
                if self._timer[slot] == self._step and not self._bound[slot]:
                    self._again(slot, now, start)

    def _again(self, slot: int, now: int, start: int) -> None:
        self._tries[slot] += 1
        self._wait[slot] += 1
        if self._wait[slot] == len(_WAITS_S) or not self._talk.is_open(slot):
            self._wait[slot] = 0
            self._talk.open(slot, now)
        else:
            secs = min(0xFFFF, (now - self._began_at[slot]) // S)
            self._talk.say(slot, secs.to_bytes(2, "big"), now)
        self._set_timer(slot, now, start)

    def _receive(self, start: int) -> None:
        tally, talk = self._tally, self._talk
        found = self._door.receive()
        now = CLOCK()
        tally.heard += len(found)
        for data in found:
            slot = talk.heard(0, data, now)
            if slot < 0:
                if slot < GOES_ON:
                    tally.refused += 1
                waits = refused(slot) if slot < GOES_ON else talk.went_on
                talk.went_on = GOES_ON
                if waits >= 0:
                    self._wait[waits] = 0
                    self._set_timer(waits, now, start)
                continue
            self._bound[slot] = True
            tally.done += 1
            tally.took.add(now - self._began_at[slot])
            self.bound_ns = now - start
