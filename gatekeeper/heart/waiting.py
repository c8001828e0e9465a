"""Waiting rooms. One rule of time and one of overflow for all of them: whoever has waited for as long as the room lets
him, or finds it full, goes on without what he waits for. What that means for a question stands in ``life``.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from math import inf
from typing import Any, Generic, Protocol, TypeVar

from gatekeeper.model import Outcome
from gatekeeper.wire.aaa import AaaQuestion

Key = TypeVar("Key", bound=Hashable)


class Waiting:
    """A question that waits: by which door it came, who decides, what has come of it so far."""

    __slots__ = ("asked", "door", "due", "key", "mouth", "outcome", "question", "rounds")
    key: Any  # what it waits for, and until when: the room says that
    due: float

    def __init__(self, mouth: str, question: Any, door: object) -> None:
        self.mouth = mouth
        self.question = question  # of its mouth's own kind
        self.door = door
        self.outcome: Outcome | None = None  # decided, and on its way to the disk or the link
        self.asked: AaaQuestion | None = None
        self.rounds = 0  # how often something was looked up for it


Without = Callable[[Waiting, float], None]  # what it goes on with, then


class Room(Generic[Key]):
    """Those who wait for one kind of thing, by what they wait for, in the sequence in which they came."""

    __slots__ = ("_by_key", "most", "name", "patience_s", "single", "turned_away", "waiting")

    def __init__(self, name: str, most: int, patience_s: float, single: bool = False) -> None:
        """name: that counters call it by. single: one at a time for each key, the youngest."""
        self.name = name
        self.most = most
        self.patience_s = patience_s
        self.single = single
        self.turned_away = 0  # how many found it full, until somebody takes that down
        # All have the same patience, so that the sequence of coming is that of going.
        self.waiting: OrderedDict[Waiting, None] = OrderedDict()
        self._by_key: dict[Key, list[Waiting]] = {}

    def __len__(self) -> int:
        return len(self.waiting)

    def __contains__(self, key: Key) -> bool:
        return key in self._by_key

    def enter(self, guest: Waiting, key: Key, now: float) -> Waiting | None:
        """Let it wait for key. Returns whom that puts out: an older one with the same key, itself if it is full."""
        put_out = None
        mine = self._by_key.get(key)
        if mine is not None and self.single:
            put_out = mine.pop()
            del self.waiting[put_out]
        elif len(self.waiting) >= self.most:
            self.turned_away += 1
            return guest
        guest.key, guest.due = key, now + self.patience_s
        self.waiting[guest] = None
        if mine is None:
            self._by_key[key] = [guest]
        else:
            mine.append(guest)
        return put_out

    def first(self, key: Key) -> Waiting | None:
        """The one that has waited longest for key; it goes on waiting."""
        mine = self._by_key.get(key)
        return mine[0] if mine else None

    def leave(self, key: Key) -> list[Waiting]:
        """All that wait for key, the first one first; they wait no more."""
        return self.leave_all((key,))

    def leave_all(self, keys: Iterable[Key]) -> list[Waiting]:
        """All that wait for any of these; they wait no more."""
        left: list[Waiting] = []
        pop, waiting = self._by_key.pop, self.waiting
        for key in keys:
            for guest in pop(key, ()):
                del waiting[guest]
                left.append(guest)
        return left

    def overdue(self, now: float, most: int) -> list[Waiting]:
        """Those whose time is over, so many at most; they wait no more."""
        left: list[Waiting] = []
        while self.waiting and len(left) < most:
            guest = next(iter(self.waiting))
            if guest.due > now:
                break
            self._drop(guest)
            left.append(guest)
        return left

    def clear(self) -> list[Waiting]:
        """All of them; they wait no more."""
        left = list(self.waiting)
        self.waiting.clear()
        self._by_key.clear()
        return left

    def next_due(self) -> float:
        """When the next one's time is over; infinity where none's will be."""
        return next(iter(self.waiting)).due if self.waiting else inf

    def _drop(self, guest: Waiting) -> None:
        del self.waiting[guest]
        same = self._by_key[guest.key]
        same.remove(guest)
        if not same:
            del self._by_key[guest.key]


class Counted(Protocol):
    """A room that counts those who found it full."""

    name: str
    turned_away: int


def turned_away(rooms: Iterable[Counted]) -> dict[tuple[str, ...], int]:
    """How many found no room since the last time, as counters call it."""
    counts: dict[tuple[str, ...], int] = {}
    for room in rooms:
        if room.turned_away:
            counts[(*room.name.split("."), "too-many")] = room.turned_away
            room.turned_away = 0
    return counts
