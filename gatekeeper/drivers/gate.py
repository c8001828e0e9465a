"""The packet loop of ``gatekeeper serve``: drives the heart with sockets, the clock, the store and the commit thread.

What a packet goes through is the heart's business; here stands when the loop looks at what.
"""

import select
from collections import Counter
from collections.abc import Callable
from typing import Final

from gatekeeper.book import AaaPolicy
from gatekeeper.drivers.access import WATCH, Interfaces
from gatekeeper.drivers.clock import Clock
from gatekeeper.drivers.commit import Committer
from gatekeeper.drivers.garbage import Garbage
from gatekeeper.drivers.housekeeping import EVERY_S, Housekeeper
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.sockets import Door
from gatekeeper.drivers.supervisor import Supervisor
from gatekeeper.drivers.supply import Supply, nobody_asked
from gatekeeper.drivers.upstream import Upstream
from gatekeeper.heart.engines import Engines
from gatekeeper.heart.life import ACCOUNTING, DHCP, MOST, Heart
from gatekeeper.heart.needs import Batch
from gatekeeper.heart.tallies import Tallies
from gatekeeper.heart.told import Told
from gatekeeper.model import Outcome, Reason
from gatekeeper.state.pools import Ranges
from gatekeeper.state.world import World
from gatekeeper.store.ports import LoopPort

_WAIT_FOR_THE_DISK: Final = frozenset({DHCP, ACCOUNTING})


class Gate:
    """One packet process."""

    def __init__(
        self,
        engines: Engines,
        world: World,
        store: LoopPort,
        committer: Committer,
        log: Log,
        interfaces: Interfaces,
        seq: int,
        most: int = MOST,
        ranges: Ranges = (),
    ) -> None:
        """store: the loop's own connection, for reading; seq: the end of the change feed before world was read; most:
        how many questions may wait for one kind of thing; ranges: what the world's pools give out."""
        self._engines, self._world, self._ranges = engines, world, ranges
        self._probing = interfaces.probing()
        self._heart = Heart(engines.mouths(), world, self._probing, most, self._tell)
        self._committer = committer
        self._log = log
        self._interfaces = interfaces
        self._clock = Clock()
        self._doors: dict[int, tuple[Door, str]] = {}
        self._poll = select.epoll()
        self._tallies = Tallies()
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._house = Housekeeper(world, committer, log, interfaces, self._tallies, self._counts)
        self._supply = Supply(self._heart, store, log.alarm, seq, committer.origin)
        self._supply.probe = interfaces.probe
        self._upstream: Upstream | None = None
        self._under_way: Batch | None = None
        self._next_housekeeping = 0.0
        interfaces.watch_probes(self)
        self.supervisor = Supervisor({})
        self._deaf = False  # doors whose answers wait for the disk are not listened to while too many do

    def add_door(self, door: Door, name: str) -> None:
        """name: whose datagrams it hears, one of the heart's, or WATCH."""
        self._doors[door.fileno()] = (door, name)
        self._poll.register(door.fileno(), select.EPOLLIN)

    def remove_door(self, door: Door) -> None:
        """Listen to it no more. It is still open."""
        if self._doors.pop(door.fileno(), None):
            self._poll.unregister(door.fileno())

    def watch(self, descriptor: int) -> None:
        """Wake up when this is readable; somebody else reads it."""
        self._poll.register(descriptor, select.EPOLLIN)

    def unwatch(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)

    def set_engines(self, engines: Engines, ranges: Ranges) -> None:
        """Go on with another Policybook. ranges: what each of its subnets gives out."""
        if ranges != self._ranges:
            self._world.pools.arrange(ranges, self._clock.now())
            self._ranges = ranges
        self._house.drain_engines(self._engines)
        self._engines = engines
        self._heart.set_mouths(engines.mouths())

    def set_upstream(self, policy: AaaPolicy | None) -> None:
        """Ask these AAA servers from now on, also what others have not answered yet; None = nobody."""
        if self._upstream:
            self._upstream.close()
        self._upstream = Upstream(policy, self._log, self, self._counts) if policy else None
        self._supply.ask = self._upstream.ask if self._upstream else nobody_asked
        self._heart.ask_anew(self._clock.now())

    def run(self, wake: int, on_wake: Callable[[], bool], left_s: Callable[[], float] = lambda: EVERY_S) -> str:
        """Serve until on_wake, called when the descriptor wake is readable, returns False; then drain the commits.

        left_s: how much longer draining may take. What was not written by then; "" = all is.
        """
        garbage = Garbage()
        self._poll.register(self._committer.fileno(), select.EPOLLIN)
        self._poll.register(wake, select.EPOLLIN)
        going = True
        while going:
            ready = self._poll.poll(self._patience())
            self.supervisor.pulse()
            now = self._clock.now()
            self._counts["loop", "rounds"] += 1
            self._supply.poll_feed(now)
            for descriptor, _ in ready:
                if descriptor == wake:
                    going = on_wake()
                else:
                    self._hear(descriptor, now)
            self._go_on(now)
            self._listen_or_wait()
            if now >= self._next_housekeeping:
                self._keep_house(now)
                if not ready:
                    garbage.idle(now)
        return self._drain(left_s)

    def _patience(self) -> float:
        """How long to wait for packets: until the next housekeeping, or until somebody's time is over."""
        end = self._heart.next_due()
        end = min(end, self._upstream.next_end()) if self._upstream else end
        return min(max(end - self._clock.now(), 0.0), EVERY_S, self.supervisor.pulse_s)

    def _hear(self, descriptor: int, now: float) -> None:
        found = self._doors.get(descriptor)
        if found is None:
            if self._upstream:
                self._upstream.hear(descriptor, now)
            return
        door, name = found
        if name == WATCH:
            self._interfaces.hear(door, now)
            return
        self._heart.receive(name, door.receive(), door, now)
        self._supply.meet(now)

    def _go_on(self, now: float) -> None:
        """What is due, and what has come from elsewhere than the doors."""
        heart = self._heart
        if self._probing:
            for address, mac in self._interfaces.claims():
                heart.claimed(address, mac, now)
        if self._upstream:
            for question, grant in self._upstream.ended(now):
                heart.heard_word(question, grant, now)
        heart.handle_time(now)
        self._supply.meet(now)
        self._commit(now)
        self._tell_bugs()

    def _commit(self, now: float) -> None:
        """Take back the commit that ended; but first hand in what has gathered meanwhile, so that the disk has work."""
        ended = self._under_way
        done = self._committer.finished() if ended else None
        if done is None and ended:
            return
        self._under_way = self._heart.next_batch()
        if self._under_way:
            self._committer.submit(self._under_way.effects, self._under_way.at_ms)
        if ended and done:
            self._counts["commit", "transactions"] += 1
            self._counts["commit", "outcomes"] += ended.outcomes
            if done.error:
                told = f"{Reason.STORE_UNAVAILABLE}: {done.error}: nothing is acknowledged until it is mended"
                self._log.alarm(told, now)
                self.supervisor.trouble(told)
                self._heart.commit_failed(ended.number, now)
            else:
                self.supervisor.trouble("")
                self._heart.committed(ended.number, done.lost, now)

    def _tell(self, told: Told) -> None:
        """Send what is to leave, then have everybody read how the question has ended."""
        outcome, door, now = told
        try:
            if outcome.answer:
                try:
                    door.send(outcome.answer, outcome.to, outcome.via)
                except OSError as error:
                    self._not_sent(door, outcome, error, now)
            self._tallies.read(told)
            self._log.read(told)
        except Exception as bug:
            self._counts["bugs",] += 1
            self._log.alarm(f"bug: {bug!r} in telling {outcome.message} of {outcome.mac.hex(':')}", now)

    def _tell_bugs(self) -> None:
        for bug in self._heart.bugs():
            self._counts["bugs",] += 1
            self._log.read_bug(bug)

    def _not_sent(self, door: Door, outcome: Outcome, error: OSError, now: float) -> None:
        self._counts[outcome.protocol, "not-sent"] += 1
        # An interface that went away while the answer waited is alarmed elsewhere; the box asks again.
        if door.fileno() in self._doors:
            self._log.alarm(f"{outcome.reply} to {outcome.mac.hex(':')} via {outcome.where} not sent: {error}", now)

    def _drain(self, left_s: Callable[[], float]) -> str:
        """Write what is promised, and tell it. What could not be written in time; "" = all is."""
        self._keep_house(self._clock.now())
        self._go_on(self._clock.now())
        while self._under_way and (left := left_s()) > 0:
            select.select([self._committer], [], [], left)
            self._go_on(self._clock.now())
        if self._committer.stop(left_s()):
            return ""
        waiting = self._heart.waiting()
        return f"{waiting} answers that waited for the disk were not given, the counts of the last seconds are not kept"

    def _listen_or_wait(self) -> None:
        """Back pressure: what cannot be committed in time waits in the kernel, where it is bounded."""
        deaf = self._heart.is_full()
        if deaf == self._deaf:
            return
        self._deaf = deaf
        for descriptor, (_, name) in self._doors.items():
            if name in _WAIT_FOR_THE_DISK:
                self._poll.modify(descriptor, 0 if deaf else select.EPOLLIN)

    def _keep_house(self, now: float) -> None:
        self._next_housekeeping = now + EVERY_S
        self._counts.update(self._heart.drain_counts())
        self._house.keep(self._engines, self, self._clock, now)
