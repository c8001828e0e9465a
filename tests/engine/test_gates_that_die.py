"""The gate dies between any two statements of a commit, of a fold or of an order: what was told holds.

And whatever is folded, by whom and how far: who reads the store sees the same as before.
"""

import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gatekeeper.engine.order_desk import OrderDesk, rules_of
from gatekeeper.model import Facts, Outcome
from gatekeeper.store.opening import open_store
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.dhcp import REQUEST, decode
from tests.engine.bench import CONFIG, Bench
from tests.engine.test_never_two_holders import BOXES, NeighboursInBatches
from tests.engine.test_orders_and_packets import Life
from tests.store.dying import dies_in, left_behind

# Nothing is lost there that a process leaves, and it is fast.
_MEMORY = next((path for path in ("/dev/shm",) if Path(path).is_dir()), None)
statements = st.integers(1, 20)


class Mortal(Bench):
    """A bench over a store in files, read by one connection and written by another, as in a running gate."""

    writer: SqliteStore | None = None
    folds_first = True  # what was left in the log, as a start does unless the store cannot be written

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self._folder = folder
        self._lives = itertools.count(1)
        super().__init__(folder, config, str(folder / "store.db"))

    def start(self, *args: object, **keys: object) -> None:
        if self.writer:
            self.writer.close()
        self.writer = _opened(self.store.path)
        assert isinstance(self.store, SqliteStore)
        if self.folds_first:
            self.store.fold_all()
        self.store.read_beside(self.writer)
        super().start(*args, **keys)  # type: ignore[arg-type]

    def commit(self, now: float = 0) -> list[Outcome]:
        assert self.writer
        reader, self.store = self.store, self.writer
        try:
            return super().commit(now)
        finally:
            self.store = reader

    def close(self) -> None:
        if self.writer:
            self.writer.close()
            self.writer = None
        self.store.close()

    def die(self) -> None:
        """Now."""
        self._begin_anew(left_behind(Path(self.store.path), self._next_life()))

    def die_in_commit(self, statement: int, now: float) -> None:
        """Before that statement of the batch that waits; nobody is told."""
        assert self.writer
        left = dies_in(self.writer, lambda: self.commit(now), statement, self._next_life())
        self._begin_anew(left)

    def die_in_order(self, statement: int, now: float, kind: str, account: str, **fields: str) -> None:
        """Before that statement of an order, of which nothing is told either."""
        assert isinstance(self.store, SqliteStore)
        left = dies_in(self.store, lambda: self.order(kind, account, now, **fields), statement, self._next_life())
        self._begin_anew(left)

    def fold_a_slice(self, most: int) -> None:
        """As the commit thread does."""
        assert self.writer
        self.writer.fold_slice(most)

    def fold_by_another(self) -> None:
        """All of it, as another process does before it writes."""
        other = _opened(self.store.path)
        other.fold_all()
        other.close()

    def clear_by_another(self, address: int, now: float) -> bool:
        """As a person does, by another process; False: there was nothing to clear."""
        other = _opened(self.store.path)
        cleared = other.clear_lease(address, now)
        other.close()
        return cleared

    def fail_to_write(self) -> None:
        """A transaction of the commit thread that folds and writes something else, and is undone: the disk was full."""
        assert self.writer
        try:
            with self.writer.order_transaction():
                raise TimeoutError
        except TimeoutError:
            return

    def asked_beside(self, macs: Sequence[bytes]) -> dict[bytes, Facts]:
        """What a process is told that has only the files."""
        other = _opened(self.store.path)
        try:
            return other.facts(macs)
        finally:
            other.close()

    def die_in_fold(self, statement: int) -> None:
        """Before that statement of a fold of all that waits."""
        assert self.writer
        self._begin_anew(dies_in(self.writer, self.writer.fold_all, statement, self._next_life()))

    def all_that_is_read(self, now: float) -> dict[str, list[dict[str, object]]]:
        """By whoever lists, explains, or asks who had an address."""
        views = ("bindings", "boxes", "leases", "orders", "sessions", "refused")
        found = {what: list(self.store.view(what, now)) for what in views}
        for account in ("A", "B", "C", *(f"A{number}" for number in range(len(BOXES)))):
            found[account] = sorted(map(_told, self.store.timeline("account", account, 0)), key=_in_time)
        return found

    def unfolded(self) -> int:
        """Rows of both logs."""
        assert self.writer
        query = "SELECT (SELECT count(*) FROM lease_log) + (SELECT count(*) FROM reports)"
        return int(self.writer._connection.execute(query).fetchone()[0])

    def _next_life(self) -> Path:
        return self._folder / str(next(self._lives))

    def _begin_anew(self, path: Path) -> None:
        self.close()
        self.store = _opened(str(path))
        self.desk = OrderDesk(self.store, rules_of(self.book))
        self.start()


def _told(event: dict[str, object]) -> dict[str, object]:
    """What an event says; its number is another one in the log."""
    return {name: value for name, value in event.items() if name != "seq"}


def _in_time(event: dict[str, object]) -> tuple[object, str]:
    """What happened in one millisecond has no sequence."""
    return event["at_ms"], repr(event)


def _opened(path: str) -> SqliteStore:
    store = open_store(f"sqlite:{path}")
    assert isinstance(store, SqliteStore)
    return store


class Folds(RuleBasedStateMachine):
    """What is in the log goes into its place, between any two other steps."""

    bench: Mortal
    now: float

    @rule(most=st.integers(1, 3), slices=st.integers(1, 6))
    def folds_a_few_slices(self, most: int, slices: int) -> None:
        before = self.bench.all_that_is_read(self.now)
        for _ in range(slices):
            self.bench.fold_a_slice(most)
            assert self.bench.all_that_is_read(self.now) == before

    @rule()
    def is_folded_by_another_process(self) -> None:
        before = self.bench.all_that_is_read(self.now)
        self.bench.fold_by_another()
        assert self.bench.all_that_is_read(self.now) == before

    @rule(first=st.integers(1, 4), then=st.integers(1, 9))
    def is_overtaken_in_a_fold(self, first: int, then: int) -> None:
        before = self.bench.all_that_is_read(self.now)
        for _ in range(first):
            self.bench.fold_a_slice(1)
        self.bench.fold_by_another()
        for _ in range(then):
            self.bench.fold_a_slice(1)
        assert self.bench.all_that_is_read(self.now) == before

    @rule()
    def folds_all_and_knows_that_nothing_waits(self) -> None:
        assert self.bench.writer
        while self.bench.writer.fold_slice():
            pass
        assert self.bench.unfolded() == 0

    @rule()
    def fails_to_write(self) -> None:
        self.bench.fail_to_write()

    @invariant()
    def the_loop_is_told_what_the_files_have(self) -> None:
        """By two connections that know what their commits have put into the log, and one that knows nothing."""
        assert self.bench.store.facts(BOXES) == self.bench.asked_beside(BOXES)

    @rule(statement=st.integers(1, 60), folds_first=st.booleans())
    def dies_in_a_fold(self, statement: int, folds_first: bool) -> None:
        before = self.bench.all_that_is_read(self.now)
        self._forget()
        self.bench.folds_first = folds_first
        self.bench.die_in_fold(statement)
        assert self.bench.all_that_is_read(self.now) == before

    def _forget(self) -> None:
        """Answers that waited never come."""


class NeighboursOfMortals(Folds, NeighboursInBatches):
    """Six boxes, four addresses, group commit, and a gate that dies."""

    bench: Mortal

    def __init__(self) -> None:
        super().__init__()
        self.bench.store.close()
        self.memory = tempfile.TemporaryDirectory(dir=_MEMORY)
        self.bench = Mortal(Path(self.memory.name))
        self.bench.gathers = True
        for number, mac in enumerate(BOXES):
            self.bench.install(mac, account=f"A{number}")

    def teardown(self) -> None:
        self.bench.close()
        self.memory.cleanup()
        self.folder.cleanup()

    def _forget(self) -> None:
        """Answers that waited never come."""
        self.waiting.clear()

    @rule()
    def dies(self) -> None:
        self._forget()
        self.bench.die()

    def _hear(self, mac: bytes, data: bytes) -> None:
        """Who asks a server for another address has begun anew (RFC 2131 4.4.1), also where the answer is lost."""
        message = decode(data)
        held = self.held.get(mac, (0, 0))[0].to_bytes(4, "big")
        if message.kind == REQUEST and 54 in message.options and message.options.get(50) != held:
            self._gives_up(mac)
        super()._hear(mac, data)

    @precondition(lambda self: self.held and not self.waiting)
    @rule(data=st.data())
    def is_cleared_by_a_person(self, data: st.DataObject) -> None:
        """Who holds the address is known to hold it no longer."""
        mac = data.draw(st.sampled_from(sorted(self.held)))
        self.bench.clear_by_another(self.held[mac][0], self.now)
        self._gives_up(mac)

    @precondition(lambda self: self.waiting)
    @rule(statement=statements)
    def dies_in_a_commit(self, statement: int) -> None:
        self._forget()
        self.bench.die_in_commit(statement, self.now)


class LifeOfMortals(Folds, Life):
    """Orders and packets, and a gate that dies; what is on record then is there afterwards."""

    bench: Mortal

    def __init__(self) -> None:
        super().__init__()
        self.bench.store.close()
        self.memory = tempfile.TemporaryDirectory(dir=_MEMORY)
        text = (Path(self.folder.name) / "gatekeeper.toml").read_text()
        self.bench = Mortal(Path(self.memory.name), text)
        for account, mac in zip("ABC", BOXES, strict=False):
            self.bench.install(mac, account)

    def teardown(self) -> None:
        self.bench.close()
        self.memory.cleanup()
        self.folder.cleanup()

    @rule()
    def dies(self) -> None:
        before = self.bench.all_that_is_read(self.now)
        self.bench.die()
        assert self.bench.all_that_is_read(self.now) == before

    @rule(account=st.sampled_from("ABC"), kind=st.sampled_from(["suspend", "resume", "cancel"]), statement=statements)
    def dies_in_an_order(self, account: str, kind: str, statement: int) -> None:
        """It is wholly there or not at all: what must never happen does not, whichever it is."""
        before = self._all()
        self.bench.die_in_order(statement, self.now, kind, account)
        if len(self._all()["orders"]) == len(before["orders"]):
            assert self._all() == before


_shrinks = pytest.mark.timeout(600)  # a failure is made small before it is told
TestNeighboursOfMortals = _shrinks(NeighboursOfMortals.TestCase)
TestNeighboursOfMortals.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLifeOfMortals = _shrinks(LifeOfMortals.TestCase)
TestLifeOfMortals.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
