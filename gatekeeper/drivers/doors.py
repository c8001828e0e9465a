"""What the packet loop waits for: doors that are listened to, and whatever else wakes it."""

import select
from collections import Counter
from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.drivers.access import WATCH
from gatekeeper.drivers.arrivals import MOST, Arrivals
from gatekeeper.drivers.links import Links
from gatekeeper.drivers.sockets import Door
from gatekeeper.heart.life import DHCP

AUTO: Final = "auto"
ALWAYS: Final = "always"
NOBODY: Final[frozenset[str]] = frozenset()


class Doors:
    """By their descriptors. A door's name says whose datagrams it hears: one of the heart's, or WATCH."""

    def __init__(self, counts: Counter[tuple[str, ...]], most: int = MOST) -> None:
        """counts, most: as of ``Arrivals``."""
        self.arrivals = Arrivals(counts, most)
        self.deaf = NOBODY  # names of doors that are not listened to for a while
        self._doors: dict[int, tuple[Door, str]] = {}
        self._dropped: dict[int, int] = {}  # as each door has told last
        self._runs, self._links = AUTO, Links()
        self._poll = select.epoll()

    def __contains__(self, descriptor: object) -> bool:
        return descriptor in self._doors

    def add_door(self, door: Door, name: str) -> None:
        """Listen to it from now on."""
        self._doors[door.fileno()] = (door, name)
        self._dropped[door.fileno()] = door.dropped()
        door.allow_runs(name != DHCP or self._runs == ALWAYS, name == DHCP and self._runs == AUTO)
        self._poll.register(door.fileno(), 0 if name in self.deaf else select.EPOLLIN)

    def remove_door(self, door: Door) -> None:
        """Listen to it no more. It is still open."""
        found = self._doors.pop(door.fileno(), None)
        if found:
            self.arrivals.forget(*found)
            self._poll.unregister(door.fileno())

    def watch(self, descriptor: int) -> None:
        """Wake up when this is readable; somebody else reads it."""
        self._poll.register(descriptor, select.EPOLLIN)

    def unwatch(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)

    def find(self, descriptor: int) -> tuple[Door, str] | None:
        """The door, and whose datagrams it hears."""
        return self._doors.get(descriptor)

    def wait(self, patience_s: float) -> list[int]:
        """Descriptors that something is to be taken from; none when so much time is over."""
        if not self.arrivals.lines:
            return [descriptor for descriptor, _ in self._poll.poll(patience_s)]
        behind = [door.fileno() for door in self.arrivals.lines]
        behind = [one for one in behind if self._doors[one][1] not in self.deaf]
        ready = [descriptor for descriptor, _ in self._poll.poll(0 if behind else patience_s)]
        return ready + [one for one in behind if one not in ready]

    def listen_to_all_but(self, deaf: frozenset[str]) -> None:
        """What doors of these names hear waits in the kernel, where it is bounded."""
        if deaf == self.deaf:
            return
        for descriptor, (_, name) in self._doors.items():
            if (name in deaf) != (name in self.deaf):
                self._poll.modify(descriptor, 0 if name in deaf else select.EPOLLIN)
        self.deaf = deaf

    def set_book(self, book: Policybook) -> None:
        """What it says of packets that wait, and of answers that leave together."""
        self.arrivals.max_age_s, self._runs = book.max_age_s, book.answer_runs
        self._allow_runs()

    def look(self) -> None:
        """Once a second: see what links there are, and count what has found receive buffers full."""
        if self._runs == AUTO:
            self._allow_runs()
        for descriptor, (door, name) in self._doors.items():
            if name == WATCH:
                continue
            before, self._dropped[descriptor] = self._dropped[descriptor], door.dropped()
            lost = self._dropped[descriptor] - before
            if lost > 0:
                self.arrivals.note_dropped(name, lost)

    def _allow_runs(self) -> None:
        """NASes are sockets, and get a run cut whatever it came by. A relay may listen to frames: it is tried."""
        dhcp = [door for door, name in self._doors.values() if name == DHCP]
        allowed = self._runs == ALWAYS or (self._runs == AUTO and bool(dhcp) and self._links.are_all_cards())
        for door in dhcp:
            door.allow_runs(allowed, self._runs == AUTO)
