"""/metrics for Prometheus: the store's counters at the moment of the scrape.

Labels are of closed vocabularies: names of messages, reasons, configured clients and subnets. What a box or a NAS has
chosen is never one; a counter whose name is not understood is left out.
"""

import re
import time
from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gatekeeper.api.backing import Backing
from gatekeeper.api.health import degraded
from gatekeeper.model import Reason
from gatekeeper.report.nas import nas_rows
from gatekeeper.store.sqlite import SqliteStore

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PROTOCOLS = frozenset({"dhcp", "radius", "accounting"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,39}")
_REASONS = frozenset({"ok", *Reason})
_EVENT = re.compile(r"[a-z][a-z0-9.-]{0,63}")
_MOST_EVENTS = 200
_NAS = {
    "requests": "Access-Requests that a client has sent.",
    "accepts": "Access-Accepts that a client has got.",
    "rejects": "Access-Rejects that a client has got.",
}
_AMOUNTS = {
    "boxes": "Boxes that orders have bound.",
    "accounts": "Accounts that orders have made.",
    "sessions": "Sessions running by the NASes' accounting.",
    "held": "Orders held until their account is installed.",
    "outbox": "CoA and Disconnect that have not ended.",
}
_POOL_STATES = ("total", "leased", "quarantined", "free")


class StoreCollector(Collector):
    """Asks the store at every scrape; while it cannot be read, only ``gatekeeper_ready`` is there."""

    def __init__(self, backing: Backing) -> None:
        self._office = backing

    def collect(self) -> Iterable[Metric]:
        """Raises StoreError for what goes wrong behind the first question."""
        now = int(time.time())
        unready = degraded(self._office, now)
        yield GaugeMetricFamily("gatekeeper_ready", "1 while the packet process reports to the store.", not unready)
        yield GaugeMetricFamily("gatekeeper_up", "1: this process answers.", 1)
        with self._office.store() as store:
            if store.heartbeat():
                age = GaugeMetricFamily("gatekeeper_heartbeat_age_seconds", "Since the packet process reported.")
                age.add_metric([], max(now - store.heartbeat(), 0))
                yield age
            yield from _counters(store.stats(now))
            yield from self._clients(store, now)
            yield from self._amounts(store, now)

    def _clients(self, store: SqliteStore, now: int) -> Iterator[Metric]:
        rows = list(nas_rows(self._office.settings.book.clients, store.nas(now)))
        for name, text in _NAS.items():
            family = CounterMetricFamily(f"gatekeeper_nas_{name}", text, labels=["nas"])
            for row in rows:
                family.add_metric([str(row["name"])], float(str(row[name])))
            yield family

    def _amounts(self, store: SqliteStore, now: int) -> Iterator[Metric]:
        for name, amount in store.amounts().items():
            yield GaugeMetricFamily(f"gatekeeper_{name}", _AMOUNTS[name], amount)
        pools = GaugeMetricFamily("gatekeeper_pool_addresses", "Addresses of a subnet.", labels=["subnet", "state"])
        for subnet in self._office.settings.book.subnets:
            count = store.pool_count(subnet.ranges, now)
            amounts = (*count, count.total - count.leased - count.quarantined)
            for state, amount in zip(_POOL_STATES, amounts, strict=True):
                pools.add_metric([subnet.text, state], amount)
        yield pools


def _counters(rows: Iterable[dict[str, object]]) -> Iterator[Metric]:
    """Packets by what became of them, and the rest by name."""
    packets = CounterMetricFamily(
        "gatekeeper_packets", "Packets, by what became of them.", labels=["protocol", "message", "reply", "reason"]
    )
    events = CounterMetricFamily("gatekeeper_events", "What else was counted.", labels=["event"])
    for row in rows:
        name, value = str(row["name"]), float(str(row["value"]))
        parts = name.split(".")
        if (
            len(parts) == 4
            and parts[0] in _PROTOCOLS
            and parts[3] in _REASONS
            and all(map(_NAME.fullmatch, parts[1:3]))
        ):
            packets.add_metric(parts, value)
        elif parts[0] == "no-answer" and parts[-1] in _REASONS:
            packets.add_metric(["any", "any", "no-answer", parts[-1]], value)
        elif _EVENT.fullmatch(name) and len(events.samples) < _MOST_EVENTS:
            events.add_metric([name], value)
    yield packets
    yield events


def routes(backing: Backing) -> APIRouter:
    """One route over a registry of its own."""
    registry = CollectorRegistry()
    registry.register(StoreCollector(backing))
    router = APIRouter(tags=["health"])

    @router.get("/metrics", summary="For Prometheus")
    def metrics() -> Response:
        """Exposition format 0.0.4."""
        return Response(generate_latest(registry), headers={"Content-Type": _TYPE})

    return router
