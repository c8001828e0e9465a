"""How full the pools are."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from gatekeeper.book import Subnet
from gatekeeper.wire.text import ip_text, parse_ip

_QUARANTINED: Final = ("declined", "recovered")


def pool_rows(subnets: Sequence[Subnet], leases: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """One row per pool. leases: rows with ``address`` and ``state``. Offers are in the service's memory only."""
    listed = [
        (parse_ip(str(row["address"])), row["state"]) for row in leases if row["state"] in ("active", *_QUARANTINED)
    ]
    for subnet in subnets:
        for first, last in subnet.ranges:
            leased = sum(first <= address <= last and state == "active" for address, state in listed)
            kept = sum(first <= address <= last and state in _QUARANTINED for address, state in listed)
            total = last - first + 1
            yield {
                "subnet": subnet.text,
                "pool": f"{ip_text(first)}-{ip_text(last)}",
                "total": total,
                "leased": leased,
                "offered": None,
                "quarantined": kept,
                "free": total - leased - kept,
            }
