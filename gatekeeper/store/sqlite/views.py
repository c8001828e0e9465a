"""What ``show`` asks the store: rows as dicts, in the field names and the sequence of the contract."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from mypy_extensions import trait

from gatekeeper.store import StoreError
from gatekeeper.store.ports import Only
from gatekeeper.store.ports import ViewRow as Row
from gatekeeper.store.rows import COUNTER_NAME, FATE_NAME, NAS_SEEN, ROGUE, SECRET, listed
from gatekeeper.store.sqlite.lines import LINES, OF_LINES
from gatekeeper.store.sqlite.tables import Tables
from gatekeeper.wire.text import ip_text, parse_ip

_BINDINGS: Final = """
SELECT a.account, a.subscriber, coalesce(b.mac, '') AS mac, coalesce(b.stbid, '') AS stbid,
       CASE WHEN b.mac IS NULL AND a.state = 'active' THEN 'waiting' ELSE a.state END AS state,
       a.port, a.port_state, l.address,
       CASE WHEN l.state IN ('active', 'recovered') THEN l.expires_at END AS lease_expires,
       a.rate_down_kbps, a.rate_up_kbps, a.last_order AS "order", a.acs_url, a.address AS fixed, b.mac AS box,
       a.port_by, nullif(a.port_at, 0) AS port_at
FROM accounts a LEFT JOIN boxes b USING (account)
LEFT JOIN leases l ON l.address = (SELECT address FROM leases WHERE mac = b.mac ORDER BY last_seen DESC LIMIT 1)
ORDER BY a.account, b.mac"""
_BOXES: Final = """
SELECT b.mac, b.stbid, b.account, a.state FROM boxes b JOIN accounts a USING (account) ORDER BY b.mac"""
_LEASES: Final = """
SELECT address, mac, account, port,
       CASE WHEN state <> 'released' AND expires_at <= :now THEN 'expired' ELSE state END AS state,
       expires_at AS lease_expires, first_seen, last_seen
FROM leases ORDER BY address"""
# How a CoA or Disconnect (d) stands: what the NAS said, and what its accounting shows since.
_KIND: Final = "CASE d.kind WHEN 'coa' THEN 'CoA' ELSE 'Disconnect' END"
_STANDS: Final = """d.state || CASE WHEN d.still_online AND NOT d.verified THEN ', still online' ELSE '' END
               || CASE d.detail WHEN '' THEN '' ELSE ' (' || d.detail || ')' END
               || CASE WHEN d.verified THEN ', shown by accounting' ELSE '' END"""
# What an order asked of NASes stands behind what it changed, with how that ended.
_ORDER_ROWS: Final = f"""
SELECT number AS "order", kind, account, mac,
       CASE WHEN state = 'held' AND held_until <= :now THEN 'refused' ELSE state END AS state, reason, detail,
       received_ms AS received,
       effects || coalesce((
           SELECT group_concat(
               '; ' || {_KIND} || ' of session ' || s.session || ' at ' || s.nas || ': ' || {_STANDS}, '')
           FROM dynauth d JOIN sessions s ON s.id = d.session WHERE d."order" = orders.number), '') AS effects
FROM orders"""
_ORDERS: Final = f"{_ORDER_ROWS} ORDER BY seq"
_ORDER: Final = f"{_ORDER_ROWS} WHERE number = :number"
_SESSIONS: Final = f"""
SELECT session, nas, mac, account, port, address, state, started, last_seen, bytes_in, bytes_out, cause,
       coalesce((SELECT {_KIND} || ' ' || {_STANDS} FROM dynauth d WHERE d.session = sessions.id
                 ORDER BY d.id DESC LIMIT 1), '') AS asked
FROM sessions ORDER BY state, last_seen DESC, id"""
_NAS: Final = f"SELECT {listed(NAS_SEEN)} FROM nas_seen ORDER BY name"
_SECRETS: Final = f"SELECT {listed(SECRET)} FROM nas_secrets ORDER BY last_seen DESC, source, port"
_REFUSED: Final = """
SELECT r.mac, reason, count, first_seen, last_seen, coalesce(port, '') AS port, protocol, bound, seen, "where", message,
       address, coalesce(b.account, '') AS account
FROM refused r LEFT JOIN boxes b ON b.mac = r.mac ORDER BY last_seen DESC, ms DESC, r.mac, protocol, reason"""
_ROGUE: Final = f"SELECT {listed(ROGUE)} FROM rogues ORDER BY last_seen DESC, server, mac, interface"
_STATS: Final = f"""
SELECT {FATE_NAME} AS name, count AS value FROM outcomes
UNION ALL SELECT {COUNTER_NAME}, value FROM counters
UNION ALL SELECT 'clock.seconds-off', CAST(at - gate AS INTEGER) FROM heartbeat WHERE cause <> '' ORDER BY name"""
# What a listing can be asked for by an index, or at least without going through all its rows in Python: the column
# that is to be equal -> the condition.
_BY_MAC: Final = {"mac": "mac = :mac"}
_BY_ACCOUNT: Final = {"account": "account = :account"}
_BY_BOTH: Final = _BY_MAC | _BY_ACCOUNT
_NARROWED: Final = {
    "bindings": {"mac": "box = :mac", "address": "(address = :address OR fixed = :address)"} | _BY_ACCOUNT,
    "boxes": _BY_BOTH,
    "leases": _BY_BOTH | {"address": "address = :address"},
    "sessions": _BY_BOTH | {"address": "address = :address"},
    "orders": _BY_BOTH,
    "refused": _BY_BOTH | {"address": "address = :address"},
    "ports": OF_LINES,
}


@trait
class Views(Tables):
    """Read-only listings. Times are Unix seconds (``received`` of an order: thousandths of them), addresses dotted
    quads, absent values None or ""."""

    def view(self, what: str, now: int, only: Only | None = None) -> Iterable[Row]:
        """The listing of this name, narrowed to rows whose columns are these where that is quicker.

        only: mac account address, as text; whoever asks chooses among the rows all the same, but for ``ports``, whose
        rows are of many boxes. Raises StoreError, and ValueError where there is no such listing.
        """
        listing = _LISTINGS.get(what)
        if listing is None:
            raise ValueError(f"no listing {what!r}: there are {' '.join(_LISTINGS)}")
        known = _NARROWED.get(what, {})
        narrowed = {name: value for name, value in (only or {}).items() if name in known}
        return listing(self, now, narrowed) if narrowed else listing(self, now)

    def bindings(self, now: int, only: Only | None = None) -> Iterator[Row]:
        """One row per box, and per account that waits for its box."""
        for row in self._rows(_BINDINGS, {}, "bindings", only):
            row.pop("box")
            lease, fixed = row["address"], row.pop("fixed")
            # A lease that has ended is no address any more; a fixed one is ordered, held or not.
            held = isinstance(lease, int) and isinstance(row["lease_expires"], int) and row["lease_expires"] > now
            row["lease_expires"] = row["lease_expires"] if held else None
            row["address"] = address_text(lease if held else fixed)  # type: ignore[arg-type]
            yield row

    def boxes(self, now: int, only: Only | None = None) -> Iterator[Row]:
        yield from self._rows(_BOXES, {}, "boxes", only)

    def leases(self, now: int, only: Only | None = None) -> Iterator[Row]:
        for row in self._rows(_LEASES, {"now": now}, "leases", only):
            yield row | {"address": address_text(row["address"])}  # type: ignore[arg-type]

    def sessions(self, now: int, only: Only | None = None) -> Iterator[Row]:
        """Running ones first."""
        for row in self._rows(_SESSIONS, {}, "sessions", only):
            yield row | {"address": address_text(row["address"])}  # type: ignore[arg-type]

    def nas(self, now: int) -> Iterator[Row]:
        """What each client has sent, as counted; not every configured one is there."""
        yield from self._rows(_NAS, {})

    def secrets(self, now: int) -> Iterator[Row]:
        """What each source of RADIUS packets shows of its secret, the last one first."""
        yield from self._rows(_SECRETS, {})

    def orders(self, now: int, only: Only | None = None) -> Iterator[Row]:
        yield from self._rows(_ORDERS, {"now": now}, "orders", only)

    def order(self, number: str, now: int) -> Row | None:
        """One of them."""
        return next(self._rows(_ORDER, {"now": now, "number": number}), None)

    def refused(self, now: int, only: Only | None = None) -> Iterator[Row]:
        """One row a box, protocol and reason, the latest first."""
        for row in self._rows(_REFUSED, {}, "refused", only):
            yield row | {"address": address_text(row["address"])}  # type: ignore[arg-type]

    def rogue(self, now: int) -> Iterator[Row]:
        """DHCP servers that are not ours."""
        yield from self._rows(_ROGUE, {})

    def ports(self, now: int, only: Only | None = None) -> Iterator[Row]:
        """One row per access line that an account is bound to, or a lease or session was seen on.

        accounts, boxes: how many are bound to it, or are there now; there: those of the accounts that a packet showed
        on it, and not an order alone.
        """
        for row in self._rows(LINES, {"now": now}, "ports", only):
            row.pop("line")
            yield row

    def stats(self, now: int) -> Iterator[Row]:
        yield from self._rows(_STATS, {})

    def _rows(self, query: str, values: dict[str, object], what: str = "", only: Only | None = None) -> Iterator[Row]:
        if only:
            conditions = (_NARROWED[what][name] for name in only)
            query = f"SELECT * FROM ({query}) WHERE {' AND '.join(conditions)}"
            values = {**values, **only}
            if "address" in only:
                values["address"] = parse_ip(only["address"])
        try:
            cursor = self._connection.execute(query, values)
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield dict(zip(names, row, strict=True))
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error


# What a listing is called -> what makes it.
_LISTINGS: Final[dict[str, Callable[..., Iterator[Row]]]] = {
    "bindings": Views.bindings,
    "boxes": Views.boxes,
    "leases": Views.leases,
    "sessions": Views.sessions,
    "nas": Views.nas,
    "secrets": Views.secrets,
    "orders": Views.orders,
    "refused": Views.refused,
    "rogue": Views.rogue,
    "ports": Views.ports,
    "stats": Views.stats,
}


def address_text(address: int) -> str:
    """0 -> "", else dotted quad."""
    return ip_text(address) if address else ""
