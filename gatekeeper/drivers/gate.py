"""The packet loop of ``gatekeeper serve``: doors, engines, world, store and commit, put together and run."""

import gc
import select
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

from gatekeeper.book import AaaPolicy
from gatekeeper.drivers.access import Interfaces
from gatekeeper.drivers.clock import Clock
from gatekeeper.drivers.commit import Committer
from gatekeeper.drivers.engines import Engine, Engines, Question
from gatekeeper.drivers.housekeeping import EVERY_S, Housekeeper
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.reader import Reader, look_up
from gatekeeper.drivers.sockets import Door
from gatekeeper.drivers.upstream import Parked, Upstream
from gatekeeper.engine.dhcp import DhcpEngine, DhcpQuestion
from gatekeeper.engine.leasequery import LeaseQuestion
from gatekeeper.model import Action, Datagram, Effect, Outcome, Reason
from gatekeeper.state.admissions import Admissions
from gatekeeper.state.effects import lost_reason
from gatekeeper.state.refusals import Refusals
from gatekeeper.state.world import World
from gatekeeper.store import StoreError
from gatekeeper.store.ports import LoopPort

# Answers that wait for the disk; beyond this, DHCP and accounting stay in the kernel's buffer until some are written.
_MAX_WAITING = 4096
_GC_EVERY_S = 60.0


class Pending(NamedTuple):
    """An answer that waits for its effects to be on disk."""

    door: Door
    engine: Engine
    outcome: Outcome


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
    ) -> None:
        """store: the loop's own connection, for reading; seq: the end of the change feed before world was read."""
        self._engines = engines
        self._world = world
        self._store = store
        self._committer = committer
        self._log = log
        self._interfaces = interfaces
        self._probing = interfaces.probes()
        self._clock = Clock()
        self._doors: dict[int, tuple[Door, str]] = {}
        self._poll = select.epoll()
        self._effects: list[Effect] = []
        self._gathered: list[Pending] = []
        self._committing: list[Pending] = []
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._refusals, self._admissions = Refusals(), Admissions()
        self._house = Housekeeper(world, self._refusals, self._admissions, committer, log, interfaces, self._counts)
        self._reader = Reader(store, world, log, seq, committer.origin)
        self._upstream: Upstream | None = None
        self._next_housekeeping = 0.0
        self._next_collection = 0.0
        interfaces.watch_probes(self)
        self._deaf = False  # doors whose answers wait for the disk are not listened to while too many do

    def add_door(self, door: Door, protocol: str) -> None:
        """protocol: dhcp, radius, accounting, or watch for what only Interfaces.hear looks at."""
        self._doors[door.fileno()] = (door, protocol)
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

    def set_engines(self, engines: Engines) -> None:
        """Go on with another Policybook."""
        self._counts.update(self._engines.dhcp.drain_counts())
        self._engines = engines

    def set_upstream(self, policy: AaaPolicy | None) -> None:
        """Ask these AAA servers from now on, also what others have not answered yet; None = nobody."""
        waiting = self._upstream.close() if self._upstream else []
        self._upstream = Upstream(policy, self._log, self, self._counts) if policy else None
        for door, question in waiting:
            self._decide(door, self._engines.dhcp, question, self._clock.now())

    def run(self, wake: int, on_wake: Callable[[], bool]) -> None:
        """Serve until on_wake, called when the descriptor wake is readable, returns False; then drain the commits."""
        # Messages and facts are tuples without cycles: reference counts free them, and walking hundreds of thousands
        # of them again and again would find nothing. Cycles elsewhere are looked for when there is nothing to do.
        gc.disable()
        self._poll.register(self._committer.fileno(), select.EPOLLIN)
        self._poll.register(wake, select.EPOLLIN)
        going = True
        while going:
            ready = self._poll.poll(self._patience())
            now = self._clock.now()
            self._counts["loop", "rounds"] += 1
            self._engines.dhcp.ask_again(self._reader.changes(now))
            for descriptor, _ in ready:
                if descriptor == wake:
                    going = on_wake()
                elif descriptor in self._doors:
                    door, protocol = self._doors[descriptor]
                    if protocol == "watch":
                        self._interfaces.hear(door, now)
                    else:
                        self._serve(door, protocol, now)
                elif self._upstream:
                    self._upstream.hear(descriptor, now)
            self._end_probes(now)
            if self._upstream:
                self._end_questions(self._upstream, now)
            self._commit_next(now)
            self._listen_or_wait()
            if now >= self._next_housekeeping:
                self._keep_house(now)
                if not ready and now >= self._next_collection:
                    self._next_collection = now + _GC_EVERY_S
                    gc.collect()
                    gc.freeze()
        self._drain()

    def _patience(self) -> float:
        """How long to wait for packets: until the next housekeeping, the end of an ARP probe, or AAA's time is over."""
        end = self._interfaces.next_probe()
        end = min(end, self._upstream.next_end()) if self._upstream else end
        return min(max(end - self._clock.now(), 0.0), EVERY_S) if end != inf else EVERY_S

    def _end_probes(self, now: float) -> None:
        """Offers whose address nobody claimed leave; an address that somebody claimed is quarantined."""
        engine = self._engines.dhcp
        for door, offer, taken in self._interfaces.probed(now):
            if taken:
                conflict = engine.conflict(offer, now)
                self._effects += conflict.effects
                self._gathered.append(Pending(door, engine, conflict))
            else:
                self._finish(door, engine, offer, now)

    def _drain(self) -> None:
        self._keep_house(self._clock.now())
        self._commit_next(self._clock.now())
        while self._committer.busy:
            select.select([self._committer], [], [], EVERY_S)
            self._commit_next(self._clock.now())
        self._committer.stop()

    def _serve(self, door: Door, protocol: str, now: float) -> None:
        engine = self._engines.of(protocol)
        questions: list[Question] = []
        for datagram in door.receive():
            try:
                asked = engine.read(datagram, now)
                if isinstance(asked, LeaseQuestion):
                    leases = self._reader.leases_about(asked.sought, now)
                    asked = self._engines.dhcp.answer_query(asked, leases, now)
            except Exception as bug:
                self._report_bug(bug, datagram, now)
                continue
            if isinstance(asked, Outcome):
                self._finish(door, engine, asked, now)
            else:
                questions.append(asked)
        if not questions or not self._fetch(engine, questions, now):
            return
        for question in questions:
            self._decide(door, engine, question, now)

    def _decide(self, door: Door, engine: Engine, question: Question, now: float) -> None:
        """Answer, or have AAA asked first. The facts must have been admitted."""
        try:
            if self._upstream and isinstance(question, DhcpQuestion):
                asked = self._engines.dhcp.to_ask(question, now)
                if asked and self._upstream.ask(asked, Parked(door, question), now):
                    return
            outcome = engine.answer(question, now)  # type: ignore[arg-type]
        except Exception as bug:
            self._report_bug(bug, question.datagram, now)
            return
        if outcome.durable:
            self._effects += outcome.effects
            self._gathered.append(Pending(door, engine, outcome))
        elif not (self._probing and self._world.is_first(outcome) and self._interfaces.probe(outcome, now)):
            self._finish(door, engine, outcome, now)

    def _end_questions(self, upstream: Upstream, now: float) -> None:
        """Boxes that AAA has spoken of, or whom it kept waiting too long, are answered."""
        engine, ended = self._engines.dhcp, upstream.ended(now)
        for asked, grant, _ in ended:
            engine.learn(asked, grant, now)
        if ended and self._fetch(engine, [parked.question for _, _, parked in ended], now):
            for _, _, (door, question) in ended:
                self._decide(door, engine, question, now)

    def _report_bug(self, bug: Exception, datagram: Datagram, now: float) -> None:
        """An exception on the way of a packet is a bug of ours: the packet is lost and counted, the loop goes on."""
        self._counts["bugs",] += 1
        where = traceback.extract_tb(bug.__traceback__)[-1]
        text = f"bug: {bug!r} at {where.filename}:{where.lineno} on packet {datagram.data.hex()}"
        self._log.alarm(text, now)

    def _fetch(self, engine: Engine, questions: Sequence[Question], now: float) -> bool:
        """Admit the facts of all MACs asked for. False: the store cannot be read, and nobody is answered."""
        try:
            look_up(self._world, self._store, questions, self._engines.crowds)
        except StoreError as error:
            self._counts["no-answer", Reason.STORE_UNAVAILABLE] += len(questions)
            self._log.alarm(f"{Reason.STORE_UNAVAILABLE}: {error}", now)
            for question in questions:
                if not isinstance(engine, DhcpEngine):
                    engine.forget(question)  # type: ignore[arg-type]
            return False
        return True

    def _finish(self, door: Door, engine: Engine, outcome: Outcome, now: float) -> None:
        """Send, count, log."""
        if outcome.answer and outcome.to and outcome.via:
            try:
                door.send(outcome.answer, outcome.to, outcome.via)
            except OSError as error:
                self._counts[outcome.protocol, "not-sent"] += 1
                self._log.alarm(f"{outcome.reply} to {outcome.mac.hex(':')} via {outcome.where} not sent: {error}", now)
            if outcome.token:
                engine.sent(outcome, now)
        verdict = outcome.verdict
        self._counts[outcome.protocol, outcome.message, outcome.reply or "no-answer", verdict.reason or "ok"] += 1
        if verdict.reason and outcome.mac and verdict.reason is not Reason.DUPLICATE:
            port = outcome.port.text if outcome.port else ""
            self._refusals.count(outcome.mac, outcome.protocol, verdict.reason, port, now, verdict.bound)
        if verdict.action is Action.ACCEPT and outcome.binding:
            port = outcome.port.text if outcome.port else ""
            self._admissions.meet(outcome.mac, outcome.binding.account, outcome.where, port, now)
        self._log.outcome(outcome, now)

    def _commit_next(self, now: float) -> None:
        """Take back the commit that ended, and hand in what has gathered meanwhile."""
        done = self._committer.finished() if self._committer.busy else None
        ended, counts = self._committing, self._counts
        if self._gathered and not self._committer.busy:
            self._committer.submit(self._effects)
            self._committing, self._gathered, self._effects = self._gathered, [], []
        if done is None:
            return
        counts["commit", "transactions"] += 1
        counts["commit", "outcomes"] += len(ended)
        if done.error:
            self._log.alarm(
                f"{Reason.STORE_UNAVAILABLE}: {done.error}: nothing is acknowledged until it is mended", now
            )
        start = 0
        for door, engine, outcome in ended:
            end = start + len(outcome.effects)
            lost = {place - start for place in done.lost if start <= place < end} if done.lost else done.lost
            start = end
            if not done.error and not lost:
                self._world.settle(outcome.effects)
                self._finish(door, engine, outcome, now)
                continue
            counts[outcome.protocol, outcome.message, "no-answer", lost_reason(outcome.effects, lost)] += 1
            self._world.lose(outcome.effects, lost)
            engine.lost(outcome)

    def _listen_or_wait(self) -> None:
        """Back pressure: what cannot be committed in time waits in the kernel, where it is bounded."""
        deaf = len(self._gathered) > _MAX_WAITING
        if deaf == self._deaf:
            return
        self._deaf = deaf
        for descriptor, (_, protocol) in self._doors.items():
            if protocol in ("dhcp", "accounting"):
                self._poll.modify(descriptor, 0 if deaf else select.EPOLLIN)

    def _keep_house(self, now: float) -> None:
        self._next_housekeeping = now + EVERY_S
        self._house.keep(self._engines, self, self._clock, now)
