"""The heart under anything that may happen around it: facts that come late, old or never, commits that fail or meet
another's claim, AAA that is silent, orders in between, bugs, crashes and time. Its laws hold at every step.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gatekeeper.heart.engines import Engines
from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION, DHCP, Heart
from gatekeeper.heart.needs import Batch, Lookup, Probe
from gatekeeper.heart.ports import Mouth
from gatekeeper.heart.told import Bug, Told
from gatekeeper.model import Binding, Datagram, ExtensionDeferred, LeaseBound, Outcome, Reason
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.replies import Replies
from gatekeeper.wire.aaa import UNREACHABLE, AaaQuestion, Grant
from gatekeeper.wire.dhcp import decode
from tests.engine.bench import (
    BRAS,
    CONFIG,
    DIRECT,
    GIADDR,
    NOW,
    RADIUS,
    RELAYED,
    REPORTS,
    SERVER,
    Bench,
    access_request,
    accounting_request,
    circuit,
    discover,
    init_reboot,
    release,
    renewing,
    selecting,
)
from tests.heart.test_life import AAA

MACS = [bytes((2, 0, 0, 0, 0, number)) for number in range(4)]
MOST = 3  # in each room
LINES = [b"", circuit("ge 1/0/1"), circuit("ge 1/0/2")]
BUG = b"a bug"
macs, lines = st.sampled_from(MACS), st.sampled_from(LINES)


class Faulty:
    """A mouth with a bug that some packets meet: in the middle of reading, of deciding, or of what comes after."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth = mouth
        self.raises = ""

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._mouth, name)
        if name != self.raises:
            return method

        def broken(*words: Any) -> Any:
            raise ZeroDivisionError(name)

        return broken


class Life(RuleBasedStateMachine):
    """One heart over one store, with everything around it in the hands of the rules."""

    config = f"{CONFIG}\n[binding]\nboxes_per_port = 2\n"

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.bench = Bench(Path(self.folder.name), self.config)
        self.now = float(NOW)
        self.number = 0  # of datagrams
        self.identifier = 0
        self.versions: dict[bytes, list[Binding | None]] = {mac: [None] for mac in MACS}
        self.on_disk: list[object] = []
        self.promised: dict[int, tuple[bytes, float]] = {}  # address -> MAC and end, as boxes were told
        self.deferred = 0  # acknowledgements that left before their commit
        self.given_back: dict[bytes, int] = dict.fromkeys(MACS, 0)  # what was asked before that means nothing to a box
        self._begin()

    def _begin(self) -> None:
        bench = self.bench
        bench.start()
        self.engines = Engines.of(bench.book, bench.world, Replies(), NasCounts(), b"key", [SERVER])
        plain = self.engines.mouths()
        self.mouths = [Faulty(plain.dhcp), Faulty(plain.authentication)]
        mouths = plain._replace(dhcp=self.mouths[0], authentication=self.mouths[1])
        self.heart = Heart(mouths, bench.world, frozenset({DIRECT.name}), MOST)
        self.seq = bench.store.feed_end()
        self.open: dict[int, dict[bytes, int]] = {}  # datagram -> the versions of facts that were known then
        self.lookups: list[tuple[Lookup, dict[str, Any]]] = []  # with what the store said when it was read
        self.words: list[AaaQuestion] = []
        self.probes: list[Probe] = []
        self.under_way: Batch | None = None

    def teardown(self) -> None:
        self.bench.store.close()
        self.folder.cleanup()

    # What comes in.

    def _receive(self, name: str, data: bytes, **how: Any) -> None:
        self.number += 1
        via = how.get("via", {DHCP: RELAYED, AUTHENTICATION: RADIUS, ACCOUNTING: REPORTS}[name])
        source = how.get("source", GIADDR if name == DHCP else BRAS)
        datagram = Datagram(data, source, 67, via, how.get("mac", b""))
        self.open[self.number] = {mac: len(versions) - 1 for mac, versions in self.versions.items()}
        self.heart.receive(name, [datagram], self.number, self.now)
        self._look()

    def _look(self) -> None:
        """Take what comes out. What the store says is read when the heart asks, and handed in when a rule says so."""
        while needs := self.heart.needs():
            if needs.lookup:
                store = self.bench.store
                said = {
                    "facts": store.facts(needs.lookup.macs),
                    "crowds": store.crowds(needs.lookup.lines),
                    "leases": [(one, store.leases_about(one, self.now)) for one in needs.lookup.sought],
                }
                self.lookups.append((needs.lookup, said))
            self.words += needs.words
            self.probes += needs.probes
        for one in self.heart.told():
            self._ended(one.door)
            self._check(one)
        for bug in self.heart.bugs():
            self._check_bug(bug)

    def _ended(self, door: object) -> None:
        assert isinstance(door, int)
        assert door in self.open, "a question ended twice"
        self.known_then = self.open.pop(door)
        self.asked_as = door

    def _check(self, told: Told) -> None:
        outcome = told.outcome
        durable = any(not getattr(effect, "until", None) for effect in outcome.effects) and outcome.durable
        for effect in outcome.effects if durable else ():
            assert any(effect is one for one in self.on_disk), "told before its commit"
        if outcome.reply == "DHCPACK":
            for effect in outcome.effects:
                if isinstance(effect, LeaseBound):
                    lease = effect.lease
                    held = self.promised.get(lease.address)
                    assert held is None or held[0] == lease.mac or held[1] <= self.now, "an address with two holders"
                    if self.asked_as > self.given_back[lease.mac]:
                        self.promised[lease.address] = (lease.mac, lease.expires_at)
                elif isinstance(effect, ExtensionDeferred):
                    self._check_deferred(outcome)
        if outcome.verdict.action == "silent" and not outcome.answer:
            assert outcome.verdict.reason, "silence without a reason"
        self._check_facts(outcome)

    def _check_deferred(self, outcome: Outcome) -> None:
        """It promises what the disk has, by an answer that says so, and nothing after the box has given it back."""
        address, ack = outcome.verdict.address, decode(outcome.answer)
        end = self.now + int.from_bytes(ack.options[51], "big")
        on_disk = next(lease for lease in self.bench.store.all_leases() if lease.address == address)
        assert (on_disk.mac, on_disk.state) == (outcome.mac, "active"), "deferred, and not on disk"
        assert end <= on_disk.expires_at, "more than the disk has"
        self.deferred += 1
        if self.asked_as > self.given_back[outcome.mac]:
            self.promised[address] = (outcome.mac, int(end))

    def _gives_up(self, mac: bytes) -> None:
        """The box wants nothing of what was promised to it until now, or comes yet."""
        self.given_back[mac] = self.number
        self.promised = {address: held for address, held in self.promised.items() if held[0] != mac}

    def _check_facts(self, outcome: Outcome) -> None:
        """It was decided by facts that were true since its question came, not by older ones."""
        if self.bench.book.aaa or outcome.binding is None or outcome.mac not in self.versions:
            return
        versions = self.versions[outcome.mac][self.known_then[outcome.mac] :]
        assert outcome.binding.order in {one.order for one in versions if one}, "decided by old facts"

    def _check_bug(self, bug: Bug) -> None:
        assert isinstance(bug.error, ZeroDivisionError), bug.error
        # A bug is told without its door; its datagram names it here by being the only one open with its octets.
        self.bugs_seen = getattr(self, "bugs_seen", 0) + 1
        door = next(number for number in reversed(self.open) if number not in self._waiting())
        self._ended(door)

    def _waiting(self) -> set[object]:
        *rooms, batches = self._rooms()
        waiting = {guest.door for room in rooms for guest in room.waiting}
        promises = [*batches._gathered, *(one for batch in batches._under_way.values() for one in batch)]
        return waiting | {promise.door for promise in promises if id(promise) not in batches._told}

    def _rooms(self) -> list[Any]:
        heart: Any = self.heart
        lookups, elsewhere = heart._lookups, heart._elsewhere
        return [lookups.facts, lookups.crowds, lookups.leases, elsewhere.words, elsewhere.probes, heart._batches]

    @rule(mac=macs, line=lines, direct=st.booleans())
    def a_box_discovers(self, mac: bytes, line: bytes, direct: bool) -> None:
        if direct:
            self._receive(DHCP, discover(mac, giaddr=0), via=DIRECT, mac=mac, source=0)
        else:
            self._receive(DHCP, discover(mac, agent=line))

    @rule(mac=macs, line=lines, at=st.integers(0, 3))
    def a_box_takes_an_offer(self, mac: bytes, line: bytes, at: int) -> None:
        address = self.bench.world.pools.offered_to(mac, self.now) or 0x0A140100 + at
        self._gives_up(mac)  # RFC 2131 4.4: a box that selects has no address, and hears no answer to an older question
        self._receive(DHCP, selecting(mac, address, agent=line))

    @rule(mac=macs, line=lines, reboots=st.booleans())
    def a_box_goes_on_with_its_lease(self, mac: bytes, line: bytes, reboots: bool) -> None:
        lease = self.bench.world.facts(mac).lease
        if lease:
            asks = init_reboot if reboots else renewing
            self._receive(DHCP, asks(mac, lease.address, agent=line))

    @rule(mac=macs)
    def a_box_gives_back(self, mac: bytes) -> None:
        lease = self.bench.world.facts(mac).lease
        if lease:
            self._gives_up(mac)
            self._receive(DHCP, release(mac, lease.address))

    @rule(mac=macs, line=lines, again=st.booleans())
    def a_nas_asks(self, mac: bytes, line: bytes, again: bool) -> None:
        self.identifier += not again
        port = line[2:].decode() or None
        data = access_request(mac.hex(), password=mac.hex(), port=port, identifier=self.identifier % 256)
        self._receive(AUTHENTICATION, data)

    @rule(mac=macs, status=st.sampled_from([1, 2, 3]))
    def a_nas_reports(self, mac: bytes, status: int) -> None:
        self.identifier += 1
        self._receive(ACCOUNTING, accounting_request(status, name=mac.hex(), identifier=self.identifier % 256))

    @rule(data=st.binary(max_size=300), name=st.sampled_from([DHCP, AUTHENTICATION, ACCOUNTING]))
    def a_stranger_sends_anything(self, data: bytes, name: str) -> None:
        self._receive(name, data)

    @rule(mac=macs, where=st.sampled_from(["read", "answer"]), ear=st.integers(0, 1))
    def a_packet_meets_a_bug(self, mac: bytes, where: str, ear: int) -> None:
        self.mouths[ear].raises = where
        self.identifier += 1
        if ear:
            data = access_request(mac.hex(), password=mac.hex(), identifier=self.identifier % 256)
            self._receive(AUTHENTICATION, data)
        else:
            self._receive(DHCP, discover(mac))
        self.mouths[ear].raises = ""

    # What comes back, when it likes.

    @precondition(lambda self: self.lookups)
    @rule(data=st.data())
    def the_store_has_answered(self, data: st.DataObject) -> None:
        """By what it said when it was asked, however long ago that is."""
        lookup, said = self.lookups.pop(data.draw(st.integers(0, len(self.lookups) - 1)))
        self.heart.facts_found(lookup.number, said["facts"], self.now)
        self.heart.crowds_found(lookup.number, said["crowds"], self.now)
        for sought, leases in said["leases"]:
            self.heart.leases_found(lookup.number, sought, leases, self.now)
        self._look()

    @precondition(lambda self: self.lookups)
    @rule(data=st.data(), silently=st.booleans())
    def the_store_has_not(self, data: st.DataObject, silently: bool) -> None:
        """It says so, or nothing ever comes."""
        lookup, _ = self.lookups.pop(data.draw(st.integers(0, len(self.lookups) - 1)))
        if not silently:
            self.heart.lookup_lost(lookup, self.now)
            self._look()

    def _take_batch(self) -> Batch | None:
        if self.under_way is None:
            self.under_way = self.heart.next_batch()
        batch, self.under_way = self.under_way, None
        return batch

    @rule()
    def a_batch_is_handed_in(self) -> None:
        """The next one, which the disk may have before what gathers from now on."""
        if self.under_way is None:
            self.under_way = self.heart.next_batch()

    @rule()
    def the_disk_has_the_batch(self) -> None:
        batch = self._take_batch()
        if batch:
            lost = self.bench.store.commit(batch.effects, "bench")
            self.on_disk += [effect for place, effect in enumerate(batch.effects) if place not in lost]
            self.heart.committed(batch.number, lost, self.now)
            self._look()

    @rule(data=st.data())
    def the_disk_has_all_but_a_bad_row(self, data: st.DataObject) -> None:
        """Only its own outcome is refused, and nothing of that is in memory or on disk."""
        batch = self._take_batch()
        if batch:
            bad = data.draw(st.integers(0, batch.outcomes - 1))
            start = sum(batch.sizes[:bad])
            places = range(start, start + batch.sizes[bad])
            others = [place for place in range(len(batch.effects)) if place not in places]
            lost = self.bench.store.commit([batch.effects[place] for place in others], "bench")
            kept_out = {others[place] for place in lost}
            self.on_disk += [batch.effects[place] for place in others if place not in kept_out]
            unfit = {start: "bind: no row"}
            self.heart.committed(batch.number, kept_out, self.now, unfit)
            told = self.heart.told()
            refused = [one for one in told if one.outcome.verdict.reason is Reason.BAD_RECORD]
            assert [one.outcome.verdict.seen for one in refused] == list(unfit.values())
            for one in told:
                self._ended(one.door)
                self._check(one)
            self._look()

    @rule(halfway=st.booleans())
    def the_disk_has_not(self, halfway: bool) -> None:
        """Nobody knows whether the batch is there: nothing of it may be acknowledged."""
        batch = self._take_batch()
        if batch:
            waiting = self.heart.waiting()
            if halfway:
                self.bench.store.commit(batch.effects, "bench")
            self.heart.commit_failed(batch.number, self.now)
            told = self.heart.told()
            assert len(told) == waiting - self.heart.waiting() <= batch.outcomes
            for one in told:
                self._ended(one.door)
                if one.outcome.answer:
                    self._check_deferred(one.outcome)
                else:
                    assert one.outcome.verdict.reason is Reason.STORE_UNAVAILABLE
            self._look()

    @precondition(lambda self: self.words)
    @rule(data=st.data(), grant=st.sampled_from([UNREACHABLE, Grant(None, "A"), Grant(Reason.AAA_REJECTED), None]))
    def aaa_speaks_or_not(self, data: st.DataObject, grant: Grant | None) -> None:
        question = self.words.pop(data.draw(st.integers(0, len(self.words) - 1)))
        if grant:
            self.heart.heard_word(question, grant, self.now)
            self._look()

    @rule()
    def other_aaa_servers_are_asked(self) -> None:
        self.words.clear()
        self.heart.ask_anew(self.now)
        self._look()

    @precondition(lambda self: self.probes)
    @rule(data=st.data(), mac=st.sampled_from([*MACS, b"\x02other"]), asked=st.booleans())
    def a_link_answers(self, data: st.DataObject, mac: bytes, asked: bool) -> None:
        probe = self.probes.pop(data.draw(st.integers(0, len(self.probes) - 1)))
        if asked:
            self.heart.claimed(probe.address, mac, self.now)
        else:
            self.heart.not_probed(probe, self.now)
        self._look()

    # What changes.

    @rule(number=st.integers(0, 3), kind=st.sampled_from(["install", "suspend", "resume", "cancel", "move"]))
    def an_order_comes(self, number: int, kind: str) -> None:
        """The feed is read at once, as before each round of packets; what was asked before it may be older."""
        fields = {"mac": MACS[number].hex(":")} if kind == "install" else {}
        self.bench.order(kind, f"A{number}", int(self.now), **fields)
        store, known = self.bench.store, self.seq
        self.seq, changed, others = store.changes_since(known, "bench")
        fixed = store.fixed_addresses() if others else None
        self.heart.changed(changed, fixed, store.freed_since(known) if others else (), self.now)
        for mac, found in store.facts(MACS).items():
            if found.binding != self.versions[mac][-1]:
                self.versions[mac].append(found.binding)
        self._look()

    @rule(passed=st.sampled_from([0.1, 0.5, 2.5, 31.0, 1900.0]))
    def time_passes(self, passed: float) -> None:
        self.now += passed
        for _ in range(100):
            if self.heart.next_due() > self.now:
                break
            self.heart.handle_time(self.now)
            self._look()
        assert self.heart.next_due() > self.now, "somebody waits beyond his time"

    @rule()
    def it_crashes(self) -> None:
        """What was told is on disk, and the rest was told to nobody."""
        self._begin()

    # The laws.

    @invariant()
    def each_question_is_open_or_has_ended(self) -> None:
        assert len(self.open) == self.heart.waiting()

    @invariant()
    def rooms_keep_their_bounds(self) -> None:
        *rooms, batches = self._rooms()
        assert all(len(room) <= MOST for room in rooms)
        assert len(batches) <= 3 * MOST

    @invariant()
    def every_promise_is_on_record(self) -> None:
        on_record = {lease.address: lease for lease in self.bench.store.all_leases()}
        for address, (mac, end) in self.promised.items():
            if end > self.now:
                assert (on_record[address].mac, on_record[address].state) == (mac, "active")
                assert on_record[address].expires_at >= end


class LifeUnderAaa(Life):
    """The same where AAA decides about DHCP."""

    config = CONFIG.replace("[dhcp]\n", '[dhcp]\nauthorize = "radius"\n') + AAA


_SETTINGS = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestLife = Life.TestCase
TestLife.settings = _SETTINGS
TestLifeUnderAaa = LifeUnderAaa.TestCase
TestLifeUnderAaa.settings = _SETTINGS
