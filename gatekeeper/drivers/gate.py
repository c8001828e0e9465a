"""The packet loop of ``gatekeeper serve``: drives the heart with sockets, the clock, the store and the commit thread.

What a packet goes through is the heart's business; here stands when the loop looks at what.
"""

import select
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from gatekeeper.book import AaaPolicy
from gatekeeper.drivers.access import WATCH, Interfaces
from gatekeeper.drivers.beginning import Memory
from gatekeeper.drivers.clock import Clock, is_vouched
from gatekeeper.drivers.commit import Committer, Done
from gatekeeper.drivers.confirmation import Confirmation
from gatekeeper.drivers.confirmation import Told as Confirmed
from gatekeeper.drivers.control import State
from gatekeeper.drivers.doors import NOBODY, Doors
from gatekeeper.drivers.garbage import Garbage
from gatekeeper.drivers.handing_in import SLOW_S, HandingIn
from gatekeeper.drivers.housekeeping import EVERY_S, Housekeeper
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.supervisor import Supervisor
from gatekeeper.drivers.supply import Supply, nobody_asked
from gatekeeper.drivers.telling import Telling
from gatekeeper.drivers.troubles import Troubles
from gatekeeper.drivers.upstream import Upstream
from gatekeeper.heart.engines import Engines
from gatekeeper.heart.life import ACCOUNTING, DHCP, MOST, Heart
from gatekeeper.heart.needs import Batch
from gatekeeper.heart.tallies import Tallies
from gatekeeper.model import Reason
from gatekeeper.report.clock import BELIEVED_TEXT, SYNCHRONISED
from gatekeeper.state.counts import columns_of, spelled
from gatekeeper.state.ranges import Ranges
from gatekeeper.store import StoreError
from gatekeeper.store.ports import LoopPort

_CONFIRM_EVERY_S: Final = 10.0  # where that could not be written
_WAIT_FOR_THE_DISK: Final = frozenset({DHCP, ACCOUNTING})
_CANNOT_DO_WITHOUT: Final = frozenset({ACCOUNTING})
_ROUNDS: Final = ("loop", "rounds")
_PAUSE_S: Final = 0.0001  # who has ordered needs longer until the box's next packet is here


class Gate:
    """One packet process."""

    def __init__(
        self,
        remember: Callable[[], Memory],
        store: LoopPort,
        committer: Committer,
        log: Log,
        interfaces: Interfaces,
        clock: Clock,
        troubles: Troubles,
        most: int = MOST,
    ) -> None:
        """remember: reads what is known, now and when all in memory is to begin anew; raises StoreError. store: the
        loop's own connection, for reading; troubles: are told what is met here; most: how many questions may wait for
        one kind of thing."""
        self._remember = remember
        self._store = store
        self._most = most
        self._probing = interfaces.probing()
        self._committer = committer
        self._log = log
        self._troubles = troubles
        self._interfaces = interfaces
        self._clock = clock
        self._counts: Counter[tuple[str, ...]] = Counter()
        self.doors = Doors(self._counts)
        self._upstream: Upstream | None = None
        self._begin(remember())
        self._confirmation: Confirmation | None = None
        self._handing = HandingIn(committer)
        self._next_housekeeping = 0.0
        self._went_round = time.monotonic()
        self._next_confirmation = 0.0
        interfaces.watch_probes(self.doors)
        self.supervisor = Supervisor({})

    def _begin(self, memory: Memory) -> None:
        self._engines, self._world, self._ranges, seq, self._beginning = memory
        tallies = Tallies()
        committer, log, interfaces = self._committer, self._log, self._interfaces
        self._telling = Telling(self.doors, log, tallies, self._counts)
        self._heart = Heart(self._engines.mouths(), self._world, self._probing, self._most, self._telling.tell)
        self.doors.set_book(self._engines.book)
        self._house = Housekeeper(self._world, committer, log, interfaces, tallies, self._counts)
        self._supply = Supply(self._heart, self._store, log.alarm, seq, committer.origin)
        self._supply.probe = interfaces.probe
        if self._beginning:
            self._supply.read_fixed = self._beginning.read_fixed

    def set_engines(self, engines: Engines, ranges: Ranges) -> None:
        """Go on with another Policybook. ranges: what each of its subnets gives out."""
        if ranges != self._ranges:
            self._world.pools.arrange(ranges, self._clock.now())
            self._ranges = ranges
        self._house.drain_engines(self._engines)
        self._engines = engines
        self.doors.set_book(engines.book)
        self._heart.set_mouths(engines.mouths())

    def set_upstream(self, policy: AaaPolicy | None) -> None:
        """Ask these AAA servers from now on, also what others have not answered yet; None = nobody."""
        if self._upstream:
            self._upstream.close()
        self._upstream = Upstream(policy, self._log, self.doors, self._counts) if policy else None
        self._supply.ask = self._upstream.ask if self._upstream else nobody_asked
        self._heart.ask_anew(self._clock.now())

    def state(self) -> State:
        """How this process stands, from memory; in any thread."""
        self._troubles.look_at_store(self._committer, self._clock.read())
        unwritten = Counter({spelled(columns_of(words)): count for words, count in self._house.unwritten().items()})
        return State(time.monotonic() - self._went_round, self._troubles.standing(), dict(unwritten))

    def run(self, wake: int, on_wake: Callable[[], bool], left_s: Callable[[], float] = lambda: EVERY_S) -> str:
        """Serve until on_wake, called when the descriptor wake is readable, returns False; then drain the commits.

        left_s: how much longer draining may take. What was not written by then; "" = all is.
        """
        garbage = Garbage()
        self.doors.watch(self._committer.fileno())
        self.doors.watch(wake)
        going, counts = True, self._counts
        while going:
            patience = self._patience()
            begun = time.monotonic()
            ready = self.doors.wait(patience)
            self._handing.pressed = bool(ready)
            self.supervisor.pulse()
            now, self._went_round = self._clock.now(), time.monotonic()
            counts[_ROUNDS] = counts.get(_ROUNDS, 0) + 1
            # While commits follow each other each changes what tells that somebody has written, and packets queue.
            paused = self._went_round - begun > _PAUSE_S and not self._handing.under_way
            self._supply.poll_feed(now, paused)
            for descriptor in ready:
                if descriptor == wake:
                    going = on_wake()
                else:
                    self._hear(descriptor, now)
            self._go_on(now)
            self._listen_or_wait(now)
            if self._beginning and not self._beginning.go_on(now, idle=not ready):
                self._beginning = None
            if not self._next_housekeeping - EVERY_S <= now < self._next_housekeeping:  # it is time, or was set back
                self._keep_house(now)
                if not ready:
                    garbage.idle(now)
        return self._drain(left_s)

    def _patience(self) -> float:
        """How long to wait for packets: until the next housekeeping, or until somebody's time is over."""
        end = min(
            self._heart.next_due(), self._handing.next_due(DHCP in self.doors.deaf and self._confirmation is None)
        )
        end = min(end, self._upstream.next_end()) if self._upstream else end
        now = self._clock.now()
        patience = min(max(end - now, 0.0), EVERY_S, self.supervisor.pulse_s)
        return min(patience, self._beginning.patience(now)) if self._beginning else patience

    def _hear(self, descriptor: int, now: float) -> None:
        found = self.doors.find(descriptor)
        if found is None:
            if self._upstream:
                self._upstream.hear(descriptor, now)
            return
        door, name = found
        if name == WATCH:
            self._interfaces.hear(door, now)
            return
        self._heart.receive(name, self.doors.arrivals.hear(door, name), door, now)
        self._supply.meet(now)
        self._telling.flush()

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
        self._telling.flush()
        self._telling.tell_bugs(self._heart.bugs())

    def _commit(self, now: float) -> None:
        """Take back the commit that ended; but first hand in what has gathered meanwhile, so that the disk has work.
        Where the next batch waits a little, they are told first, for they may ask their next thing meanwhile."""
        handing, confirmation = self._handing, self._confirmation
        ended = handing.ended()
        if handing.is_under_way():
            return
        if ended and ended[1].took_s > SLOW_S:
            handing.gather(ended[0].outcomes, self._heart.gathered(), ended[1].took_s, now)
            self._take_back(*ended, now)
            ended = None
        waits = handing.waits(self._heart.gathered(), now)
        if not waits and not (confirmation and confirmation.has_begun()):  # that gathered since is of another time
            handing.hand_in(self._heart.next_batch(), now)
            if confirmation:
                confirmation.begin(self._clock, self._committer)
        if ended:
            self._take_back(*ended, now)
        if confirmation and confirmation.has_begun() and not handing.is_under_way():
            self._go_on_confirming(confirmation, now)

    def _take_back(self, batch: Batch, done: Done, now: float) -> None:
        self._troubles.look_at_store(self._committer, now)
        self._counts["commit", "transactions"] += 1
        self._counts["commit", "outcomes"] += batch.outcomes
        if done.error:
            told = f"{Reason.STORE_UNAVAILABLE}: {done.error}: nothing is acknowledged until it is mended"
            self._log.alarm(told, now)
            self.supervisor.trouble(told)
            self._heart.commit_failed(batch.number, now)
        else:
            self.supervisor.trouble("")
            self._heart.committed(batch.number, done.lost, now, done.unfit)
            if done.unfit:
                self._telling.tell_unfit(list(done.unfit.values()), now)

    def confirm_clock(self, by: str, passed: bool, told: Confirmed) -> None:
        """The wall clock is right. by: who says so; passed: the time that it tells of did pass; told: hears what was
        done, or why it could not be."""
        if not self._clock.cause:
            told(f"{BELIEVED_TEXT}: there is nothing to confirm", "")
        elif self._confirmation:
            told("", "it is being confirmed already")
        else:
            self._confirmation = Confirmation(by, passed, told)

    def _go_on_confirming(self, confirmation: Confirmation, now: float) -> None:
        moved = confirmation.moved(self._committer)
        if moved is None:
            return
        if moved.error:
            self._confirmation = None
            self._log.alarm(f"{Reason.STORE_UNAVAILABLE}: {moved.error}: the clock is not confirmed", now)
            confirmation.fail(moved.error)
            return
        try:
            memory = self._remember()
        except StoreError as error:
            self._log.alarm(f"{Reason.STORE_UNAVAILABLE}: {error}: it goes on when that is mended", now)
            return
        self._heart.end_waiting(now)
        undecided = self._heart.next_batch()
        if undecided:
            self._heart.commit_failed(undecided.number, now)
        self._confirmation = None
        self._next_confirmation = 0.0
        confirmation.take(self._clock)
        self._counts.update(self._heart.drain_counts())
        self._house.write_counts(self._engines, self._clock)
        self._telling.flush()
        self._begin(memory)
        self.set_upstream(memory.engines.book.aaa)

    def _drain(self, left_s: Callable[[], float]) -> str:
        """Write what is promised, and tell it. What could not be written in time; "" = all is."""
        if self._confirmation and not self._confirmation.has_begun():
            self._confirmation = None
        self._keep_house(self._clock.now())
        self._handing.hurry()
        self._go_on(self._clock.now())
        while self._handing.under_way and (left := left_s()) > 0:
            select.select([self._committer], [], [], min(left, EVERY_S))
            self._handing.hurry()
            self._go_on(self._clock.now())
        if self._committer.stop(left_s()):
            return ""
        waiting = self._heart.waiting()
        return f"{waiting} answers that waited for the disk were not given, the counts of the last seconds are not kept"

    def _listen_or_wait(self, now: float) -> None:
        """Back pressure: what cannot be committed in time waits in the kernel, where it is bounded. Where the disk
        hangs that would be for nothing to who renews: an extension leaves without it."""
        deaf = _WAIT_FOR_THE_DISK if self._confirmation or self._heart.is_full() else NOBODY
        if deaf and not self._confirmation and self._handing.is_late(now):
            deaf = _CANNOT_DO_WITHOUT
        self.doors.listen_to_all_but(deaf)

    def _keep_house(self, now: float) -> None:
        if self._confirmation:
            return  # the next heartbeat is that of the store's other time
        self._next_housekeeping = now + EVERY_S
        self.doors.look()
        self._troubles.set("packets-lost", self.doors.arrivals.losses(), now)
        self._counts.update(self._heart.drain_counts())
        self._house.keep(self._engines, self.doors, self._clock, now)
        self._troubles.look_around(self._committer, self._upstream, self._clock, now)
        if self._clock.cause and now >= self._next_confirmation and is_vouched():
            self._next_confirmation = now + _CONFIRM_EVERY_S
            self.confirm_clock(SYNCHRONISED, False, self._say_confirmed)

    def _say_confirmed(self, done: str, why: str) -> None:
        if done:
            self._log.say(done)
