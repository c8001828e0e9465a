"""A district that comes back after a power cut, all boxes within a second: who waits, who is dropped, and how often
each has to ask. Time, boxes and the kernel's buffer are made here; which message is decided when is what the loop does.

Boxes retransmit as RFC 2131 4.1 says: after 4, 8, 16 … s, each plus or minus a second, and begin again with DISCOVER
when four REQUESTs have had no answer.
"""

import heapq
import random
from collections import Counter, deque
from collections.abc import Sequence

import pytest

from gatekeeper.drivers.arrivals import MOST, Arrivals
from gatekeeper.drivers.hearing import BATCH
from gatekeeper.drivers.sockets import NOTHING, Heard
from gatekeeper.heart.life import DHCP
from gatekeeper.model import Datagram, Reason, Via
from tests.engine.bench import discover, renewing, selecting

# A part of a district of 100,000, on a machine that is as much slower, with as much less room.
SCALE = 5
BOXES = 100_000 // SCALE
ROOM = MOST // SCALE
KERNEL = 6_500 // SCALE
RENEWING = 500 // SCALE
VIA = Via("door", 1, raw=False)
ADDRESS = 0x0A140105


class Kernel:
    """A receive buffer that has room for so many, and a door to it."""

    name, segments = "kernel", False
    on_trial = False

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: deque[tuple[float, Datagram]] = deque()
        self.dropped_here = 0

    def put(self, data: bytes) -> None:
        if len(self.waiting) < KERNEL:
            self.waiting.append((self.now, Datagram(data, 1, 67, VIA)))
        else:
            self.dropped_here += 1

    def receive(self, max_age_s: float = 0.0) -> Heard:
        if not self.waiting:
            return NOTHING
        waited_s = self.now - self.waiting[0][0]
        found = [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]
        late = [one for at, one in found if self.now - at > max_age_s]
        return Heard([one for at, one in found if self.now - at <= max_age_s], late, len(found) == BATCH, waited_s)

    def fileno(self) -> int:
        return 0

    def dropped(self) -> int:
        return self.dropped_here

    def send(self, answer: bytes, to: object, via: object) -> None: ...
    def send_run(self, answers: Sequence[bytes], to: object, via: object) -> None: ...
    def allow_runs(self, allowed: bool, on_trial: bool = False) -> None: ...
    def refuse_runs(self) -> None: ...
    def close(self) -> None: ...


class Herd:
    """The boxes, those behind BOXES renew meanwhile; and what became of them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.tries = Counter[int]()  # of each box, the most that one of its two messages took
        self.served: dict[int, float] = {}
        self.has_offer: set[int] = set()
        self.asked: dict[int, int] = {}  # how often, its message of now
        self.began = {box: self.dice.random() for box in range(BOXES + RENEWING)}
        self.due: list[tuple[float, int, int]] = [(at, 0, box) for box, at in self.began.items()]
        heapq.heapify(self.due)
        self.turn: Counter[int] = Counter()

    def speak(self, kernel: Kernel) -> None:
        """Whoever's time it is."""
        while self.due and self.due[0][0] <= kernel.now:
            at, turn, box = heapq.heappop(self.due)
            if box in self.served or turn != self.turn[box]:
                continue
            asked = self.asked[box] = self.asked.get(box, 0) + 1
            if asked > 4 and box in self.has_offer:
                self.has_offer.discard(box)
                asked = self.asked[box] = 1
            self.tries[box] = max(self.tries[box], asked)
            mac = box.to_bytes(6, "big")
            if box >= BOXES:
                kernel.put(renewing(mac, ADDRESS))
            else:
                kernel.put(selecting(mac, ADDRESS) if box in self.has_offer else discover(mac))
            again = at + min(4 * 2 ** (asked - 1), 64) + self.dice.uniform(-1, 1)
            heapq.heappush(self.due, (again, turn, box))

    def hear(self, datagram: Datagram, now: float) -> None:
        """The server's answer."""
        box = int.from_bytes(datagram.data[28:34], "big")
        if box in self.served:
            return
        if datagram.data[242] == 3:
            self.served[box] = now
        elif box not in self.has_offer:
            self.has_offer.add(box)
            self.asked[box] = 0
            self.turn[box] += 1
            heapq.heappush(self.due, (now, self.turn[box], box))


def run(herd: Herd, monkeypatch: pytest.MonkeyPatch, exchanges_per_s: float) -> tuple[Arrivals, int]:
    """Until all are served, a minute at most: the arrivals, and the most that waited anywhere at once."""
    kernel = Kernel()
    arrivals = Arrivals(Counter(), most=ROOM)
    arrivals.max_age_s = 4.0
    monkeypatch.setattr("gatekeeper.drivers.arrivals.time.monotonic", lambda: kernel.now)
    most = 0
    while len(herd.served) < BOXES + RENEWING and kernel.now < 60:
        herd.speak(kernel)
        most = max(most, len(kernel.waiting) + sum(map(len, arrivals.lines.values())))
        decided = arrivals.hear(kernel, DHCP)
        kernel.now += len(decided) / 2 / exchanges_per_s if decided else 0.001
        for datagram in decided:
            herd.hear(datagram, kernel.now)
    return arrivals, most


@pytest.mark.parametrize("exchanges_per_s", [8_000, 14_000, 25_000])
def test_nobody_asks_more_than_three_times_and_memory_is_bounded(
    monkeypatch: pytest.MonkeyPatch, exchanges_per_s: int
) -> None:
    """As fast as this server is: without a compiler under other load, without one, with one. No REQUEST is lost: each
    has cost an offer."""
    herd = Herd(seed=exchanges_per_s)
    arrivals, most = run(herd, monkeypatch, exchanges_per_s / SCALE)
    assert len(herd.served) == BOXES + RENEWING
    assert max(herd.tries.values()) <= 3
    assert most <= ROOM + KERNEL
    dropped = {message for _, message, _, _ in arrivals._counts}
    assert dropped == {"DHCPDISCOVER"}
    assert arrivals._counts["dhcp", "DHCPDISCOVER", "no-answer", Reason.OVERRUN]


def test_who_renews_meanwhile_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long before the box asks again, which is after 3 s; a box's lease is not to end because others come."""
    herd = Herd(seed=2)
    run(herd, monkeypatch, 8_000 / SCALE)
    waited = [herd.served[box] - herd.began[box] for box in range(BOXES, BOXES + RENEWING)]
    assert max(waited) < 0.5
    others = sorted(herd.served[box] - herd.began[box] for box in range(BOXES))
    assert others[len(others) // 2] > 1.0, "there was no pressure"


def test_a_machine_that_cannot_do_it_drops_what_is_old_and_not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of that speed, as with a slow disk: boxes whose DISCOVER waited for 4 s have sent another one."""
    herd = Herd(seed=3)
    arrivals, most = run(herd, monkeypatch, 4_000 / SCALE)
    assert len(herd.served) == BOXES + RENEWING
    assert most <= ROOM + KERNEL
    assert arrivals._counts["dhcp", "DHCPDISCOVER", "no-answer", Reason.STALE]
