"""The RADIUS clients: as configured, and what they have sent; and who else sends."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from gatekeeper.book import Nas
from gatekeeper.model import Reason
from gatekeeper.report.table import Row, time_text
from gatekeeper.wire.text import ip_text, parse_ip

_MOST_UNKNOWN: Final = 32
_MOST_NAMED: Final = 3


def nas_rows(clients: Sequence[Nas], seen: Iterable[Row], secrets: Iterable[Row] = ()) -> Iterator[Row]:
    """One row per [[radius.client]], then one for each source that is none. seen: rows of the store by ``name``.

    ``message_authenticator``: whether its Access-Requests bear one: yes, no, mixed, "" before the first;
    ``unsealed_from`` is the address that sent the last one without. ``secret``: what its packets show of the shared
    secret, "" before the first; ``secret_from``: the addresses where it is not right. secrets: rows of the store by
    source, the last ones first.
    """
    shown = list(secrets)
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
            **_secret([one for one in shown if one["name"] == nas.name], bool(row.get("sealed"))),
        }
    yield from _strangers(clients, [one for one in shown if not one["name"]])


def _secret(shown: Sequence[Row], sealed: bool) -> Row:
    """Of one client; what is wrong says more than what is perhaps wrong, and that more than what is right."""
    for reason, word in ((Reason.BAD_AUTHENTICATOR, "wrong"), (Reason.BAD_PASSWORD, "perhaps wrong")):
        found = [one for one in shown if one["reason"] == reason]
        if found:
            ports = {one["port"] for one in found}
            where = f" for {ports.pop()}" if len(ports) == 1 else ""
            return {"secret": f"{word}{where} since {_since(found)}", "secret_from": _addresses(found)}
    return {"secret": "right" if shown or sealed else "", "secret_from": ""}


def _since(found: Sequence[Row]) -> str:
    times = sum(int(str(one["times"])) for one in found)
    return f"{time_text(min(int(str(one['first_seen'])) for one in found))}, {times} times"


def _addresses(found: Sequence[Row]) -> str:
    addresses = list(dict.fromkeys(str(one["source"]) for one in found))
    more = len(addresses) - _MOST_NAMED
    return " ".join(addresses[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _strangers(clients: Sequence[Nas], unknown: Sequence[Row]) -> Iterator[Row]:
    """Sources that no client has, the last ones first; one that has become a client's since is none of them."""
    by_source: dict[str, list[Row]] = {}
    for one in unknown:
        address = parse_ip(str(one["source"]))
        if not any(address & nas.mask == nas.network for nas in clients):
            by_source.setdefault(str(one["source"]), []).append(one)
    for source, found in list(by_source.items())[:_MOST_UNKNOWN]:
        yield {
            "name": "",
            "ipaddr": f"{source}/32",
            "nas": "",
            **dict.fromkeys(("requests", "accepts", "rejects"), 0),
            "message_authenticator": "",
            "unsealed_from": "",
            "last_seen": found[0]["last_seen"],
            "secret": f"no [[radius.client]] has this address: since {_since(found)}",
            "secret_from": source,
        }


def _sealed(row: Row) -> str:
    sealed, unsealed = bool(row.get("sealed")), bool(row.get("unsealed"))
    return "mixed" if sealed and unsealed else "yes" if sealed else "no" if unsealed else ""
