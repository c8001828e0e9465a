"""In which sequence what comes in is decided, and what is not decided any more.

As long as all that waits fits into one reading, it is decided as it came. When a DHCP door has more it is read on, so
that who renews a lease goes before who ends an exchange, and he before who begins one: a server that is late with
renewals ends leases, one that is late with REQUESTs has made its offers for nothing. What has waited for longer than
the configuration allows is dropped: its box or NAS has asked again since. So is the least urgent of too many.
"""

import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Final

from gatekeeper.drivers.hearing import BATCH
from gatekeeper.drivers.sockets import NOTHING, Door, Heard
from gatekeeper.heart.life import DHCP
from gatekeeper.model import Datagram, Reason
from gatekeeper.wire import dhcp, radius
from gatekeeper.wire.dhcp_urgency import LEVELS, kind_of, urgency

MOST: Final = 32_768  # of one door: some 20 MB
_READINGS: Final = 8  # a round, where one is decided: else the urgent ones would be lost in the kernel's buffer
_LATE_AT_ONCE: Final = 512
_STANDS_S: Final = 10.0  # the last loss, for so long


class Line:
    """Those of one door who wait, the most urgent first, and of one urgency the oldest."""

    def __init__(self) -> None:
        # (when it came at the latest, on the monotonic clock; the datagram)
        self._levels: tuple[deque[tuple[float, Datagram]], ...] = tuple(deque() for _ in range(LEVELS))

    def __len__(self) -> int:
        return sum(map(len, self._levels))

    def put(self, datagrams: Iterable[Datagram], since: float) -> None:
        """since: when the first of them came."""
        levels = self._levels
        for datagram in datagrams:
            levels[urgency(datagram.data)].append((since, datagram))

    def take(self, most: int, not_before: float) -> tuple[list[Datagram], list[Datagram]]:
        """(so many at most, those met on the way that came earlier than that)."""
        taken: list[Datagram] = []
        late: list[Datagram] = []
        for level in self._levels:
            while level and len(taken) < most and len(late) < _LATE_AT_ONCE:
                since, datagram = level.popleft()
                (late if since < not_before else taken).append(datagram)
        return taken, late

    def put_out(self, most: int) -> list[Datagram]:
        """Those that are too many, if most may stay: the oldest of the least urgent."""
        out: list[Datagram] = []
        excess = len(self) - most
        for level in reversed(self._levels):
            while level and len(out) < excess:
                out.append(level.popleft()[1])
        return out


class Arrivals:
    """What doors have heard, as far as nobody has decided it yet."""

    def __init__(self, counts: Counter[tuple[str, ...]], most: int = MOST) -> None:
        """counts: the loop's; most: how many may wait at one door beside the kernel's buffer."""
        self.max_age_s = 0.0  # 0 = nothing is too old
        self._counts = counts
        self._most = most
        self.lines: dict[Door, Line] = {}  # of doors of which something waits here
        self._lost: Counter[str] = Counter()  # in this trouble, by what became of them
        self._lost_at = 0.0

    def hear(self, door: Door, name: str) -> Sequence[Datagram]:
        """What is to be decided now of what this door has; name: whose datagrams it hears. Raises OSError."""
        line = self.lines.get(door)
        heard = door.receive(self.max_age_s)
        if heard.late:
            self._drop(name, heard.late, Reason.STALE)
        if line is None:
            if not heard.is_full or name != DHCP:
                return heard.datagrams
            further = door.receive(self.max_age_s)
            self._drop(name, further.late, Reason.STALE)
            if further is NOTHING:
                return heard.datagrams
            line = self.lines[door] = Line()
            line.put(heard.datagrams, time.monotonic() - heard.waited_s)
            heard = further
        return self._hear_further(door, name, line, heard)

    def _hear_further(self, door: Door, name: str, line: Line, heard: Heard) -> Sequence[Datagram]:
        """Some more, beside the batch that was heard; of all of them a batch is to be decided."""
        read = time.monotonic()
        for reading in range(_READINGS):
            if reading:
                heard = door.receive(self.max_age_s)
                self._drop(name, heard.late, Reason.STALE)
            line.put(heard.datagrams, read - heard.waited_s)
            if not heard.is_full:
                break
        self._drop(name, line.put_out(self._most), Reason.OVERRUN)
        taken, late = line.take(BATCH, read - self.max_age_s if self.max_age_s else 0.0)
        self._drop(name, late, Reason.STALE)
        if not line:
            del self.lines[door]
        return taken

    def forget(self, door: Door, name: str) -> None:
        """It is listened to no more, and whom it has heard cannot be answered."""
        line = self.lines.pop(door, None)
        if line:
            self._drop(name, line.put_out(0), Reason.OVERRUN)

    def note_dropped(self, name: str, count: int) -> None:
        """So many have found the receive buffer full."""
        self._counts[_protocol(name), "receive-buffer-full"] += count
        self._lose("found the receive buffer full", count)

    def losses(self) -> str:
        """What was lost of late; "" = nothing."""
        if self._lost and time.monotonic() > self._lost_at + _STANDS_S:
            self._lost.clear()
        return ", ".join(f"{count} {how}" for how, count in self._lost.items())

    def _drop(self, name: str, datagrams: Sequence[Datagram], reason: Reason) -> None:
        if not datagrams:
            return
        protocol = _protocol(name)
        for datagram in datagrams:
            self._counts[protocol, message_name(name, datagram.data), "no-answer", reason] += 1
        self._lose(_HOW[reason], len(datagrams))

    def _lose(self, how: str, count: int) -> None:
        self._lost[how] += count
        self._lost_at = time.monotonic()


_HOW: Final = {Reason.STALE: "had waited too long", Reason.OVERRUN: "gave way to more urgent ones"}


def message_name(name: str, data: bytes) -> str:
    """What it says it is."""
    if name == DHCP:
        return dhcp.NAMES.get(kind_of(data), "DHCP")
    return radius.NAMES.get(data[0], "RADIUS") if data else "RADIUS"


def _protocol(name: str) -> str:
    return "dhcp" if name == DHCP else "radius"
