"""How full the pools are."""

from collections.abc import Callable, Iterator, Sequence

from gatekeeper.book import Subnet
from gatekeeper.wire.text import ip_text

Counted = Callable[[int, int], tuple[int, int, int]]


def pool_rows(subnets: Sequence[Subnet], counted: Counted) -> Iterator[dict[str, object]]:
    """One row per pool. counted: (addresses, leased, quarantined) from a first to a last address. Offers are in the
    service's memory only."""
    for subnet in subnets:
        for first, last in subnet.ranges:
            total, leased, kept = counted(first, last)
            yield {
                "subnet": subnet.text,
                "pool": f"{ip_text(first)}-{ip_text(last)}",
                "total": total,
                "leased": leased,
                "offered": None,
                "quarantined": kept,
                "free": total - leased - kept,
            }
