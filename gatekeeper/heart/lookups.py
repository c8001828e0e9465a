"""What is looked up in the store, and which answers still count: what was read before a change is read again."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from gatekeeper.heart.needs import Lookup
from gatekeeper.heart.waiting import Key, Room, Waiting
from gatekeeper.policy.leasequery import Sought

LOOKUP_S: Final = 2.0
Found = TypeVar("Found")


class LookupRoom(Room[Key]):
    """A room for what is read in the store: which keys are to be asked, and which answers still count."""

    __slots__ = ("_asked", "to_ask")

    def __init__(self, name: str, most: int, patience_s: float) -> None:
        super().__init__(name, most, patience_s)
        self.to_ask: dict[Key, None] = {}
        # Under which number a key was asked; 0 = it has changed since, and is asked again when its answer is there.
        self._asked: dict[Key, int] = {}

    def enter(self, guest: Waiting, key: Key, now: float) -> Waiting | None:
        put_out = super().enter(guest, key, now)
        if put_out is None and key not in self._asked:
            self.to_ask[key] = None
        return put_out

    def wanted(self, number: int) -> list[Key]:
        """What is to be asked and was not yet."""
        keys = list(self.to_ask)
        self.to_ask.clear()
        for key in keys:
            self._asked[key] = number
        return keys

    def changed(self, keys: Iterable[Key] | None) -> None:
        """What is being read of these may be old; None = of all."""
        if self._asked:
            for key in self._asked.keys() if keys is None else keys:
                if key in self._asked:
                    self._asked[key] = 0

    def answered(self, number: int, key: Key) -> bool:
        """True if this answer counts. One that is old already is asked again."""
        asked = self._asked.get(key)
        if asked == number:
            del self._asked[key]
            return True
        if asked == 0:
            del self._asked[key]
            if key in self:
                self.to_ask[key] = None
        return False

    def counting(self, number: int, found: Mapping[Key, Found]) -> Mapping[Key, Found]:
        """What counts of an answer: nearly always all of it."""
        old = {key for key in found if not self.answered(number, key)}
        return {key: value for key, value in found.items() if key not in old} if old else found

    def overdue(self, now: float, most: int) -> list[Waiting]:
        left = super().overdue(now, most)
        for guest in left:
            if guest.key not in self:
                # Nobody waits any more: an answer that comes yet is not waited for by the next one.
                self.to_ask.pop(guest.key, None)
                self._asked.pop(guest.key, None)
        return left


class Lookups:
    """The three rooms of those who wait for something in the store: facts of a MAC, the crowd of a line, leases."""

    def __init__(self, most: int) -> None:
        """most: who may wait in each room."""
        self.facts: LookupRoom[bytes] = LookupRoom("waiting.facts", most, LOOKUP_S)
        self.crowds: LookupRoom[str] = LookupRoom("waiting.crowds", most, LOOKUP_S)
        self.leases: LookupRoom[Sought] = LookupRoom("waiting.leases", most, LOOKUP_S)
        self.rooms: tuple[LookupRoom[Any], ...] = (self.facts, self.crowds, self.leases)
        self._number = 0

    def enter(self, guest: Waiting, missing: bytes | str, now: float) -> Waiting | None:
        """Let it wait for what ``lacking`` names. Returns it if there is no room."""
        if isinstance(missing, bytes):
            return self.facts.enter(guest, missing, now)
        return self.crowds.enter(guest, missing, now)

    def changed(self, macs: Iterable[bytes] | None) -> None:
        """Facts of these may be others; None = of all. An order may have put any of them on another line."""
        self.facts.changed(macs)
        self.crowds.changed(None)

    def next(self) -> Lookup | None:
        """What is to be asked and was not yet."""
        if not (self.facts.to_ask or self.crowds.to_ask or self.leases.to_ask):
            return None
        number = self._number = self._number + 1
        macs, lines = tuple(self.facts.wanted(number)), tuple(self.crowds.wanted(number))
        return Lookup(number, macs, lines, tuple(self.leases.wanted(number)))

    def lost(self, lookup: Lookup) -> list[Waiting]:
        """It cannot be read: those who waited for it."""
        left: list[Waiting] = []
        lookups: tuple[tuple[LookupRoom[Any], tuple[Any, ...]], ...] = (
            (self.facts, lookup.macs),
            (self.crowds, lookup.lines),
            (self.leases, lookup.sought),
        )
        for room, keys in lookups:
            for key in keys:
                left += room.leave(key)
                room.answered(lookup.number, key)  # and nobody is left for whom it would be asked again
        return left
