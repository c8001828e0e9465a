"""CoA and Disconnect that are to be sent (RFC 5176), and how each ended. Orders and ``clear`` write them here, in the
transaction that makes them necessary; whoever serves sends them, so a crash between loses none."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import Event
from gatekeeper.store import StoreError
from gatekeeper.store.outbox import COA, MOST_WAITING, Ended, Standing, Wanted
from gatekeeper.store.rows import WANTED, standing_of, wanted_of
from gatekeeper.store.sqlite.sessions import SessionTables
from gatekeeper.wire.text import mac_text, parse_mac

_ASK: Final = """
INSERT INTO dynauth (kind, session, "order", state, verified, detail, asked, ended)
SELECT ?, s.id, ?, 'waiting', 0, '', ?, 0 FROM sessions s CROSS JOIN courses c ON c.session = s.id
    WHERE c.state = 'active' AND s.mac = ?
    AND NOT EXISTS (
        SELECT 1 FROM dynauth d WHERE d.session = s.id AND d.kind = 'disconnect' AND d.ended = 0)"""
_ASK_BY_KEY: Final = """
INSERT INTO dynauth (kind, session, "order", state, verified, detail, asked, ended)
SELECT 'disconnect', s.id, '', 'waiting', 0, '', ?, 0 FROM sessions s CROSS JOIN courses c ON c.session = s.id
WHERE c.state = 'active' AND (s.session = ? OR s.mac = ?) AND NOT EXISTS (
    SELECT 1 FROM dynauth d WHERE d.session = s.id AND d.kind = 'disconnect' AND d.ended = 0)"""
_RUNNING: Final = """
SELECT s.id FROM sessions s CROSS JOIN courses c ON c.session = s.id
WHERE c.state = 'active' AND (s.session = ? OR s.mac = ?) ORDER BY s.id"""
_WAITING: Final = f"""
SELECT {WANTED}
FROM dynauth d JOIN sessions s ON s.id = d.session JOIN courses c ON c.session = s.id
LEFT JOIN session_changes x ON x.id = s.id LEFT JOIN accounts a ON a.account = coalesce(x.account, s.account)
WHERE d.ended = 0 ORDER BY d.id LIMIT ?"""
# No report makes any, so nothing need be known of those that wait to see that there is none.
_ANY: Final = "SELECT EXISTS (SELECT 1 FROM dynauth WHERE ended = 0)"
_END: Final = "UPDATE dynauth SET state = ?, detail = ?, ended = ? WHERE id = ? AND ended = 0"
_SENT: Final = "UPDATE dynauth SET state = 'sent' WHERE id = ? AND ended = 0"
_GONE: Final = "UPDATE courses SET state = 'closed' WHERE session = ? AND state = 'active'"
_GONE_FOR: Final = "UPDATE sessions SET cause = 'not known to the NAS' WHERE id = ?"


@trait
class DynauthTables(SessionTables):
    """The outbox of the dynamic authorization client."""

    def ask(self, kind: str, macs: Iterable[bytes], order: str, now: int) -> int:
        """Have the running sessions of these boxes changed or ended; how many there are. Inside a transaction."""
        return sum(self._connection.execute(_ASK, (kind, order, now, mac_text(mac))).rowcount for mac in macs)

    def ask_to_disconnect(self, key: str, now: int) -> list[int]:
        """Have the running sessions of this Acct-Session-Id or MAC ended; the numbers under which ``asked`` tells how
        that goes, none where there is no such session. Raises StoreError."""
        try:
            mac = mac_text(parse_mac(key))
        except ValueError:
            mac = "-"
        with self._on_sessions():
            query = self._connection.execute
            rows = query(_RUNNING, (key, mac)).fetchall()
            query(_ASK_BY_KEY, (now, key, mac))
            marks = ",".join("?" * len(rows))
            waiting = query(
                f"SELECT id FROM dynauth WHERE kind = 'disconnect' AND ended = 0 AND session IN ({marks})",
                [row[0] for row in rows],
            )
            return [row[0] for row in waiting.fetchall()]

    def asked(self, numbers: Sequence[int]) -> list[Standing]:
        """How these stand. Raises StoreError."""
        query = f"""
SELECT s.session, s.nas, d.state, d.detail FROM dynauth d JOIN sessions s ON s.id = d.session
WHERE d.id IN ({",".join("?" * len(numbers))}) ORDER BY d.id"""
        try:
            return [standing_of(row) for row in self._connection.execute(query, numbers)]
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def wanted(self) -> list[Wanted]:
        """What is to be sent, oldest first, MOST_WAITING at most. Raises StoreError."""
        try:
            if not self._connection.execute(_ANY).fetchone()[0]:
                return []
            with self._reading():
                rows = self._connection.execute(_WAITING, (MOST_WAITING,)).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        return [wanted_of(row) for row in rows]

    def mark_sent(self, wanted: Iterable[Wanted]) -> None:
        """These are on their way. After a crash they are sent again. Raises StoreError."""
        with self._transaction():
            self._connection.executemany(_SENT, [(one.id,) for one in wanted])

    def end_wanted(self, ended: Iterable[Ended], now: float) -> None:
        """Keep how these ended. Raises StoreError."""
        with self._on_sessions():
            for wanted, state, detail, gone in ended:
                self._connection.execute(_END, (state, detail, int(now), wanted.id))
                told = f"session {wanted.session} at {wanted.nas}: {state}" + (f" ({detail})" if detail else "")
                kind = "CoA" if wanted.kind == COA else "Disconnect"
                self._tell_event(Event(int(now * 1000), kind, mac_text(wanted.mac), wanted.account, 0, "", told))
                if gone and self._connection.execute(_GONE, (wanted.row,)).rowcount:
                    self._connection.execute(_GONE_FOR, (wanted.row,))
