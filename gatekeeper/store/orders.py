"""The tables that orders write: accounts, boxes, orders, and the change feed. It is the order desk's ledger."""

from contextlib import AbstractContextManager

from gatekeeper.policy.orders import Account, Changes, Order, OrderRecord, Situation
from gatekeeper.store.dynauth import COA, DISCONNECT, DynauthTables
from gatekeeper.wire.text import ip_text, mac_text

_ACCOUNT_COLUMNS = (
    "account, subscriber, state, rate_down_kbps, rate_up_kbps, port, port_state, address, acs_url, boxes, plan,"
    " last_order"
)
_ORDER_COLUMNS = "number, kind, account, mac, state, reason, detail, received, effects"
# 'INSERT OR REPLACE' would delete the row that the boxes refer to.
_WRITE_ACCOUNT = f"""
INSERT INTO accounts ({_ACCOUNT_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (account) DO UPDATE SET subscriber = excluded.subscriber, state = excluded.state,
    rate_down_kbps = excluded.rate_down_kbps, rate_up_kbps = excluded.rate_up_kbps, port = excluded.port,
    port_state = excluded.port_state, address = excluded.address, acs_url = excluded.acs_url, boxes = excluded.boxes,
    plan = excluded.plan, last_order = excluded.last_order"""
_WRITE_BOX = """
INSERT INTO boxes VALUES (?, ?, ?)
ON CONFLICT (mac) DO UPDATE SET stbid = CASE excluded.stbid WHEN '' THEN boxes.stbid ELSE excluded.stbid END
WHERE boxes.account = excluded.account"""


class OrderTables(DynauthTables):
    """The order desk's side of the store."""

    def order_transaction(self) -> AbstractContextManager[None]:
        """One order, wholly or not at all, fsynced at the end. Raises StoreError."""
        return self._transaction()

    def find_order(self, number: str) -> tuple[OrderRecord, str] | None:
        """The order of this number and its contents."""
        row = self._connection.execute(
            f"SELECT {_ORDER_COLUMNS}, contents FROM orders WHERE number = ?", (number,)
        ).fetchone()
        return (OrderRecord(*row[:-1]), row[-1]) if row else None

    def situation(self, order: Order, boxes_per_account: int, now: int) -> Situation:
        """What the store says about the nouns that the order names."""
        query = self._connection.execute
        account = query(f"SELECT {_ACCOUNT_COLUMNS} FROM accounts WHERE account = ?", (order.account,)).fetchone()
        macs = query("SELECT mac FROM boxes WHERE account = ?", (order.account,)).fetchall()
        owner = (
            query("SELECT account FROM boxes WHERE mac = ?", (mac_text(order.mac),)).fetchone() if order.mac else None
        )
        return Situation(
            account=Account(*account) if account else None,
            macs=tuple(bytes.fromhex(row[0].replace(":", "")) for row in macs),
            mac_owner=owner[0] if owner else "",
            address_owner=self._address_owner(order.address, now) if order.address else "",
            boxes_per_account=boxes_per_account,
        )

    def _address_owner(self, address: int, now: int) -> str:
        query = self._connection.execute
        row = query("SELECT account FROM accounts WHERE address = ?", (address,)).fetchone()
        row = (
            row
            or query(
                "SELECT account FROM leases WHERE address = ? AND state = 'active' AND expires_at > ?", (address, now)
            ).fetchone()
        )
        return row[0] if row else ""

    def write_changes(self, changes: Changes, now: int) -> int:
        """Write what ``policy.orders.decide`` decided, and tell the engines which MACs to look up again.

        Returns how many running sessions the NASes are now to be asked to end or to change.
        """
        account = changes.account
        query = self._connection.execute
        before = query("SELECT address FROM accounts WHERE account = ?", (account.account,)).fetchone()
        query(_WRITE_ACCOUNT, account)
        self._connection.executemany("DELETE FROM boxes WHERE mac = ?", [(mac_text(mac),) for mac in changes.drop])
        added = [(mac_text(mac), account.account, stbid) for mac, stbid in changes.add]
        self._connection.executemany(_WRITE_BOX, added)
        # A box that waited for its order is no longer a refused one.
        self._connection.executemany("DELETE FROM refused WHERE mac = ?", [(row[0],) for row in added])
        rows = query("SELECT mac FROM boxes WHERE account = ?", (account.account,)).fetchall()
        self._tell([mac_text(mac) for mac in changes.drop] + [row[0] for row in rows])
        address = before[0] if before else 0
        if address != account.address:
            self._tell([""], address or account.address)
        ended = self.ask(DISCONNECT, changes.disconnect, account.last_order, now)
        return ended + self.ask(COA, changes.change, account.last_order, now)

    def _tell(self, macs: list[str], address: int = 0) -> None:
        rows = [(mac, address) for mac in macs]
        self._connection.executemany("INSERT INTO feed (mac, address, origin) VALUES (?, ?, '')", rows)
        self._prune_feed()

    def write_order(self, record: OrderRecord, contents: str) -> None:
        """Keep the order and its outcome."""
        self._connection.execute(
            f"INSERT INTO orders ({_ORDER_COLUMNS}, contents) VALUES (?,?,?,?,?,?,?,?,?,?)", (*record, contents)
        )


def address_text(address: int) -> str:
    """0 -> "", else dotted quad."""
    return ip_text(address) if address else ""
