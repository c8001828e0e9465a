"""The heartbeat, and what a confirmed clock makes of times on record. What each of these means: ``state.clock``."""

import sqlite3
from typing import Final

from mypy_extensions import trait

from gatekeeper.state.clock import Beat, Move
from gatekeeper.store import StoreError
from gatekeeper.store.rows import BEAT, beat_of, listed, marks
from gatekeeper.store.sqlite.sessions import SessionTables
from gatekeeper.value import values_of

_KEEP: Final = f"INSERT OR REPLACE INTO heartbeat (id, {listed(BEAT)}) VALUES (1, {marks(BEAT)})"
_FIND: Final = f"SELECT {listed(BEAT)} FROM heartbeat"

# What was given since the wall clock was not believed is dated as it would have been by it; nothing is dated later than
# now, for of two leases of a box the one that is dated last counts.
_DATED: Final = "min(:wall, {0} + iif(:by > 0 AND {0} >= :since, :by, 0))"
# What would end later than the clocks say, and is one of those that keep the time they have left.
_KEPT: Final = "{end} > min(:now, :wall) AND (:older OR {given} >= :since)"
_LEASES: Final = f"""
UPDATE leases SET
    expires_at = expires_at + iif({_KEPT.format(end="expires_at", given="last_seen")}, :by, 0),
    first_seen = {_DATED.format("first_seen")}, last_seen = {_DATED.format("last_seen")}
WHERE expires_at > min(:now, :wall) OR last_seen >= min(:since, :wall)"""
# Given by a clock that was ahead, before anybody looked: it is over when it would be if it were given now.
_CUT: Final = """
UPDATE leases SET expires_at = :now + expires_at - last_seen, last_seen = :now, first_seen = min(first_seen, :now)
WHERE last_seen > :now + :slack"""
# When a session began its NAS says, by its own clock.
_SESSIONS: Final = """
UPDATE courses SET heard = min(:wall, heard + iif(:by > 0 AND (:older OR heard >= :since), :by, 0)),
    last_seen = min(last_seen, :wall)
WHERE state = 'active'"""
_BEGUN: Final = """
UPDATE sessions SET started = :wall
WHERE started > :wall AND (SELECT state FROM courses WHERE session = sessions.id) = 'active'"""
_HELD: Final = f"""
UPDATE orders SET held_until = held_until + :by
WHERE state = 'held' AND {_KEPT.format(end="held_until", given="received_ms / 1000")}"""
_SLACK_S: Final = 60


@trait
class ClockTables(SessionTables):
    """Both sides of a clock: who serves writes, everybody reads."""

    def beat(self) -> Beat | None:
        """The last heartbeat of the packet process; None = there was none. Raises StoreError."""
        try:
            row = self._connection.execute(_FIND).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        return beat_of(row) if row else None

    def set_clock(self, move: Move, beat: Beat) -> int:
        """Move times on record as the clock is, and keep the heartbeat by it, as one transaction. How many leases go on
        with the time that they had left. Raises StoreError."""
        query = self._connection.execute
        values = {**move._asdict(), "by": move.by_s, "wall": move.now + move.by_s, "slack": _SLACK_S}
        kept = f"SELECT count(*) FROM leases WHERE {_KEPT.format(end='expires_at', given='last_seen')}"
        with self._on_sessions():
            query(_CUT, values)
            (count,) = query(f"{kept} AND expires_at > :now", values).fetchone()
            query(_LEASES, values)
            query(_SESSIONS, values)
            query(_BEGUN, values)
            query(_HELD, values)
            self._keep_beat(beat)
        return int(count)

    def cut_leases(self, now: int) -> int:
        """Leases that were given later than now by some clock last from now on for as long as they were given for. How
        many there are. Raises StoreError."""
        with self._on_sessions():
            return self._connection.execute(_CUT, {"now": now, "slack": _SLACK_S}).rowcount

    def _keep_beat(self, beat: Beat) -> None:
        self._connection.execute(_KEEP, values_of(beat))
