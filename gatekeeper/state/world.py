"""Facts by MAC, a bounded cache over the store, and the pools. What is looked up outside is taken in here; effects are
applied here at once, and settled when the commit has them on disk."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import (
    NO_FACTS,
    Action,
    Binding,
    Effect,
    Facts,
    Lease,
    Outcome,
    PortId,
    PortLearned,
)
from gatekeeper.state.bounded import bounded
from gatekeeper.state.effects import EFFECTS
from gatekeeper.state.held import Part
from gatekeeper.state.pools import Pools
from gatekeeper.value import Value

MAX_KNOWN: Final = 500_000
MAX_UNKNOWN: Final = 65_536
MAX_CROWDS: Final = 65_536


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Flight(Value):
    """Leases of one box that are on their way to disk.

    lease: the last of them, None = that one is lost; until: when the box's address ends on disk at the earliest,
    whichever of them gets there, 0 = it has none there, or they are more than extensions; many: how many there are;
    since: when the one that is on disk was given.
    """

    __slots__ = ("lease", "until", "many", "since")

    def __init__(self, lease: Lease | None, until: int, many: int, since: int) -> None:
        self.lease: Final = lease
        self.until: Final = until
        self.many: Final = many
        self.since: Final = since


class World:
    """What one packet process knows."""

    def __init__(self, pools: Pools) -> None:
        self.pools = pools
        self._known: dict[bytes, Facts] = {}
        # Strangers apart, so that a flood of invented MACs pushes out strangers only.
        self._unknown: dict[bytes, Facts] = {}
        # Leases applied here and not yet on disk: what the store says of them meanwhile is old.
        self._in_flight: dict[bytes, Flight] = {}
        # Bindings as they were when their account's port was seen, while that is on its way to disk.
        self._learning: dict[bytes, Binding] = {}
        # How many boxes are bound to a line.
        self._crowds: dict[str, int] = {}
        # Names under which the store may have an access node -> the one that it goes by.
        self._nodes: dict[str, str] = {}

    def join(self, nodes: Mapping[str, str]) -> None:
        """[binding] port_names: a port that was learned or ordered under one of these names is of that node."""
        if nodes != self._nodes:
            self._nodes = dict(nodes)
            self.forget(None)

    def knows(self, mac: bytes) -> bool:
        """True if what is known of the MAC, be it nothing, needs not be looked up."""
        return mac in self._known or mac in self._unknown

    def take_facts(self, facts: Mapping[bytes, Facts]) -> None:
        """Take facts from the store. A lease on record proves whose its address is, if that was not read yet."""
        reading = self.pools.is_reading()
        for mac, found in facts.items():
            if reading and found.lease:
                one = found.lease
                declined = (True,) if one.state == "declined" else (False,)
                self.pools.take(Part((one.address,), one.mac, (one.expires_at,), declined))
            flight = self._in_flight.get(mac)
            lease = flight.lease if flight and flight.lease else found.lease
            if lease and lease.state == "declined":
                lease = None
            if found.binding is None and lease is None:
                bounded(self._unknown, MAX_UNKNOWN)[mac] = NO_FACTS
            else:
                binding = self._joined(found.binding) if self._nodes else found.binding
                bounded(self._known, MAX_KNOWN)[mac] = Facts(binding, lease)

    def _joined(self, binding: Binding | None) -> Binding | None:
        port = binding.port if binding else None
        if binding is None or port is None or port.qualifier not in self._nodes:
            return binding
        node = self._nodes[port.qualifier]
        text = f"{node}|{port.text.partition('|')[2]}"
        return binding._replace(port=port._replace(text=text, qualifier=node))

    def missing_crowd(self, mac: bytes, port: PortId | None) -> str | None:
        """The line (``PortId.line``) whose boxes must be counted: the box's account is about to be bound to it."""
        facts = self._known.get(mac)
        if (
            port is None
            or port.vague
            or facts is None
            or facts.binding is None
            or facts.binding.port_state != "unlearned"
        ):
            return None
        line = port.line()
        return None if line in self._crowds else line

    def take_crowds(self, crowds: Mapping[str, int]) -> None:
        """Take from the store how many boxes are bound to these lines."""
        if len(self._crowds) >= MAX_CROWDS:
            self._crowds.clear()
        self._crowds.update(crowds)

    def crowd(self, binding: Binding | None, port: PortId | None) -> int:
        """Boxes bound to the port where this binding's account would be bound to it; else 0."""
        if not self._crowds or port is None or port.vague or binding is None or binding.port_state != "unlearned":
            return 0
        return self._crowds.get(port.line(), 0)

    def is_full(self) -> bool:
        """True if the next box taken in pushes another one out."""
        return len(self._known) >= MAX_KNOWN

    def facts(self, mac: bytes) -> Facts:
        """What is known of the MAC; nothing, if it was not looked up."""
        return self._known.get(mac, NO_FACTS)

    def is_first(self, offer: Outcome) -> bool:
        """True for an offer of an address, and one that is not already the box's own."""
        if offer.verdict.action is not Action.OFFER:
            return False
        lease = self.facts(offer.mac).lease
        return lease is None or lease.address != offer.verdict.address

    def forget(self, macs: Iterable[bytes] | None) -> None:
        """Somebody else may have changed these: look them up again before their next packet; None = all."""
        if self._in_flight:
            for mac in self._in_flight.keys() if macs is None else self._in_flight.keys() & set(macs):
                self._in_flight[mac] = self._in_flight[mac]._replace(until=0)
        self._look_up_again(macs)

    def _look_up_again(self, macs: Iterable[bytes] | None) -> None:
        self._crowds.clear()  # an order may have put any of them elsewhere
        self.pools.framed.doubt(macs)
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
            EFFECTS[type(effect)].apply(self, effect, subnet, now)

    def settle(self, effects: Sequence[Effect]) -> None:
        """These are on disk."""
        for effect in effects:
            EFFECTS[type(effect)].settle(self, effect)

    def lose(self, effects: Sequence[Effect], lost: AbstractSet[int]) -> None:
        """No answer may come of these. lost: places of those that another's claim beat; none = the store failed."""
        for place, effect in enumerate(effects):
            EFFECTS[type(effect)].lose(self, effect, place in lost)

    # What the rows of EFFECTS do with facts.

    def send_lease(self, lease: Lease) -> None:
        """It is the box's from now on, and on its way to disk."""
        mac = lease.mac
        known = self._known.get(mac, NO_FACTS)
        last = known.lease
        active = lease.state == "active"
        self._known[mac] = Facts(known.binding, lease if active or lease.state != "declined" else None)
        flight, until, since = self._in_flight.get(mac), 0, 0
        if active and last and last.address == lease.address and last.state == "active":
            until = min(flight.until if flight else last.expires_at, lease.expires_at)
            since = flight.since if flight else last.last_seen
        self._in_flight[mac] = Flight(lease, until, flight.many + 1 if flight else 1, since)

    def kept(self, mac: bytes) -> tuple[int, int]:
        """When the lease ends that this box has on disk, of which extensions are on their way, and when it was given;
        0 as in Flight."""
        flight = self._in_flight.get(mac)
        return (flight.until, flight.since) if flight else (0, 0)

    def is_on_its_way(self, mac: bytes) -> bool:
        """True if what memory has for this box's lease is not on disk yet, or may never be."""
        return mac in self._in_flight

    def settle_lease(self, lease: Lease) -> None:
        """It is on disk. A younger one of the box may still be on its way."""
        flight = self._in_flight.get(lease.mac)
        if flight:
            self._land(lease.mac, flight, flight.lease)

    def drop_lease(self, mac: bytes) -> None:
        """It will not be on disk: the box is looked up again."""
        flight = self._in_flight.get(mac)
        if flight:
            self._land(mac, flight, None)
        self._look_up_again((mac,))

    def _land(self, mac: bytes, flight: Flight, last: Lease | None) -> None:
        """One of the box's has ended."""
        if flight.many == 1:
            del self._in_flight[mac]
        else:
            self._in_flight[mac] = Flight(last, flight.until, flight.many - 1, flight.since)

    def send_port(self, learned: PortLearned) -> None:
        """It is on its way to disk, and binds nobody before it is there.

        Until then a second port is neither right nor wrong, and the store lets only the first one win.
        """
        binding = self._known.get(learned.mac, NO_FACTS).binding
        if binding:
            self._learning[learned.mac] = binding
            if self._crowds:  # else nobody counts
                line = learned.port.line()
                self._crowds[line] = self._crowds.get(line, 0) + 1

    def settle_port(self, learned: PortLearned) -> None:
        """It is on disk and binds the box, unless that was looked up anew since: what was found then may be younger.

        The account's other boxes learn of it through the change feed.
        """
        known = self._known.get(learned.mac, NO_FACTS)
        binding = known.binding
        if binding and binding is self._learning.pop(learned.mac, None):
            bound = binding._replace(port=learned.port, port_state="learned")
            self._known[learned.mac] = Facts(bound, known.lease)

    def drop_port(self, mac: bytes) -> None:
        """Another port was first, or the store failed: the box is looked up again."""
        self._learning.pop(mac, None)
        self._look_up_again((mac,))
