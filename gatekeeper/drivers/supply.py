"""What the heart needs, taken from where it is: facts and the change feed from the store, AAA's word, ARP probes.

A store that cannot be read is alarmed, and is no end of anything: see ``Heart.lookup_lost``.
"""

from collections.abc import Callable
from typing import Final

from gatekeeper.heart.life import Heart
from gatekeeper.heart.needs import Lookup, Probe
from gatekeeper.model import Reason
from gatekeeper.store import StoreError
from gatekeeper.store.ports import LoopPort
from gatekeeper.wire.aaa import UNREACHABLE, AaaQuestion

Alarm = Callable[[str, float], None]
_POLL_EVERY_S: Final = 0.005  # while packets queue


def nobody_asked(question: AaaQuestion, now: float) -> bool:
    """There is no AAA to ask."""
    return False


def nothing_probed(probe: Probe, now: float) -> bool:
    """There is no link to probe on."""
    return False


def nothing_read() -> None:
    """All leases are read."""


class Supply:
    """Over one store that answers at once. ``ask`` and ``probe`` begin what others hand to the heart when it is there;
    False: it cannot be had. ``read_fixed`` reads the leases of addresses that orders fix, where not all are read."""

    def __init__(self, heart: Heart, store: LoopPort, alarm: Alarm, seq: int, origin: str = "-") -> None:
        """seq: the end of the change feed before the heart's world was read. origin: who wrote what needs not be looked
        up again."""
        self._heart = heart
        self._store = store
        self._alarm = alarm
        self._seq = seq
        self._origin = origin
        self._version = -1
        self._next_poll = 0.0
        self.ask: Callable[[AaaQuestion, float], bool] = nobody_asked
        self.probe: Callable[[Probe, float], bool] = nothing_probed
        self.read_fixed: Callable[[], None] = nothing_read

    def meet(self, now: float) -> None:
        """Give the heart all that it needs, until it needs nothing more that is to be had at once."""
        while needs := self._heart.needs():
            if needs.lookup:
                self._look_up(needs.lookup, now)
            for question in needs.words:
                if not self.ask(question, now):
                    self._heart.heard_word(question, UNREACHABLE, now)
            for probe in needs.probes:
                if not self.probe(probe, now):
                    self._heart.not_probed(probe, now)

    def _look_up(self, lookup: Lookup, now: float) -> None:
        heart, number = self._heart, lookup.number
        try:
            facts = self._store.facts(lookup.macs) if lookup.macs else {}
            crowds = self._store.crowds(lookup.lines) if lookup.lines else {}
            leases = [(sought, self._store.leases_about(sought, now)) for sought in lookup.sought]
        except StoreError as error:
            self._alarm(f"{Reason.STORE_UNAVAILABLE}: {error}", now)
            heart.lookup_lost(lookup, now)
            return
        if facts:
            heart.facts_found(number, facts, now)
        if crowds:
            heart.crowds_found(number, crowds, now)
        for sought, found in leases:
            heart.leases_found(number, sought, found, now)

    def poll_feed(self, now: float, waited: bool = True) -> None:
        """Read the change feed if anybody else has written since the last time. Where nobody has, one page is read.

        waited: what is to be decided came after a pause in which somebody may have ordered, and the order is to take
        effect; else it stood in a queue, and a look every few milliseconds is enough.
        """
        if not waited and self._next_poll - _POLL_EVERY_S <= now < self._next_poll:  # nor was the clock set back
            return
        self._next_poll = now + _POLL_EVERY_S
        try:
            version = self._store.data_version()
        except StoreError as error:
            self._alarm(f"{Reason.STORE_UNAVAILABLE}: {error}", now)
            return
        if version != self._version and self.read_feed(now):
            self._version = version

    def read_feed(self, now: float) -> bool:
        """Tell the heart what orders have changed since the last time. False: that cannot be read now."""
        store, known = self._store, self._seq
        try:
            seq, macs, others = store.changes_since(known, self._origin)
            fixed = store.fixed_addresses() if others else None
            freed = store.freed_since(known) if others else ()
            if others:
                self.read_fixed()
        except StoreError as error:
            self._alarm(f"{Reason.STORE_UNAVAILABLE}: {error}", now)
            return False
        self._seq = seq
        self._heart.changed(macs, fixed, freed, now)
        return True
