"""What the packet loop does once a second beside packets: counts go to the store, alarms to the log."""

from collections import Counter
from typing import Final

from gatekeeper.drivers.access import Interfaces, Loop
from gatekeeper.drivers.clock import Clock
from gatekeeper.drivers.commit import Committer, Stale, Survey
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.notes import Notes
from gatekeeper.heart.engines import Engines
from gatekeeper.heart.tallies import Tallies
from gatekeeper.policy.lines import MOST_SHARED, shared_notes
from gatekeeper.report.clock import doubt_text
from gatekeeper.report.left_out import left_out_line
from gatekeeper.state.world import World

EVERY_S: Final = 1.0
_NEARLY_FULL: Final = 0.9
_STALE_EVERY_S: Final = 60.0
_SURVEY_EVERY_S: Final = 300.0
_DOUBT_EVERY_S: Final = 60.0
_MAX_VLANS: Final = 10_000
_DAY_S: Final = 86_400


class Housekeeper:
    """Its own counts among them: what it finds to alarm about is counted too."""

    def __init__(
        self,
        world: World,
        committer: Committer,
        log: Log,
        interfaces: Interfaces,
        tallies: Tallies,
        counts: Counter[tuple[str, ...]],
    ) -> None:
        """tallies, counts: the loop's; emptied into the store."""
        self._world = world
        self._committer = committer
        self._log = log
        self._interfaces = interfaces
        self._tallies = tallies
        self._counts = counts
        self._next_stale = 0.0
        self._next_survey = 0.0
        self._next_doubt = 0.0
        self._vlans: set[str] = set()  # lines that were said to be VLANs

    def keep(self, engines: Engines, loop: Loop, clock: Clock, now: float) -> None:
        """One round."""
        self._log.tick(now)
        self._interfaces.look(loop)
        self._doubt(clock, now)
        self.write_counts(engines, clock)
        if now >= self._next_stale:
            self._next_stale = now + _STALE_EVERY_S
            book = engines.book
            stale = Stale(book.stale_after(), book.stale_session_s, book.journal_days * _DAY_S, int(now))
            self._committer.note(stale)
        unkept = self._committer.notes_error()
        if unkept:
            self._log.alarm(unkept, now)
        self._look_at_pools(now)
        self._look_at_lines(engines, now)

    def unwritten(self) -> dict[tuple[str, ...], int]:
        """What is counted and not in the store yet; in any thread."""
        unwritten = Counter(self._tallies.outcomes())
        unwritten.update(self._counts.copy())
        unwritten.update(self._committer.unwritten())
        return unwritten

    def drain_engines(self, engines: Engines) -> None:
        """What engines have counted themselves; they may be about to go."""
        for counts in (engines.dhcp.drain_counts(), engines.authentication.drain_counts()):
            self._counts.update(counts)
            for line in filter(None, map(left_out_line, counts)):
                self._log.once(line)

    def _doubt(self, clock: Clock, now: float) -> None:
        """A wall clock that is not believed is counted each second, and told of each minute."""
        if not clock.cause:
            if self._next_doubt:
                self._next_doubt = 0.0
                self._log.say("clock: the wall clock is back at the time that passed, and is believed")
            return
        self._counts["clock", "seconds-not-believed"] += 1
        if now >= self._next_doubt:
            self._next_doubt = now + _DOUBT_EVERY_S
            self._log.alarm(doubt_text(clock.cause, now + clock.off_s, now), now)

    def write_counts(self, engines: Engines, clock: Clock) -> None:
        """What was counted goes to the store, with the heartbeat."""
        self.drain_engines(engines)
        counts, tallies = self._counts, self._tallies
        refused, nas, outcomes = tallies.drain_refusals(), engines.seen.drain(), tallies.drain_outcomes()
        counts.update({("radius", "nas", seen.name, "unsealed"): seen.unsealed for seen in nas if seen.unsealed})
        admitted, secrets = tallies.drain_admitted(), engines.seen.secrets.drain()
        foreign = self._interfaces.drain()
        self._committer.note(Notes(refused, {**outcomes, **counts}, foreign, nas, admitted, secrets, clock.beat()))
        counts.clear()

    def _look_at_pools(self, now: float) -> None:
        self._world.pools.tidy(now)
        for subnet, used, size in self._world.pools.nearly_full(now, _NEARLY_FULL):
            self._counts["dhcp", "pool-nearly-full"] += 1
            full = f"pool of subnet {subnet}: {used} of {size} addresses in use: widen it, or shorten lease_s"
            self._log.alarm(full, now)

    def _look_at_lines(self, engines: Engines, now: float) -> None:
        """Lines that are VLANs are told once each. The commit thread looks for them, beside what it writes."""
        binding = engines.book.binding
        if now >= self._next_survey and binding.looks_for_vlans():
            self._next_survey = now + _SURVEY_EVERY_S
            self._committer.note(Survey(binding.shared_line, MOST_SHARED))
        fresh = [use for use in self._committer.surveyed() if use.line not in self._vlans]
        if fresh and len(self._vlans) < _MAX_VLANS:
            self._vlans.update(use.line for use in fresh)
            for note in shared_notes(fresh):
                self._log.say(f"warning: {note}")
