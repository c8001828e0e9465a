"""What the packet loop does once a second beside packets: counts go to the store, alarms to the log."""

from collections import Counter

from gatekeeper.drivers.access import Interfaces, Loop
from gatekeeper.drivers.clock import Clock
from gatekeeper.drivers.commit import Committer, Notes, Stale
from gatekeeper.drivers.engines import Engines
from gatekeeper.drivers.log import Log
from gatekeeper.state.admissions import Admissions
from gatekeeper.state.refusals import Refusals
from gatekeeper.state.world import World

EVERY_S = 1.0
_NEARLY_FULL = 0.9
_STALE_EVERY_S = 60.0


class Housekeeper:
    """Its own counts among them: what it finds to alarm about is counted too."""

    def __init__(
        self,
        world: World,
        refusals: Refusals,
        admissions: Admissions,
        committer: Committer,
        log: Log,
        interfaces: Interfaces,
        counts: Counter[tuple[str, ...]],
    ) -> None:
        """refusals, admissions, counts: the loop's; emptied into the store."""
        self._world = world
        self._refusals = refusals
        self._admissions = admissions
        self._committer = committer
        self._log = log
        self._interfaces = interfaces
        self._counts = counts
        self._next_stale = 0.0

    def keep(self, engines: Engines, loop: Loop, clock: Clock, now: float) -> None:
        """One round."""
        self._log.tick(now)
        self._interfaces.look(loop)
        self._write_counts(engines)
        if now >= self._next_stale:
            self._next_stale = now + _STALE_EVERY_S
            self._committer.note(Stale(*engines.stale, int(now)))
        if self._committer.notes_error:
            self._log.alarm(f"counts are not kept: {self._committer.notes_error}", now)
        self._look_at_pools(now)
        if clock.jump_s:
            jump = f"the wall clock jumped by {clock.jump_s:.0f} s: leases go on by the time that passed"
            self._log.alarm(jump, now)

    def _write_counts(self, engines: Engines) -> None:
        counts = self._counts
        counts.update(engines.dhcp.drain_counts() | engines.radius.drain_counts())
        refused, nas = self._refusals.drain(), self._world.drain_nas()
        counts.update({("radius", "nas", seen.name, "unsealed"): seen.unsealed for seen in nas if seen.unsealed})
        if refused or counts:
            admitted = self._admissions.drain()
            self._committer.note(Notes(refused, dict(counts), self._interfaces.drain(), nas, admitted))
            counts.clear()

    def _look_at_pools(self, now: float) -> None:
        for subnet, used, size in self._world.pools.nearly_full(now, _NEARLY_FULL):
            self._counts["dhcp", "pool-nearly-full"] += 1
            full = f"pool of subnet {subnet}: {used} of {size} addresses in use: widen it, or shorten lease_s"
            self._log.alarm(full, now)
