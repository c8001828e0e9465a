"""What a person ends by hand: a lease, a learned port. And what others report of a box."""

import sqlite3
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import Event
from gatekeeper.store import StoreError
from gatekeeper.store.sqlite.sessions import SessionTables
from gatekeeper.wire.text import ip_text, mac_text, parse_mac

_HELD: Final = "state <> 'released' AND expires_at > ?"
_FIND: Final = f"SELECT mac, account, port FROM main.leases WHERE address = ? AND {_HELD}"
_ACCOUNT_OF: Final = "coalesce((SELECT account FROM boxes WHERE mac = :key), :key)"
_FORGET_PORT: Final = """
UPDATE accounts SET port = '', line = '', port_state = 'unlearned', port_by = '', port_at = 0
WHERE account = ? AND port_state = 'learned'"""
# A row with a MAC and an address says that this box has this address no longer.
_NOBODY: Final = "00:00:00:00:00:00"
_TELL: Final = "INSERT INTO feed (mac, address, origin) VALUES (?, ?, '')"


@trait
class ClearingTables(SessionTables):
    """``clear`` and ``events``: each call is one transaction, and running engines hear of it by the change feed."""

    def clear_lease(self, ip: int, now: float) -> bool:
        """End the lease, or the quarantine, of this address: the next box may have it. False: there is none.

        Raises StoreError.
        """
        query = self._connection.execute
        with self._on_sessions():
            row = query(_FIND, (ip, now)).fetchone()
            if not row:
                return False
            mac, account, port = row
            query("UPDATE main.leases SET state = 'released', expires_at = ? WHERE address = ?", (int(now), ip))
            query(_TELL, (mac or _NOBODY, ip))
            self._prune_feed()
            self._tell_event(
                Event(int(now * 1000), "lease ended", mac, account, ip, port, f"{ip_text(ip)} cleared by hand")
            )
        return True

    def clear_port_binding(self, key: str, now: float) -> bool:
        """Have an account, named by itself or by the MAC of a box, learn its port anew. Raises StoreError.

        False: no such account, or it has learned none; a port that an order named is changed by an order.
        """
        query = self._connection.execute
        with self._transaction():
            row = query(
                f"SELECT account, port FROM accounts WHERE account = {_ACCOUNT_OF}", {"key": _spelled(key)}
            ).fetchone()
            if not row or not query(_FORGET_PORT, (row[0],)).rowcount:
                return False
            account, port = row
            macs = query("SELECT mac, 0 FROM boxes WHERE account = ?", (account,)).fetchall()
            self._connection.executemany(_TELL, macs)
            self._prune_feed()
            self._tell_event(Event(int(now * 1000), "port cleared", "", account, 0, port, "cleared by hand"))
        return True

    def port_state(self, key: str) -> str:
        """unlearned learned ordered, of an account named as above; "" = there is none. Raises StoreError."""
        query = f"SELECT port_state FROM accounts WHERE account = {_ACCOUNT_OF}"
        try:
            row = self._connection.execute(query, {"key": _spelled(key)}).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        return row[0] if row else ""

    def addresses_of(self, mac: bytes, now: float) -> list[int]:
        """The addresses that a box holds now. Raises StoreError."""
        try:
            with self._reading():
                rows = self._connection.execute(
                    f"SELECT address FROM leases_now WHERE mac = ? AND {_HELD} ORDER BY address", (mac_text(mac), now)
                )
                return [row[0] for row in rows.fetchall()]
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def freed_since(self, seq: int) -> list[int]:
        """Addresses that were cleared behind this place in the change feed. Raises StoreError."""
        query = "SELECT address FROM feed WHERE seq > ? AND mac <> '' AND address <> 0"
        try:
            return [row[0] for row in self._connection.execute(query, (seq,)).fetchall()]
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def report(self, kind: str, mac: bytes, detail: str, now: float) -> bool:
        """Keep what somebody else saw of a box. False: no order knows it, and nothing is kept. Raises StoreError."""
        with self._transaction():
            row = self._connection.execute("SELECT account FROM boxes WHERE mac = ?", (mac_text(mac),)).fetchone()
            if not row:
                return False
            self._tell_event(Event(int(now * 1000), kind, mac_text(mac), row[0], 0, "", detail))
        return True


def _spelled(key: str) -> str:
    """A MAC as the store spells it; an account as it is."""
    try:
        return mac_text(parse_mac(key))
    except ValueError:
        return key
