"""How a connection begins: with a store that is there and whole, one that lacks something, or a new one."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from mypy_extensions import trait

from gatekeeper.state.counts import columns_of
from gatekeeper.store import StoreError
from gatekeeper.store.ports import SLICE
from gatekeeper.store.rows import line_of
from gatekeeper.store.sqlite.files import LOG, MARK, Placed, has_log, make_store_file, set_log_aside, why_not
from gatekeeper.store.sqlite.folding import Pace
from gatekeeper.store.sqlite.lease_log import Recent
from gatekeeper.store.sqlite.loss import is_foreign, loss_of, read_only, state_of, was_in_use
from gatekeeper.store.sqlite.mark import Mark
from gatekeeper.store.sqlite.mark_format import Marked
from gatekeeper.store.sqlite.recovery import RecoveryTables
from gatekeeper.store.sqlite.schema import APPLICATION_ID, SCHEMA, UPGRADES, VERSION
from gatekeeper.store.sqlite.tables import BUSY_S
from gatekeeper.store.sqlite.unfolded import Unfolded
from gatekeeper.wire.line_id import may_be_learned


@trait
class OpeningTables(RecoveryTables):
    """What the constructor does, in parts. Raises StoreError, sqlite3.Error, OSError."""

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_S, check_same_thread=False)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.create_function("line_of", 1, line_of, deterministic=True)
        connection.execute("PRAGMA foreign_keys = ON")
        self._unfolded = Unfolded(connection)
        self._recent, self._pace = Recent(), Pace(SLICE)

    def _open(self, create: bool, mend: bool) -> None:
        # It is never ahead of the store, so it is read before that.
        marked = Mark(self.path).read()
        in_use = was_in_use(self.path, marked)
        file = Path(self.path)
        if not file.exists() or (in_use and file.stat().st_size == 0):
            self._begin_with_none(create, in_use)
        else:
            self._open_found(marked, mend)

    def _open_found(self, marked: Marked | None, mend: bool) -> None:
        foreign = is_foreign(self.path, marked)
        if foreign and mend:
            set_log_aside(self.path)
        self._connection = read_only(self.path) if foreign and not mend else self._connect()
        self._prepare(self._connection)
        self._verify()
        loss = loss_of(self.path, state_of(self._connection), marked, foreign)
        if loss is None or mend:
            self._lost = loss
            self._set_up()
            return
        self._loss = loss
        if foreign:
            return
        # The last one that closes a log puts what is left of it into the main file, and removes it.
        spare, self._connection = self._connection, read_only(self.path)
        self._prepare(self._connection)
        spare.close()

    def _begin_with_none(self, create: bool, in_use: bool) -> None:
        if in_use:
            sign = self.path + (LOG if has_log(self.path) else MARK)
            raise StoreError(
                f"store {self.path} is gone, and {sign} says that it was in use: put it back, or a copy of it; no other"
                " one is made in its place while that is there"
            )
        cause = why_not(self.path)
        if cause:
            raise StoreError(f"store {self.path}: {cause}")
        if not create:
            raise StoreError(
                f"store {self.path} does not exist: make it with 'gatekeeper init' or 'gatekeeper serve --create'"
            )
        make_store_file(self.path)
        self._connection = self._connect()
        self._prepare(self._connection)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._make()
        self._set_up()

    def _set_up(self) -> None:
        """Ready for reading and writing."""
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._upgrade()
        state = state_of(self._connection)
        if state:
            self._mark = Mark(self.path)
            self._mark.token, self._seq = state.store, state.seq
            self._placed = Placed(self.path)

    def _verify(self) -> None:
        application = self._connection.execute("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION_ID:
            raise StoreError(f"{self.path} is not a gatekeeper store: name another file in [store] url")
        if self._schema() != VERSION and self._schema() not in UPGRADES:
            raise StoreError(f"store {self.path} has schema {self._schema()}, this gatekeeper reads {VERSION}")

    def _schema(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _upgrade(self) -> None:
        """Bring an older store to this version, one version after another, each wholly or not at all."""
        if self._schema() < VERSION:
            self._connection.create_function("counted_as", 2, counted_as, deterministic=True)
            self._connection.create_function("may_be_learned", 2, may_be_learned, deterministic=True)
        while self._schema() < VERSION:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                version = self._schema()  # somebody else may have been first
                for statement in _statements(UPGRADES.get(version, "")):
                    self._connection.execute(statement)
                if version in UPGRADES:
                    self._connection.execute(f"PRAGMA user_version = {version + 1}")
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._connection.execute("ROLLBACK")
                raise

    def _make(self) -> None:
        marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        self._connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} {marks} COMMIT;")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: executescript would end the transaction that is going on."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def counted_as(dotted: str, column: str) -> str | None:
    """What a counter of a store before version 3 has in this column; None = it is of another kind."""
    value: str | None = getattr(columns_of(tuple(dotted.split("."))), column, None)
    return value
