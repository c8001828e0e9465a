"""Extensions while the disk is slow or away: a box is told what the disk has, never more, and nobody goes dark for it.

RFC 2131 4.3.2 (SELECTING, RENEWING, REBINDING, INIT-REBOOT) and 4.4.5 (T1 and T2 by the lease that is told).
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gatekeeper.drivers.supply import Supply
from gatekeeper.heart.batches import PATIENCE_S
from gatekeeper.heart.life import DHCP, Heart
from gatekeeper.model import Datagram, ExtensionDeferred, Lease, Outcome, Reason
from gatekeeper.report.line import outcome_line
from gatekeeper.wire.dhcp import ACK, decode
from tests.engine.bench import (
    BOX,
    CONFIG,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    RELAYED,
    Bench,
    circuit,
    fail,
    init_reboot,
    release,
    renewing,
    selecting,
)

LEASE_S = 3600
MIN_LEASE_S = 5  # as the configuration has it where it says nothing
LATER = NOW + 1800.0  # half of a lease is over
LINE = circuit("ge 1/0/1")
EXTENDING: dict[str, Callable[[bytes, int], bytes]] = {
    "renewing": renewing,
    "rebinding": lambda mac, address: renewing(mac, address, giaddr=GIADDR),
    "init-reboot": init_reboot,
}


def relayed(data: bytes) -> Datagram:
    return Datagram(data, GIADDR, 67, RELAYED)


def leased(bench: Bench, mac: bytes, account: str) -> int:
    """A box with a lease on disk since NOW; its address."""
    bench.install(mac, account)
    address = FIRST + len(list(bench.store.all_leases()))
    bench.world.take_facts(bench.store.facts([mac]))
    bench.heart.receive(DHCP, [relayed(selecting(mac, address))], None, NOW)
    (outcome,) = bench.commit(NOW)
    assert outcome.reply == "DHCPACK", outcome
    return address


def hear(bench: Bench, data: bytes, now: float) -> None:
    bench.heart.receive(DHCP, [relayed(data)], None, now)
    bench.supply.meet(now)


def lease_s(outcome: Outcome) -> int:
    return int.from_bytes(decode(outcome.answer).options[51], "big")


def on_disk(bench: Bench, mac: bytes) -> Lease:
    found = bench.store.facts([mac])[mac].lease
    assert found
    return found


@pytest.mark.parametrize("state", EXTENDING)
@pytest.mark.parametrize("trouble", ["slow", "failed"])
def test_an_extension_that_does_not_get_to_disk_is_answered_with_what_is_left(
    bench: Bench, state: str, trouble: str
) -> None:
    """At once where the commit failed, else when it has waited long enough; as what it is in the log and the counts."""
    address = leased(bench, BOX, "A")
    hear(bench, EXTENDING[state](BOX, address), LATER)
    batch = bench.heart.next_batch()
    assert batch
    if trouble == "slow":
        assert bench.heart.next_due() == pytest.approx(LATER + PATIENCE_S)
        bench.heart.handle_time(LATER + PATIENCE_S - 0.01)
        assert bench.told() == []
        bench.heart.handle_time(LATER + PATIENCE_S)
    else:
        bench.heart.commit_failed(batch.number, LATER)
    (outcome,) = bench.told()
    ack = decode(outcome.answer)
    assert (ack.kind, ack.yiaddr, lease_s(outcome)) == (ACK, address, LEASE_S - 1800 - (trouble == "slow"))
    assert not {58, 59} & ack.options.keys()  # by which the box takes a half and seven eighths of that
    assert " extension=deferred" in outcome_line(outcome)
    assert bench.heart.drain_counts() == {("dhcp", "extension-deferred"): 1}
    assert bench.heart.waiting() == 0


def test_nothing_more_is_sent_when_the_commit_ends_well_after_all(bench: Bench) -> None:
    """The box asks again half way through what it was told; memory goes on with what is on disk."""
    address = leased(bench, BOX, "A")
    hear(bench, renewing(BOX, address), LATER)
    batch = bench.heart.next_batch()
    assert batch
    bench.heart.handle_time(LATER + 1)
    assert len(bench.told()) == 1
    bench.heart.committed(batch.number, bench.store.commit(batch.effects), LATER + 2)
    assert bench.told() == []
    assert bench.world.facts(BOX).lease == on_disk(bench, BOX)
    assert on_disk(bench, BOX).expires_at == LATER + LEASE_S


def test_an_extension_that_is_lost_after_all_is_told_no_second_time(bench: Bench) -> None:
    """Another's claim kept it out; the box hears of that at its next try."""
    address = leased(bench, BOX, "A")
    hear(bench, renewing(BOX, address), LATER)
    batch = bench.heart.next_batch()
    assert batch
    bench.heart.handle_time(LATER + 1)
    assert len(bench.told()) == 1
    bench.heart.committed(batch.number, {0}, LATER + 2)
    assert bench.told() == []
    assert not bench.world.knows(BOX)


def test_memory_says_what_the_disk_says_when_the_commit_fails_after_all(bench: Bench) -> None:
    """And the next extension is deferred by that again."""
    address = leased(bench, BOX, "A")
    hear(bench, renewing(BOX, address), LATER)
    batch = bench.heart.next_batch()
    assert batch
    bench.heart.handle_time(LATER + 1)
    bench.heart.commit_failed(batch.number, LATER + 5)
    assert len(bench.told()) == 1
    hear(bench, renewing(BOX, address), LATER + 60)
    assert bench.world.kept(BOX)[0] == on_disk(bench, BOX).expires_at == NOW + LEASE_S
    bench.heart.handle_time(LATER + 61)
    assert [lease_s(outcome) for outcome in bench.told()] == [LEASE_S - 1861]


def test_a_box_that_asks_twice_in_one_failing_batch_is_answered_twice(bench: Bench) -> None:
    """Clients repeat themselves under another xid."""
    address = leased(bench, BOX, "A")
    for _ in range(2):
        hear(bench, renewing(BOX, address), LATER)
    batch = bench.heart.next_batch()
    assert batch
    bench.heart.commit_failed(batch.number, LATER)
    assert [lease_s(outcome) for outcome in bench.told()] == [LEASE_S - 1800] * 2


def test_a_first_lease_and_one_that_is_almost_over_stay_silent(bench: Bench) -> None:
    """Nothing of the one is on disk; of the other nothing worth telling."""
    address = leased(bench, BOX, "A")
    bench.install(OTHER, "B")
    hear(bench, selecting(OTHER, address + 1), LATER)
    hear(bench, renewing(BOX, address), NOW + LEASE_S - MIN_LEASE_S + 1)
    batch = bench.heart.next_batch()
    assert batch
    bench.heart.commit_failed(batch.number, NOW + LEASE_S - MIN_LEASE_S + 1)
    assert [outcome.verdict.reason for outcome in bench.told()] == [Reason.STORE_UNAVAILABLE] * 2


def test_a_port_to_be_learned_is_left_out_and_not_learned(bench: Bench) -> None:
    """The box keeps its address; who it is on which line waits for the disk."""
    address = leased(bench, BOX, "A")
    hear(bench, init_reboot(BOX, address, agent=LINE), LATER)
    batch = bench.heart.next_batch()
    assert batch and len(batch.effects) == 2
    bench.heart.commit_failed(batch.number, LATER)
    (outcome,) = bench.told()
    assert lease_s(outcome) == LEASE_S - 1800
    binding = bench.store.facts([BOX])[BOX].binding
    assert binding and binding.port is None


def test_one_slow_commit_behind_the_other_defers_each_its_own(bench: Bench) -> None:
    """Who was looked at in a batch that has ended is no longer among those who wait."""
    address = leased(bench, BOX, "A")
    for later in (LATER, LATER + 1800):
        hear(bench, renewing(BOX, address), later)
        batch = bench.heart.next_batch()
        assert batch
        assert bench.heart.next_due() == pytest.approx(later + PATIENCE_S)
        bench.heart.handle_time(later + 1)
        assert len(bench.told()) == 1
        bench.heart.committed(batch.number, bench.store.commit(batch.effects), later + 2)


def test_where_nothing_more_can_wait_an_extension_leaves_at_once(bench: Bench) -> None:
    """A disk that hangs fills the room; a first lease finds none, a renewal needs none."""
    address = leased(bench, BOX, "A")
    bench.install(OTHER, "B")
    heart = Heart(bench.engines.mouths(), bench.world, most=1)
    for mac in (BOX, OTHER):
        bench.world.take_facts(bench.store.facts([mac]))
    for _ in range(3):
        heart.receive(DHCP, [relayed(selecting(OTHER, address + 1))], None, LATER)
    heart.receive(DHCP, [relayed(renewing(BOX, address))], None, LATER)
    silent, ack = (one.outcome for one in heart.told())
    assert silent.verdict.reason is Reason.STORE_UNAVAILABLE
    assert lease_s(ack) == LEASE_S - 1800
    assert heart.waiting() == 2
    assert bench.world.kept(BOX)[0] == 0


def test_who_gave_the_address_back_is_promised_nothing(bench: Bench) -> None:
    """The release may be on disk before anybody asks."""
    address = leased(bench, BOX, "A")
    hear(bench, release(BOX, address), LATER)
    assert bench.heart.next_batch()
    hear(bench, init_reboot(BOX, address), LATER)
    bench.heart.handle_time(LATER + 1)
    assert bench.told() == []


@pytest.mark.parametrize("changed", [[BOX], None], ids=["of the box", "of all"])
def test_what_somebody_else_may_have_changed_is_promised_to_nobody(bench: Bench, changed: list[bytes] | None) -> None:
    """``clear lease`` while the extension is on its way."""
    address = leased(bench, BOX, "A")
    hear(bench, renewing(BOX, address), LATER)
    bench.heart.changed(changed, None, [address], LATER)
    bench.heart.handle_time(LATER + 1)
    assert bench.told() == []


MACS = [bytes((2, 0, 0, 0, 0, number)) for number in range(3)]
macs = st.sampled_from(MACS)


class Leases(RuleBasedStateMachine):
    """Boxes with leases over a disk that is slow, fails, or does both."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.bench = Bench(Path(self.folder.name), CONFIG)
        bench = self.bench
        bench.heart = Heart(bench.engines.mouths(), bench.world, most=2)
        bench.supply = Supply(bench.heart, bench.store, fail, bench.store.feed_end(), "bench")
        self.now = float(NOW)
        self.under_way = self.bench.heart.next_batch()
        self.addresses: dict[bytes, int] = {}

    @initialize()
    def each_box_has_a_lease(self) -> None:
        for number, mac in enumerate(MACS):
            self.addresses[mac] = leased(self.bench, mac, f"A{number}")

    def teardown(self) -> None:
        self.bench.store.close()
        self.folder.cleanup()

    def _hear(self, data: bytes) -> None:
        self.bench.supply.read_feed(self.now)
        hear(self.bench, data, self.now)
        self._check()

    def _check(self) -> None:
        for outcome in self.bench.told():
            if not any(isinstance(effect, ExtensionDeferred) for effect in outcome.effects):
                continue
            address, end = outcome.verdict.address, self.now + lease_s(outcome)
            (found,) = [lease for lease in self.bench.store.all_leases() if lease.address == address]
            assert (found.mac, found.state) == (outcome.mac, "active"), "an address that the disk does not have"
            assert end <= found.expires_at, "more than the disk has"

    @rule(mac=macs, reboots=st.booleans(), line=st.sampled_from([b"", LINE]))
    def a_box_goes_on(self, mac: bytes, reboots: bool, line: bytes) -> None:
        self._hear((init_reboot if reboots else renewing)(mac, self.addresses[mac], agent=line))

    @rule(mac=macs, elsewhere=st.booleans())
    def a_box_begins_anew(self, mac: bytes, elsewhere: bool) -> None:
        if elsewhere:
            self.addresses[mac] = FIRST + 3
        self._hear(selecting(mac, self.addresses[mac]))

    @rule(mac=macs)
    def a_box_gives_back(self, mac: bytes) -> None:
        self._hear(release(mac, self.addresses[mac]))

    @rule(mac=macs)
    def somebody_clears_its_lease(self, mac: bytes) -> None:
        self.bench.store.clear_lease(self.addresses[mac], self.now)
        self.bench.supply.read_feed(self.now)

    @precondition(lambda self: self.under_way is None)
    @rule()
    def a_batch_is_handed_in(self) -> None:
        self.under_way = self.bench.heart.next_batch()

    @precondition(lambda self: self.under_way)
    @rule(told=st.booleans())
    def the_disk_has_it(self, told: bool) -> None:
        batch, self.under_way = self.under_way, None
        assert batch
        lost = self.bench.store.commit(batch.effects, "bench")
        if told:
            self.bench.heart.committed(batch.number, lost, self.now)
        else:
            self.bench.heart.commit_failed(batch.number, self.now)
        self._check()

    @precondition(lambda self: self.under_way)
    @rule()
    def the_disk_fails(self) -> None:
        batch, self.under_way = self.under_way, None
        assert batch
        self.bench.heart.commit_failed(batch.number, self.now)
        self._check()

    @rule(passed=st.sampled_from([0.1, 0.2, 600.0]))
    def time_passes(self, passed: float) -> None:
        self.now += passed
        self.bench.heart.handle_time(self.now)
        self._check()

    @invariant()
    def the_room_counts_right(self) -> None:
        batches = self.bench.heart._batches
        assert len(batches) >= 0
        assert self.under_way or not batches._told or batches._gathered


TestLeases = Leases.TestCase
TestLeases.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
