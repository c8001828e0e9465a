"""What the packet loop reads in the store beside facts: whose facts orders have changed, and leases asked for.

A store that cannot be read is alarmed, and is no end of the loop.
"""

from collections.abc import Sequence

from gatekeeper.drivers.engines import Question
from gatekeeper.drivers.log import Log
from gatekeeper.model import Lease, Reason
from gatekeeper.policy.leasequery import Sought
from gatekeeper.state.world import World
from gatekeeper.store import StoreError
from gatekeeper.store.ports import FactsPort, LoopPort


def look_up(world: World, store: FactsPort, questions: Sequence[Question], crowds: bool) -> None:
    """Admit what answering these needs and the world does not know. crowds: ports may be full. Raises StoreError."""
    missing = world.missing(question.mac for question in questions if question.mac)
    if missing:
        world.take_facts(store.facts(missing))
    if crowds:
        ports = world.missing_crowds((question.mac, question.port) for question in questions)
        if ports:
            world.take_crowds(store.crowds(ports))


class Reader:
    """The loop's own connection, for reading. The change feed is read on from where it was."""

    def __init__(self, store: LoopPort, world: World, log: Log, seq: int, origin: str) -> None:
        """seq: the end of the feed before world was read; origin: who wrote what needs not be looked up again."""
        self._store = store
        self._world = world
        self._log = log
        self._seq = seq
        self._origin = origin
        self._version = -1

    def changes(self, now: float) -> list[bytes] | None:
        """Have the world forget the MACs that orders changed since the last time: these, None = all.

        One page is read where nothing has changed.
        """
        try:
            version = self._store.data_version()
            if version == self._version:
                return []
            known = self._seq
            self._seq, macs, fixed = self._store.changes_since(known, self._origin)
            if fixed:
                self._world.pools.fix(self._store.fixed_addresses())
                self._world.pools.end(self._store.freed_since(known), now)
            self._version = version
        except StoreError as error:
            self._log.alarm(f"{Reason.STORE_UNAVAILABLE}: {error}", now)
            return []
        if macs is None or macs:
            self._world.forget(macs)
        return macs

    def leases_about(self, sought: Sought, now: float) -> Sequence[Lease] | None:
        """Lease queries are rare and each is one look into an index. None: the store cannot be read."""
        try:
            return self._store.leases_about(sought, now)
        except StoreError as error:
            self._log.alarm(f"{Reason.STORE_UNAVAILABLE}: {error}", now)
            return None
