"""The RADIUS clients: as configured, and what they have sent."""

from collections.abc import Iterable, Iterator, Sequence

from gatekeeper.book import Nas
from gatekeeper.wire.text import ip_text


def nas_rows(clients: Sequence[Nas], seen: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """One row per [[radius.client]]. seen: rows of the store by ``name``.

    ``message_authenticator``: whether its Access-Requests bear one: yes, no, mixed, "" before the first;
    ``unsealed_from`` is the address that sent the last one without.
    """
    counted = {str(row["name"]): row for row in seen}
    for nas in sorted(clients, key=lambda one: one.name):
        row = counted.get(nas.name, {})
        yield {
            "name": nas.name,
            "ipaddr": f"{ip_text(nas.network)}/{nas.mask.bit_count()}",
            "nas": nas.dialect,
            "requests": row.get("requests", 0),
            "accepts": row.get("accepts", 0),
            "rejects": row.get("rejects", 0),
            "message_authenticator": _sealed(row),
            "unsealed_from": row.get("unsealed_from", ""),
            "last_seen": row.get("last_seen") or None,
        }


def _sealed(row: dict[str, object]) -> str:
    sealed, unsealed = bool(row.get("sealed")), bool(row.get("unsealed"))
    return "mixed" if sealed and unsealed else "yes" if sealed else "no" if unsealed else ""
