"""Whatever boxes, time, reloads and restarts do: no address is held by two boxes, and every ACK is in the store."""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gatekeeper.model import ExtensionDeferred, LeaseBound, Outcome
from tests.engine.bench import FIRST, NOW, WAITS, Bench, decline, discover, init_reboot, release, renewing, selecting

BOXES = [bytes((2, 0, 0, 0, 0, number)) for number in range(6)]  # for the four addresses of the pool
LEASE_S = 3600
# The first one is that of the configuration.
RANGES = (((FIRST, FIRST + 3),), ((FIRST + 2, FIRST + 6),), ((FIRST, FIRST), (FIRST + 3, FIRST + 4)), ())
boxes = st.sampled_from(BOXES)
addresses = st.integers(FIRST, FIRST + 4)


class Neighbours(RuleBasedStateMachine):
    """Six boxes, four addresses. ``held`` is what the boxes were told: (address, end)."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.bench = Bench(Path(self.folder.name))
        self.now = NOW
        self.held: dict[bytes, tuple[int, int]] = {}
        self.offered: dict[bytes, int] = {}
        self.turns: Counter[bytes] = Counter()  # what a box gave up since it asked: a late ACK means nothing to it
        self.waiting: list[tuple[bytes, int]] = []
        for number, mac in enumerate(BOXES):
            self.bench.install(mac, account=f"A{number}")

    def teardown(self) -> None:
        self.bench.store.close()
        self.folder.cleanup()

    def _hear(self, mac: bytes, data: bytes) -> None:
        outcome = self.bench.hear(data, now=self.now)
        if outcome is WAITS:
            self.waiting.append((mac, self.turns[mac]))
        else:
            self._learns(mac, outcome)

    def _learns(self, mac: bytes, outcome: Outcome) -> None:
        if outcome.reply == "DHCPACK":
            told = next(effect for effect in outcome.effects if isinstance(effect, LeaseBound | ExtensionDeferred))
            end = told.lease.expires_at if isinstance(told, LeaseBound) else told.until
            self.held[mac] = (outcome.verdict.address, end)
        elif outcome.reply == "DHCPNAK":
            self._gives_up(mac)
        elif outcome.reply == "DHCPOFFER":
            self.offered[mac] = outcome.verdict.address

    def _gives_up(self, mac: bytes) -> None:
        self.turns[mac] += 1
        self.held.pop(mac, None)

    @rule(mac=boxes, wanted=st.one_of(st.none(), addresses))
    def discovers(self, mac: bytes, wanted: int | None) -> None:
        self._hear(mac, discover(mac, {50: wanted.to_bytes(4, "big")} if wanted else {}))

    @precondition(lambda self: self.offered)
    @rule(data=st.data())
    def takes_its_offer(self, data: st.DataObject) -> None:
        mac = data.draw(st.sampled_from(sorted(self.offered)))
        self._hear(mac, selecting(mac, self.offered.pop(mac)))

    @precondition(lambda self: self.held or self.waiting)
    @rule(data=st.data())
    def renews_and_gives_back_at_once(self, data: st.DataObject) -> None:
        mac = data.draw(st.sampled_from(sorted({*self.held, *(mac for mac, _ in self.waiting)})))
        lease = self.bench.world.facts(mac).lease
        address = lease.address if lease else self.held.get(mac, (FIRST, 0))[0]
        self._hear(mac, renewing(mac, address))
        self._gives_up(mac)
        self._hear(mac, release(mac, address))

    @rule(mac=boxes, address=addresses)
    def asks_for_any_address(self, mac: bytes, address: int) -> None:
        self._hear(mac, selecting(mac, address))

    @rule(mac=boxes, address=addresses)
    def reboots(self, mac: bytes, address: int) -> None:
        self._hear(mac, init_reboot(mac, self.held.get(mac, (address, 0))[0]))

    @rule(mac=boxes, address=addresses, relayed=st.booleans())
    def renews(self, mac: bytes, address: int, relayed: bool) -> None:
        address = self.held.get(mac, (address, 0))[0]
        self._hear(mac, renewing(mac, address, giaddr=0x0A140001 if relayed else 0))

    @rule(mac=boxes, address=addresses)
    def releases(self, mac: bytes, address: int) -> None:
        address = self.held.get(mac, (address, 0))[0]
        self._gives_up(mac)
        self._hear(mac, release(mac, address))

    @rule(mac=boxes, address=addresses)
    def declines(self, mac: bytes, address: int) -> None:
        """What it has or was offered, or an address of the wrong box: then nothing may come of it."""
        address = self.held.get(mac, (self.offered.get(mac, address), 0))[0]
        self._gives_up(mac)
        self.offered.pop(mac, None)
        self._hear(mac, decline(mac, address))

    @rule(passed=st.sampled_from([1, 31, 1800, 3600]))
    def time_passes(self, passed: int) -> None:
        self.now += passed

    @rule(ranges=st.sampled_from(RANGES))
    def is_reloaded(self, ranges: tuple[tuple[int, int], ...]) -> None:
        """What is held in ranges that are gone is held until its end."""
        self.bench.reload(*ranges, now=self.now)

    @precondition(lambda self: len(self.held) > 1)
    @rule()
    def restarts(self) -> None:
        """What was not committed is forgotten, and nobody was told."""
        self.waiting.clear()
        self.bench.start()

    @invariant()
    def no_address_has_two_holders(self) -> None:
        holding = [address for address, end in self.held.values() if end > self.now]
        assert len(holding) == len(set(holding))

    @invariant()
    def the_memory_is_never_wrong(self) -> None:
        """The store's constraint is a second line: one node alone must not run into it."""
        assert self.bench.lost == 0

    @invariant()
    def what_the_store_calls_held_the_memory_gives_to_nobody(self) -> None:
        """Whenever nothing is on its way to the disk."""
        for lease in self.bench.store.all_leases() if not self.waiting else ():
            if lease.state in ("active", "declined") and lease.expires_at > self.now:
                assert not self.bench.world.pools.is_free_for(lease.address, b"stranger", self.now)

    @invariant()
    def every_promise_is_on_record(self) -> None:
        on_record = {
            lease.mac: lease
            for lease in self.bench.store.all_leases()
            if lease.state == "active" and lease.expires_at > self.now
        }
        for mac, (address, end) in self.held.items():
            assert end <= self.now or (on_record[mac].address == address and on_record[mac].expires_at >= end)


class NeighboursInBatches(Neighbours):
    """The same with group commit: answers leave when their batch is on disk, the memory goes on meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.bench.gathers = True

    @precondition(lambda self: self.waiting)
    @rule()
    def the_disk_has_the_batch(self) -> None:
        waiting, self.waiting = self.waiting, []
        for (mac, turn), outcome in zip(waiting, self.bench.commit(self.now), strict=True):
            if turn == self.turns[mac]:
                self._learns(mac, outcome)


_SETTINGS = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestNeighbours = Neighbours.TestCase
TestNeighbours.settings = _SETTINGS
TestNeighboursInBatches = NeighboursInBatches.TestCase
TestNeighboursInBatches.settings = _SETTINGS
