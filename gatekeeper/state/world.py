"""Facts by MAC, a bounded cache over the store, and the pools. The driver fetches facts and admits them; effects are
applied here at once, and settled when the commit has them on disk."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import TypeVar

from gatekeeper.model import (
    NO_FACTS,
    Action,
    AddressDeclined,
    AddressOffered,
    Admitted,
    Binding,
    Effect,
    Facts,
    Lease,
    LeaseBound,
    LeaseReleased,
    OfferForgotten,
    Outcome,
    PortId,
    PortLearned,
    Reason,
    Refused,
    make,
)
from gatekeeper.state.nas import NasCounts, NasSeen
from gatekeeper.state.pools import Pools

_Value = TypeVar("_Value")

MAX_KNOWN = 500_000
MAX_UNKNOWN = 65_536
MAX_REFUSALS = 4_096
MAX_CROWDS = 65_536
MAX_MET = 500_000
ADMITTED_EVERY_S = 3600
MAX_LIMITED = 1_024  # no further box is listed just because of RATE_LIMITED: a flood of invented MACs leaves room


class World:
    """What one packet process knows."""

    def __init__(self, pools: Pools) -> None:
        self.pools = pools
        self.nas = NasCounts()
        self._known: dict[bytes, Facts] = {}
        # Strangers apart, so that a flood of invented MACs pushes out strangers only.
        self._unknown: dict[bytes, Facts] = {}
        # Leases applied here and not yet on disk: what the store says of them meanwhile is old.
        self._in_flight: dict[bytes, Lease] = {}
        # Bindings as they were when their account's port was seen, while that is on its way to disk.
        self._learning: dict[bytes, Binding] = {}
        self._refusals: dict[bytes, Refused] = {}
        # How many boxes are bound to a line.
        self._crowds: dict[str, int] = {}
        # Who was let in last, where and when; and those of them that nobody has drained yet.
        self._met: dict[bytes, Admitted] = {}
        self._news: list[Admitted] = []

    def missing(self, macs: Iterable[bytes]) -> list[bytes]:
        """Those whose facts must be fetched, each once."""
        known, unknown = self._known, self._unknown
        return list({mac: None for mac in macs if mac not in known and mac not in unknown})

    def take_facts(self, facts: dict[bytes, Facts]) -> None:
        """Take facts from the store."""
        for mac, found in facts.items():
            lease = self._in_flight.get(mac, found.lease)
            if lease and lease.state == "declined":
                lease = None
            if found.binding is None and lease is None:
                _bounded(self._unknown, MAX_UNKNOWN)[mac] = NO_FACTS
            else:
                _bounded(self._known, MAX_KNOWN)[mac] = Facts(found.binding, lease)

    def missing_crowds(self, seen: Iterable[tuple[bytes, PortId | None]]) -> list[str]:
        """Lines (``PortId.line``) whose boxes must be counted: those that an account is about to be bound to."""
        known = self._known
        lines: dict[str, None] = {}
        for mac, port in seen:
            facts = known.get(mac)
            if port and facts and facts.binding and facts.binding.port_state == "unlearned":
                lines[port.line()] = None
        return [line for line in lines if line not in self._crowds] if lines else []

    def take_crowds(self, crowds: dict[str, int]) -> None:
        """Take from the store how many boxes are bound to these lines."""
        if len(self._crowds) >= MAX_CROWDS:
            self._crowds.clear()
        self._crowds.update(crowds)

    def crowd(self, binding: Binding | None, port: PortId | None) -> int:
        """Boxes bound to the port where this binding's account would be bound to it; else 0."""
        if port is None or binding is None or binding.port_state != "unlearned":
            return 0
        return self._crowds.get(port.line(), 0)

    def is_full(self) -> bool:
        """True if the next box admitted pushes another one out."""
        return len(self._known) >= MAX_KNOWN

    def facts(self, mac: bytes) -> Facts:
        """What is known of the MAC; nothing, if it was not admitted."""
        return self._known.get(mac, NO_FACTS)

    def is_first(self, offer: Outcome) -> bool:
        """True for an offer of an address, and one that is not already the box's own."""
        if offer.verdict.action is not Action.OFFER:
            return False
        lease = self.facts(offer.mac).lease
        return lease is None or lease.address != offer.verdict.address

    def forget(self, macs: Iterable[bytes] | None) -> None:
        """Look these up again before their next packet; None = all."""
        self._crowds.clear()  # an order may have put any of them elsewhere
        if macs is None:
            self._known.clear()
            self._unknown.clear()
            return
        for mac in macs:
            self._known.pop(mac, None)
            self._unknown.pop(mac, None)

    def apply(self, effects: Sequence[Effect], subnet: int, now: float) -> None:
        """Make the effects true in memory. subnet: index of the one that their addresses belong to."""
        for effect in effects:
            if isinstance(effect, AddressOffered):
                self.pools.offer(effect.mac, effect.address, effect.until, now)
            elif isinstance(effect, LeaseBound):
                self._set_lease(effect.lease)
                self.pools.hold(subnet, effect.lease.address, effect.lease.mac, effect.lease.expires_at)
                if effect.ended:
                    self.pools.release(subnet, effect.ended, effect.lease.mac, effect.lease.last_seen)
            elif isinstance(effect, LeaseReleased):
                self._set_lease(effect.lease)
                self.pools.release(subnet, effect.lease.address, effect.lease.mac, effect.lease.expires_at)
            elif isinstance(effect, AddressDeclined):
                self._set_lease(effect.lease)
                self.pools.quarantine(subnet, effect.lease.address, effect.lease.expires_at)
            elif isinstance(effect, OfferForgotten):
                self.pools.forget_offer(effect.mac)
            elif isinstance(effect, PortLearned):
                # It binds nobody before it is on disk: until then a second port is neither right nor wrong, and the
                # store lets only the first one win.
                binding = self._known.get(effect.mac, NO_FACTS).binding
                if binding:
                    self._learning[effect.mac] = binding
                    line = effect.port.line()
                    self._crowds[line] = self._crowds.get(line, 0) + 1

    def _set_lease(self, lease: Lease) -> None:
        facts = self._known.get(lease.mac, NO_FACTS)
        self._known[lease.mac] = make(Facts, (facts.binding, lease if lease.state != "declined" else None))
        self._in_flight[lease.mac] = lease

    def _learn(self, effect: PortLearned) -> None:
        # The account's other boxes learn of it through the change feed. What was looked up anew since may be younger.
        binding, lease = self._known.get(effect.mac, NO_FACTS)
        if binding and binding is self._learning.pop(effect.mac, None):
            account, subscriber, stbid, state, rate, _, _, address, acs_url, order = (
                binding  # _replace costs five times this
            )
            port = effect.port
            bound = Binding(account, subscriber, stbid, state, rate, port, "learned", address, acs_url, order)
            self._known[effect.mac] = Facts(bound, lease)

    def settle(self, effects: Iterable[Effect]) -> None:
        """These are on disk."""
        for effect in effects:
            if isinstance(effect, PortLearned):
                self._learn(effect)
            elif isinstance(effect, LeaseBound | LeaseReleased | AddressDeclined) and (
                self._in_flight.get(effect.lease.mac) is effect.lease
            ):
                del self._in_flight[effect.lease.mac]

    def lose(self, effects: Iterable[Effect], taken: AbstractSet[Effect]) -> None:
        """No answer may come of these. taken: those whose address another box has, not because the store failed."""
        for effect in effects:
            if isinstance(effect, LeaseBound | LeaseReleased | AddressDeclined):
                self._in_flight.pop(effect.lease.mac, None)
                self.forget((effect.lease.mac,))
                if effect in taken and isinstance(effect, LeaseBound):
                    self.pools.block(effect.lease.address, effect.lease.expires_at)
            elif isinstance(effect, PortLearned):
                self._learning.pop(effect.mac, None)
                self.forget((effect.mac,))

    def refuse(self, mac: bytes, protocol: str, reason: Reason, port: str, now: float, bound: str = "") -> None:
        """Count a refused box, with where it is and should be; drained into the store every second or so."""
        found = self._refusals.get(mac)
        limited = reason is Reason.RATE_LIMITED
        if found and limited and found.reason is not reason:
            # Why the box is refused says more than that it asks too often.
            self._refusals[mac] = found._replace(times=found.times + 1)
        elif found:
            counted = mac, protocol, reason, port, found.times + 1, found.first_seen, int(now), bound
            self._refusals[mac] = make(Refused, counted)
        elif not limited or len(self._refusals) < MAX_LIMITED:
            first = Refused(mac, protocol, reason, port, 1, int(now), int(now), bound)
            _bounded(self._refusals, MAX_REFUSALS)[mac] = first

    def meet(self, mac: bytes, account: str, where: str, port: str, now: float) -> None:
        """A box was let in by RADIUS: news, if it was not let in there within the last hour."""
        met = self._met.get(mac)
        if (
            met
            and met.where == where
            and met.port == port
            and now < met.at + ADMITTED_EVERY_S
            and met.account == account
        ):
            return
        found = Admitted(mac, account, where, port, int(now))
        _bounded(self._met, MAX_MET)[mac] = found
        if len(self._news) < MAX_REFUSALS:
            self._news.append(found)

    def drain_admitted(self) -> list[Admitted]:
        """Who was let in that is news since the last time."""
        drained, self._news = self._news, []
        return drained

    def drain_refusals(self) -> list[Refused]:
        """What was refused since the last time."""
        drained = list(self._refusals.values())
        self._refusals.clear()
        return drained

    def drain_nas(self) -> list[NasSeen]:
        """What the RADIUS clients sent since the last time."""
        return self.nas.drain()


def _bounded(table: dict[bytes, _Value], most: int) -> dict[bytes, _Value]:
    """The table, with room for more: when it is full the oldest sixteenth goes.

    One at a time would cost more and more: a dict steps over the holes at its front to find its oldest key.
    """
    if len(table) >= most:
        for key in list(islice(table, most // 16)):
            del table[key]
    return table
