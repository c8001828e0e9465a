"""What ``show`` asks the store: rows as dicts, in the field names and the sequence of the contract.

Each listing is a query without a sequence, a row of _SEQUENCES, and conditions: what it is narrowed by, and where it
goes on behind a row that was read before.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Final

from mypy_extensions import trait

from gatekeeper.store import StoreError
from gatekeeper.store.asking import Only
from gatekeeper.store.asking import ViewRow as Row
from gatekeeper.store.places import Place
from gatekeeper.store.rows import COUNTER_NAME, FATE_NAME, NAS_SEEN, ROGUE, SECRET, listed
from gatekeeper.store.sqlite.lines import LINES, OF_LINES
from gatekeeper.store.sqlite.tables import Tables
from gatekeeper.wire.text import ip_text, parse_ip

# Both of a join, as leases_now would be made whole in it.
_LAST_OF_BOX: Final = "(SELECT address FROM leases_now WHERE mac = b.mac ORDER BY last_seen DESC LIMIT 1)"
_BINDINGS: Final = f"""
SELECT a.account, a.subscriber, coalesce(b.mac, '') AS mac, coalesce(b.stbid, '') AS stbid,
       CASE WHEN b.mac IS NULL AND a.state = 'active' THEN 'waiting' ELSE a.state END AS state,
       a.port, a.port_state, coalesce(x.address, l.address) AS address,
       CASE WHEN coalesce(x.state, l.state) IN ('active', 'recovered') THEN coalesce(x.expires_at, l.expires_at) END
           AS lease_expires,
       a.rate_down_kbps, a.rate_up_kbps, a.last_order AS "order", a.acs_url, a.address AS fixed, b.mac AS box,
       a.port_by, nullif(a.port_at, 0) AS port_at
FROM accounts a LEFT JOIN boxes b USING (account)
LEFT JOIN lease_changes x ON x.address = {_LAST_OF_BOX} LEFT JOIN leases l ON l.address = {_LAST_OF_BOX}"""
_BOXES: Final = """
SELECT b.mac, b.stbid, b.account, a.state FROM boxes b JOIN accounts a USING (account)"""
_LEASES: Final = """
SELECT address, mac, account, port,
       CASE WHEN state <> 'released' AND expires_at <= :now THEN 'expired' ELSE state END AS state,
       expires_at AS lease_expires, first_seen, last_seen
FROM leases_now"""
# How a CoA or Disconnect (d) stands: what the NAS said, and what its accounting shows since.
_KIND: Final = "CASE d.kind WHEN 'coa' THEN 'CoA' ELSE 'Disconnect' END"
_STANDS: Final = """d.state || CASE WHEN d.still_online AND NOT d.verified THEN ', still online' ELSE '' END
               || CASE d.detail WHEN '' THEN '' ELSE ' (' || d.detail || ')' END
               || CASE WHEN d.verified THEN ', shown by accounting' ELSE '' END"""
# What an order asked of NASes stands behind what it changed, with how that ended.
_ORDERS: Final = f"""
SELECT seq, number AS "order", kind, account, mac,
       CASE WHEN state = 'held' AND held_until <= :now THEN 'refused' ELSE state END AS state, reason, detail,
       received_ms AS received,
       effects || coalesce((
           SELECT group_concat(
               '; ' || {_KIND} || ' of session ' || s.session || ' at ' || s.nas || ': ' || {_STANDS}, '')
           FROM dynauth_now d JOIN sessions s ON s.id = d.session WHERE d."order" = orders.number), '') AS effects
FROM orders"""
_ORDER: Final = f"{_ORDERS} WHERE number = :number"
_SESSIONS: Final = f"""
SELECT id, session, nas, mac, account, port, address, state, started, last_seen, bytes_in, bytes_out, cause,
       coalesce((SELECT {_KIND} || ' ' || {_STANDS} FROM dynauth_now d WHERE d.session = sessions_now.id
                 ORDER BY d.id DESC LIMIT 1), '') AS asked
FROM sessions_now"""
_NAS: Final = f"SELECT {listed(NAS_SEEN)} FROM nas_seen"
_SECRETS: Final = f"SELECT {listed(SECRET)} FROM nas_secrets"
_REFUSED: Final = """
SELECT ms, r.mac, reason, count, first_seen, last_seen, coalesce(port, '') AS port, protocol, bound, seen, "where",
       message, address, coalesce(b.account, '') AS account
FROM refused r LEFT JOIN boxes b ON b.mac = r.mac"""
_ROGUE: Final = f"SELECT {listed(ROGUE)} FROM rogues"
_STATS: Final = f"""
SELECT {FATE_NAME} AS name, count AS value FROM outcomes
UNION ALL SELECT {COUNTER_NAME}, value FROM counters
UNION ALL SELECT 'clock.seconds-off', CAST(at - gate AS INTEGER) FROM heartbeat WHERE cause <> ''"""
_QUERIES: Final = {
    "bindings": _BINDINGS,
    "boxes": _BOXES,
    "leases": _LEASES,
    "sessions": _SESSIONS,
    "nas": _NAS,
    "secrets": _SECRETS,
    "orders": _ORDERS,
    "refused": _REFUSED,
    "rogue": _ROGUE,
    "ports": LINES,
    "stats": _STATS,
}
# The columns that a listing is in the sequence of, together its key; "-" = downwards. What they hold of a row is its
# place (``store.places.PLACES``).
_SEQUENCES: Final = {
    "bindings": ("account", "mac"),
    "boxes": ("mac",),
    "leases": ("address",),
    "sessions": ("state", "-last_seen", "mac", "session", "id"),  # a number waits to be given until it is folded
    "nas": ("name",),
    "secrets": ("-last_seen", "source", "port"),
    "orders": ("seq",),
    "refused": ("-last_seen", "-ms", "mac", "protocol", "reason"),
    "rogue": ("-last_seen", "server", "mac", "interface"),
    "ports": ("port",),
    "stats": ("name",),
}
# What only the query needs; of whom it is not a column of the contract.
_UNSHOWN: Final = {
    "bindings": ("box",),
    "sessions": ("id",),
    "orders": ("seq",),
    "refused": ("ms",),
    "ports": ("line",),
}
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
        return map(_row, self.placed(what, now, only))

    def placed(
        self, what: str, now: int, only: Only | None = None, after: Place | None = None, most: int = 0
    ) -> Iterable[tuple[Place, Row]]:
        """The rows of ``view`` with their places. after: the place of the last one that is not wanted any more; most:
        nobody takes more [0 = all].

        The log of the store cannot be begun anew while somebody goes through them. Raises StoreError, ValueError.
        """
        narrowed = _narrowed(what, only)
        query = f"{_filtered(what, narrowed)}{_behind(what, after)} ORDER BY {_sequence(what)}"
        # Where others choose among the rows too, who knows how many it takes.
        query += f" LIMIT {most}" if most and len(narrowed) == len(only or {}) else ""
        return self._rows(what, query, _values(now, narrowed, after), now)

    def amount(self, what: str, now: int, only: Only | None = None) -> int | None:
        """How many rows such a listing has; None = that takes going through them, for it cannot be narrowed by all of
        this here. Raises StoreError, ValueError.
        """
        narrowed = _narrowed(what, only)
        if len(narrowed) < len(only or {}):
            return None
        try:
            query = f"SELECT count(*) FROM ({_filtered(what, narrowed)})"
            with self._reading():
                return int(self._connection.execute(query, _values(now, narrowed)).fetchone()[0])
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def order(self, number: str, now: int) -> Row | None:
        """One row of the listing of orders."""
        return next(map(_row, self._rows("orders", _ORDER, {"now": now, "number": number}, now)), None)

    def _rows(self, what: str, query: str, values: dict[str, object], now: int) -> Iterator[tuple[Place, Row]]:
        unshown, shape = _UNSHOWN.get(what, ()), _SHAPES.get(what)
        try:
            with self._reading():
                cursor = self._connection.execute(query, values)
                names = [column[0] for column in cursor.description]
                key = itemgetter(*(names.index(column.lstrip("-")) for column in _SEQUENCES[what]))
                single = len(_SEQUENCES[what]) == 1
                for columns in cursor:
                    row = dict(zip(names, columns, strict=True))
                    for name in unshown:
                        del row[name]
                    if shape:
                        shape(row, now)
                    yield (key(columns),) if single else key(columns), row
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error


def _row(placed: tuple[Place, Row]) -> Row:
    return placed[1]


def _narrowed(what: str, only: Only | None) -> dict[str, str]:
    """What of this the listing can be narrowed by. Raises ValueError."""
    if what not in _QUERIES:
        raise ValueError(f"no listing {what!r}: there are {' '.join(_QUERIES)}")
    known = _NARROWED.get(what, {})
    return {name: value for name, value in (only or {}).items() if name in known}


def _filtered(what: str, narrowed: Only) -> str:
    conditions = " AND ".join(_NARROWED[what][name] for name in narrowed) or "true"
    return f"SELECT * FROM ({_QUERIES[what]}) WHERE {conditions}"


def _sequence(what: str) -> str:
    return ", ".join(f"{column[1:]} DESC" if column[0] == "-" else column for column in _SEQUENCES[what])


def _behind(what: str, after: Place | None) -> str:
    """The condition for rows behind a place. Its first part is for an index, which the second one is not made for."""
    if after is None:
        return ""
    told = ""
    for at, column in reversed(list(enumerate(_SEQUENCES[what]))):
        name, sign = column.lstrip("-"), "<" if column[0] == "-" else ">"
        told = f"{name} {sign} :after{at}" + (f" OR ({name} = :after{at} AND ({told}))" if told else "")
        first = f"{name} {sign}= :after{at}"
    return f" AND {first} AND ({told})"


def _values(now: int, narrowed: Only, after: Place | None = None) -> dict[str, object]:
    values: dict[str, object] = {"now": now, **narrowed}
    if "address" in narrowed:
        values["address"] = parse_ip(narrowed["address"])
    return values | {f"after{at}": value for at, value in enumerate(after or ())}


def _binding(row: Row, now: int) -> None:
    """A row per box, and per account that waits for its box."""
    lease, fixed = row["address"], row.pop("fixed")
    # A lease that has ended is no address any more; a fixed one is ordered, held or not.
    held = isinstance(lease, int) and isinstance(row["lease_expires"], int) and row["lease_expires"] > now
    row["lease_expires"] = row["lease_expires"] if held else None
    row["address"] = address_text(lease if held else fixed)  # type: ignore[arg-type]


def _addressed(row: Row, now: int) -> None:
    row["address"] = address_text(row["address"])  # type: ignore[arg-type]


# What is made of a row before it is given.
_SHAPES: Final[dict[str, Callable[[Row, int], None]]] = {
    "bindings": _binding,
    "leases": _addressed,
    "sessions": _addressed,
    "refused": _addressed,
}


def address_text(address: int) -> str:
    """0 -> "", else dotted quad."""
    return ip_text(address) if address else ""
