"""Which troubles this process is in, in memory: what is asked about a store that cannot be written is not in it."""

import threading
from collections.abc import Callable
from typing import Final

from gatekeeper.drivers.clock import Clock
from gatekeeper.drivers.commit import Committer
from gatekeeper.drivers.upstream import Upstream
from gatekeeper.report.clock import doubt_text
from gatekeeper.report.troubles import OF_THE_STORE, TROUBLES, Standing, trouble_line

_AGAIN_S: Final = 10.0  # one that comes and goes is said so often at most


class Troubles:
    """Told by whoever meets one, in any thread; read in any other."""

    def __init__(self, say: Callable[[str], object]) -> None:
        """say: a line for the log."""
        self._say = say
        self._lock = threading.RLock()
        self._standing: dict[str, Standing] = {}  # replaced and never changed, so that who reads it needs no lock
        self._said_at: dict[str, float] = {}
        self._said: set[str] = set()

    def set(self, name: str, detail: str, now: float) -> None:
        """detail: what was met of this trouble, "" = it is not, or no longer, there. name: of TROUBLES."""
        if bool(self._standing.get(name)) != bool(detail):
            with self._lock:
                self._change(name, detail, now)

    def set_one_of(self, names: frozenset[str], name: str, detail: str, now: float) -> None:
        """Of these the one is there and no other; name "" = none is."""
        with self._lock:
            for other in names & self._standing.keys() - {name}:
                self.set(other, "", now)
            if name:
                self.set(name, detail, now)

    def standing(self) -> list[Standing]:
        """Those that are there, the oldest first."""
        return sorted(self._standing.values(), key=lambda one: one.since)

    def _change(self, name: str, detail: str, now: float) -> None:
        before = self._standing.get(name)
        if bool(before) == bool(detail):
            return
        if detail:
            found = Standing(name, detail, now)
            self._standing = {**self._standing, name: found}
            self._begin(found, now)
        else:
            self._standing = {other: one for other, one in self._standing.items() if other != name}
            if before and name in self._said:
                self._said.discard(name)
                self._say(f"over after {now - before.since:.1f} s: {TROUBLES[name].title}")

    def _begin(self, found: Standing, now: float) -> None:
        said_at = self._said_at.get(found.name)
        if said_at is None or now >= said_at + _AGAIN_S:
            self._said_at[found.name] = now
            self._said.add(found.name)
            self._say(f"alarm: {trouble_line(found)}")

    def look_at_store(self, committer: Committer, now: float) -> None:
        """What the commit thread meets; in any thread."""
        self.set_one_of(OF_THE_STORE, *committer.failure(), now)
        self.set("commits-slow", committer.slowness(), now)

    def look_around(self, committer: Committer, upstream: Upstream | None, clock: Clock, now: float) -> None:
        """What is met beside packets, once a second."""
        self.look_at_store(committer, now)
        self.set("store-replaced", committer.amiss(), now)
        self.set("aaa-silent", upstream.silence() if upstream else "", now)
        self.set("clock-frozen", doubt_text(clock.cause, now + clock.off_s, now) if clock.cause else "", now)
