"""The sequence of a packet, and nothing else has it: see the laws in the package.

As in h11 and aioquic, ``receive`` and answers go in; ``needs``, ``next_batch``, ``told`` and ``next_due`` come out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from gatekeeper.engine.leasequery import LeaseQuestion
from gatekeeper.heart.batches import Promise
from gatekeeper.heart.commits import ALL_FIT, Commits
from gatekeeper.heart.elsewhere import Elsewhere
from gatekeeper.heart.endings import Endings
from gatekeeper.heart.lookups import Lookups
from gatekeeper.heart.needs import Batch, Lookup, Needs, Probe, lacking
from gatekeeper.heart.ports import Mouths
from gatekeeper.heart.told import Bug, Told
from gatekeeper.heart.waiting import Room, Waiting, Without, turned_away
from gatekeeper.model import Datagram, Facts, Lease, Outcome, Reason
from gatekeeper.policy.leasequery import Sought
from gatekeeper.state.world import World
from gatekeeper.wire.aaa import UNREACHABLE, AaaQuestion, Grant

DHCP: Final = "dhcp"
AUTHENTICATION: Final = "authentication"
ACCOUNTING: Final = "accounting"
MOST: Final = 4096  # in each room
_MOST_ROUNDS: Final = 8
_AT_ONCE: Final = 64  # of one room, whose time is over: other packets are to have their turn


class Heart:
    """One packet process without its sockets, clock and disk. The time is an argument, Unix seconds, and goes on."""

    def __init__(
        self,
        mouths: Mouths,
        world: World,
        probing: frozenset[str] = frozenset(),
        most: int = MOST,
        listener: Callable[[Told], None] | None = None,
    ) -> None:
        """probing: names of doors for frames on whose links an address is probed before it is offered first. most: how
        many may wait in each room. listener: is told at once how each question ends; None = ``told`` is asked."""
        self._world = world
        self._probing = probing
        self._lookups = Lookups(most)
        self._elsewhere = Elsewhere(most)
        self._ends = Endings(world, listener)
        self._commits = Commits(world, self._ends, most)
        self._gather, self._batches = self._commits.gather, self._commits.batches
        self._rooms: tuple[tuple[Room[Any], Without], ...] = (
            *((room, self._unreadable) for room in self._lookups.rooms),
            (self._elsewhere.words, self._unheard),
            (self._elsewhere.probes, self._unclaimed),
        )
        self.set_mouths(mouths)

    # What goes in.

    def set_mouths(self, mouths: Mouths) -> None:
        """Go on with the engines of another Policybook. What waits is decided by them."""
        self._dhcp = self._commits.dhcp = mouths.dhcp
        self._mouths = self._ends.mouths = {
            DHCP: mouths.dhcp,
            AUTHENTICATION: mouths.authentication,
            ACCOUNTING: mouths.accounting,
        }
        self._counts_boxes = mouths.counts_boxes
        self._asks = mouths.aaa_s > 0
        self._elsewhere.words.patience_s = mouths.aaa_s

    def receive(self, name: str, datagrams: Iterable[Datagram], door: object, now: float) -> None:
        """Datagrams that one door had. name: whose they are, DHCP, AUTHENTICATION or ACCOUNTING."""
        mouth, questions = self._mouths[name], []
        # First all are read, then all are decided: what one of the two takes stays at hand for the next packet.
        for datagram in datagrams:
            try:
                heard = mouth.read(datagram, now)
            except Exception as bug:
                self._ends.bugs.append(Bug(bug, datagram, now))
                continue
            if isinstance(heard, Outcome):
                self._ends.tell(mouth, heard, door, now)
            else:
                questions.append(heard)
        for question in questions:
            if isinstance(question, LeaseQuestion):
                guest = Waiting(name, question, door)
                self._enter(self._lookups.leases.enter(guest, question.sought, now), guest, self._unreadable, now)
            else:
                self._advance(name, question, door, now, None)

    def changed(
        self, macs: Sequence[bytes] | None, fixed: Iterable[int] | None, freed: Iterable[int], now: float
    ) -> None:
        """What the change feed says: facts of these boxes (None = of all) are others; the addresses that orders fix
        (None = as before); addresses that are held no longer."""
        if fixed is not None:
            self._world.pools.fix(fixed)
        self._world.pools.end(freed, now)
        if macs is None or macs:
            self._world.forget(macs)
            self._dhcp.ask_again(macs)
            self._lookups.changed(macs)

    def facts_found(self, number: int, found: Mapping[bytes, Facts], now: float) -> None:
        """Facts of the MACs of this lookup; what nothing is known of is among them too."""
        room = self._lookups.facts
        known = room.counting(number, found)
        self._world.take_facts(known)
        self._resume(room.leave_all(known), now)

    def crowds_found(self, number: int, found: Mapping[str, int], now: float) -> None:
        """How many boxes are bound to the lines of this lookup."""
        room = self._lookups.crowds
        known = room.counting(number, found)
        self._world.take_crowds(known)
        self._resume(room.leave_all(known), now)

    def leases_found(self, number: int, sought: Sought, leases: Sequence[Lease], now: float) -> None:
        """Leases on record for what one lease query of this lookup names."""
        room = self._lookups.leases
        if room.answered(number, sought):
            for guest in room.leave(sought):
                self._answer_query(guest, leases, now)

    def lookup_lost(self, lookup: Lookup, now: float) -> None:
        """The store cannot be read: who waits for that goes on without."""
        for guest in self._lookups.lost(lookup):
            self._unreadable(guest, now)

    def heard_word(self, question: AaaQuestion, grant: Grant, now: float) -> None:
        """AAA's word, or UNREACHABLE where it gives none. One that nobody waits for any more is remembered too."""
        guest = self._elsewhere.words.first(question.mac)
        if guest and guest.asked != question:
            return  # it waits for another word
        self._dhcp.learn(question, grant, now)
        self._resume(self._elsewhere.words.leave(question.mac), now)

    def ask_anew(self, now: float) -> None:
        """Other AAA servers are asked from now on, or none: what waits for the old ones' word starts again."""
        self._resume(self._elsewhere.start_over(), now)

    def claimed(self, address: int, mac: bytes, now: float) -> None:
        """On a link where it was probed, somebody says that he has this address."""
        for guest, offer in self._elsewhere.contradicted(address, mac):
            try:
                conflict = self._dhcp.conflict(offer, now)
                self._gather(Promise(guest.mouth, guest.question, guest.door, conflict, now), now)
            except Exception as bug:
                self._ends.meet_bug(guest.mouth, guest.question, bug, now)

    def not_probed(self, probe: Probe, now: float) -> None:
        """It cannot be asked for on that link: the offer leaves."""
        for guest in self._elsewhere.probes.leave(probe.address):
            self._unclaimed(guest, now)

    def committed(self, number: int, lost: AbstractSet[int], now: float, unfit: Mapping[int, str] = ALL_FIT) -> None:
        """The batch is on disk. lost: places in it of effects that another box's claim kept out. unfit: the first place
        of each outcome that is no row, and so not on disk, and why."""
        self._commits.committed(self._take_back(number), lost, now, unfit)

    def commit_failed(self, number: int, now: float) -> None:
        """The batch is not on disk, or nobody knows whether it is: nothing of it is acknowledged but what was on disk
        before."""
        self._commits.failed(self._take_back(number), now)

    def handle_time(self, now: float) -> None:
        """Who has waited too long goes on without what he waits for; of the disk that is an extension, see
        ``heart.commits``."""
        for room, without in self._rooms:
            if room.waiting:
                for guest in room.overdue(now, _AT_ONCE):
                    without(guest, now)
        self._commits.handle_time(now, _AT_ONCE)

    def end_waiting(self, now: float) -> None:
        """Whoever waits goes on without what he waits for."""
        for room, without in self._rooms:
            for guest in room.clear():
                without(guest, now)

    # What comes out.

    def needs(self) -> Needs | None:
        """All that is wanted now and was not handed out before; None = nothing."""
        lookup, wanted = self._lookups.next(), self._elsewhere.wanted()
        return Needs(lookup, *(wanted or ((), ()))) if lookup or wanted else None

    def next_batch(self) -> Batch | None:
        """What has gathered to be committed; it is under way from now on."""
        return self._batches.next()

    def told(self) -> list[Told]:
        """How questions have ended since the last time, in that sequence: to be sent, and to be read by who counts."""
        told = self._ends.told[:]
        self._ends.told.clear()
        return told

    def bugs(self) -> list[Bug]:
        """How the others have: each has met a bug."""
        bugs, self._ends.bugs = self._ends.bugs, []
        return bugs

    def next_due(self) -> float:
        """When handle_time has something to do next; infinity where nobody waits for anything that ends by itself."""
        due = self._batches.next_due()
        for room, _ in self._rooms:
            if room.waiting:
                due = min(due, room.next_due())
        return due

    def gathered(self) -> int:
        """How many outcomes ``next_batch`` has by now."""
        return self._batches.gathered()

    def is_full(self) -> bool:
        """True while as much waits for the disk as may: DHCP and accounting are to be left in the kernel's buffers."""
        return self._batches.is_full()

    def drain_counts(self) -> dict[tuple[str, ...], int]:
        """How many found no room to wait in since the last time, and how many extensions were deferred."""
        counts = turned_away((*(room for room, _ in self._rooms), self._batches))
        deferred = self._commits.drain_deferred()
        if deferred:
            counts["dhcp", "extension-deferred"] = deferred
        return counts

    def waiting(self) -> int:
        """How many questions have not ended yet."""
        return sum(len(room) for room, _ in self._rooms) + len(self._batches)

    # The sequence.

    def _advance(self, name: str, question: Any, door: object, now: float, guest: Waiting | None) -> None:
        """Look up, ask, decide: as far as it goes now. guest: the question as one that waited already."""
        world, mac = self._world, question.mac
        usual = mac and not self._counts_boxes and world.knows(mac)
        missing = None if usual else lacking(world, mac, question.port, self._counts_boxes)
        if missing is not None:
            guest = guest or Waiting(name, question, door)
            guest.rounds += 1
            if guest.rounds > _MOST_ROUNDS or self._lookups.enter(guest, missing, now):
                self._unreadable(guest, now)
            return
        mouth = self._mouths[name]
        try:
            if self._asks and name == DHCP:
                asked = self._dhcp.to_ask(question, now)
                if asked:
                    guest = guest or Waiting(name, question, door)
                    self._enter(self._elsewhere.ask(guest, asked, now), guest, self._unheard, now)
                    return
            outcome = mouth.answer(question, now)
        except Exception as bug:
            self._ends.meet_bug(name, question, bug, now)
            return
        if outcome.durable:
            self._gather(Promise(name, question, door, outcome, now), now)
        elif self._probing and self._is_probed(outcome):
            guest = guest or Waiting(name, question, door)
            guest.outcome = outcome
            self._enter(self._elsewhere.probe(guest, now), guest, self._unclaimed, now)
        else:
            if outcome.token and outcome.answer:
                mouth.sent(outcome, now)
            self._ends.hear(Told(outcome, door, now))

    def _resume(self, guests: Iterable[Waiting], now: float) -> None:
        for guest in guests:
            self._advance(guest.mouth, guest.question, guest.door, now, guest)

    def _enter(self, put_out: Waiting | None, guest: Waiting, without: Without, now: float) -> None:
        """put_out: whom the room has put out for the guest, who may be himself."""
        if put_out is guest:
            without(guest, now)
        elif put_out:
            self._ends.give_up(put_out, Reason.DUPLICATE, now)

    def _is_probed(self, outcome: Outcome) -> bool:
        via = outcome.via
        return via is not None and via.raw and via.name in self._probing and self._world.is_first(outcome)

    def _take_back(self, number: int) -> list[Promise]:
        """Those whose batch has ended. What is looked up of their boxes may have been read before that."""
        promises = self._batches.ended(number)
        if self._lookups.facts.waiting:
            self._lookups.facts.changed([promise.outcome.mac for promise in promises])
        return promises

    def _answer_query(self, guest: Waiting, leases: Sequence[Lease] | None, now: float) -> None:
        try:
            outcome = self._dhcp.answer_query(guest.question, leases, now)
        except Exception as bug:
            self._ends.bugs.append(Bug(bug, guest.question.datagram, now))
            return
        self._ends.tell(self._dhcp, outcome, guest.door, now)

    # Who goes on without.

    def _unreadable(self, guest: Waiting, now: float) -> None:
        """What is in the store is not to be had: no answer, and never a refusal."""
        if isinstance(guest.question, LeaseQuestion):
            self._answer_query(guest, None, now)
        else:
            self._ends.give_up(guest, Reason.STORE_UNAVAILABLE, now)

    def _unheard(self, guest: Waiting, now: float) -> None:
        """AAA says nothing, or too many wait for its word."""
        assert guest.asked
        self._dhcp.learn(guest.asked, UNREACHABLE, now)
        self._resume((guest,), now)

    def _unclaimed(self, guest: Waiting, now: float) -> None:
        """Nobody objects to the address, or nobody could be asked."""
        assert guest.outcome
        self._ends.tell(self._mouths[guest.mouth], guest.outcome, guest.door, now)
