"""The tables that orders write: accounts, boxes, orders, and the change feed. It is the order desk's ledger."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Final

from mypy_extensions import trait

from gatekeeper.model import Event
from gatekeeper.policy.order_fields import Order
from gatekeeper.policy.orders import Changes, OrderRecord, OrderRules, Situation, difference
from gatekeeper.state.refusals import last_refusal_event
from gatekeeper.store.outbox import COA, DISCONNECT
from gatekeeper.store.rows import (
    ACCOUNT,
    ORDER,
    REFUSED,
    account_of,
    line_of,
    listed,
    mac_of,
    marks,
    order_of,
    order_row,
    refused_of,
)
from gatekeeper.store.sqlite.dynauth import DynauthTables
from gatekeeper.store.sqlite.schema import LEASED
from gatekeeper.value import values_of
from gatekeeper.wire.text import mac_text

# An order is written once, but for one that was held.
_WRITE_ORDER: Final = f"""
INSERT INTO orders ({listed(ORDER)}) VALUES ({marks(ORDER)})
ON CONFLICT (number) DO UPDATE SET state = excluded.state, reason = excluded.reason, detail = excluded.detail,
    effects = excluded.effects WHERE orders.state = 'held'"""
_NEIGHBOURS: Final = """
SELECT count(*) FROM accounts a JOIN boxes b USING (account) WHERE a.line = ? AND a.port <> '' AND a.account <> ?"""
# 'INSERT OR REPLACE' would delete the row that the boxes refer to.
_WRITTEN: Final = (*ACCOUNT, "line")
_REWRITTEN: Final = tuple(name for name in _WRITTEN if name != "account")
_WRITE_ACCOUNT: Final = f"""
INSERT INTO accounts ({listed(_WRITTEN)}) VALUES ({marks(_WRITTEN)})
ON CONFLICT (account) DO UPDATE SET ({listed(_REWRITTEN)}) = ({listed(_REWRITTEN, "excluded.")})"""
_ACCOUNT: Final = f"SELECT {listed(ACCOUNT)} FROM accounts WHERE account = ?"
_REFUSED: Final = f"SELECT {listed(REFUSED)} FROM refused WHERE mac = ? ORDER BY last_seen, ms"
_WRITE_BOX: Final = """
INSERT INTO boxes VALUES (?, ?, ?)
ON CONFLICT (mac) DO UPDATE SET stbid = CASE excluded.stbid WHEN '' THEN boxes.stbid ELSE excluded.stbid END
WHERE boxes.account = excluded.account"""


@trait
class OrderTables(DynauthTables):
    """The order desk's side of the store."""

    def order_transaction(self) -> AbstractContextManager[object]:
        """One order, wholly or not at all, fsynced at the end. Raises StoreError."""
        return self._on_sessions()

    def find_order(self, number: str) -> tuple[OrderRecord, str] | None:
        """The order of this number and its contents."""
        row = self._connection.execute(f"SELECT {listed(ORDER)} FROM orders WHERE number = ?", (number,)).fetchone()
        return order_of(row) if row else None

    def held_orders(self, account: str) -> list[tuple[OrderRecord, str]]:
        """Orders that wait for the install of this account, in the sequence in which they came, and their contents."""
        rows = self._connection.execute(
            f"SELECT {listed(ORDER)} FROM orders WHERE account = ? AND state = 'held' ORDER BY seq",
            (account,),
        )
        return [order_of(row) for row in rows.fetchall()]

    def situation(self, order: Order, rules: OrderRules, now: float) -> Situation:
        """What the store says about the nouns that the order names."""
        query = self._connection.execute
        account = query(_ACCOUNT, (order.account,)).fetchone()
        macs = query("SELECT mac FROM boxes WHERE account = ?", (order.account,)).fetchall()
        owner = (
            query("SELECT account FROM boxes WHERE mac = ?", (mac_text(order.mac),)).fetchone() if order.mac else None
        )
        return Situation(
            account=account_of(account) if account else None,
            macs=tuple(mac_of(row[0]) for row in macs),
            mac_owner=owner[0] if owner else "",
            address_owner=self._address_owner(order.address, now) if order.address else "",
            boxes_per_account=rules.boxes_per_account,
            neighbours=(
                query(_NEIGHBOURS, (line_of(order.port), order.account)).fetchone()[0]
                if order.port and rules.boxes_per_port
                else 0
            ),
            boxes_per_port=rules.boxes_per_port,
        )

    def _address_owner(self, address: int, now: float) -> str:
        query = self._connection.execute
        row = query("SELECT account FROM accounts WHERE address = ? AND address <> 0", (address,)).fetchone()
        row = (
            row
            or query(
                f"SELECT account FROM main.leases WHERE address = ? AND {LEASED} AND expires_at > ?", (address, now)
            ).fetchone()
        )
        return row[0] if row else ""

    def write_changes(self, changes: Changes, now: float) -> tuple[str, int]:
        """Write what ``policy.orders.decide`` decided, and tell the engines which MACs to look up again.

        Returns what is different now, and how many running sessions the NASes are to be asked to end or to change.
        """
        account = changes.account
        query = self._connection.execute
        row = query(_ACCOUNT, (account.account,)).fetchone()
        before = account_of(row) if row else None
        query(_WRITE_ACCOUNT, (*values_of(account), line_of(account.port)))
        self._tell_of_strangers(changes)
        gone = [(mac_text(mac),) for mac in changes.drop]
        self._connection.executemany("DELETE FROM boxes WHERE mac = ?", gone)
        self._connection.executemany("DELETE FROM admitted WHERE mac = ?", gone)
        added = [(mac_text(mac), account.account, stbid) for mac, stbid in changes.add]
        self._connection.executemany(_WRITE_BOX, added)
        # A box that waited for its order is no longer a refused one.
        self._connection.executemany("DELETE FROM refused WHERE mac = ?", [(row[0],) for row in added])
        rows = query("SELECT mac FROM boxes WHERE account = ?", (account.account,)).fetchall()
        self._tell([mac_text(mac) for mac in changes.drop] + [row[0] for row in rows])
        address = before.address if before else 0
        if address != account.address:
            self._tell([""], address or account.address)
        ended = self.ask(DISCONNECT, changes.disconnect, account.last_order, int(now))
        asked = ended + self.ask(COA, changes.change, account.last_order, int(now))
        return difference(before, account), asked

    def _tell_of_strangers(self, changes: Changes) -> None:
        """Of each box that was refused until now, how often and why."""
        for mac, _ in changes.add:
            rows = self._connection.execute(_REFUSED, (mac_text(mac),)).fetchall()
            account = changes.account.account
            self._tell_event(*(last_refusal_event(refused_of(row), account) for row in rows))

    def _tell(self, macs: list[str], address: int = 0) -> None:
        rows = [(mac, address) for mac in macs]
        self._connection.executemany("INSERT INTO feed (mac, address, origin) VALUES (?, ?, '')", rows)
        self._prune_feed()

    def write_order(self, record: OrderRecord, contents: str, now: float, gone: Sequence[bytes] = ()) -> None:
        """Keep the order and its outcome. gone: boxes that are no longer the account's."""
        self._connection.execute(_WRITE_ORDER, order_row(record, contents))
        outcome = f"{record.state} {record.reason}".strip()
        told = f"{record.order} {record.kind} {outcome}: {record.effects or record.detail}"
        at_ms = int(now * 1000)
        unbound = (Event(at_ms, "box unbound", mac_text(mac), record.account, 0, "", record.order) for mac in gone)
        # What came of the order stands behind it.
        self._tell_event(Event(at_ms, "order", record.mac, record.account, 0, "", told), *unbound)
