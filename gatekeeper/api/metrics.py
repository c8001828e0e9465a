"""/metrics for Prometheus: the store's counters at the moment of the scrape.

Labels are of closed vocabularies: names of messages, reasons, configured clients and subnets. What a box or a NAS has
chosen is never one; a counter whose name is not understood is left out.
"""

import re
import time
from collections.abc import Iterable, Iterator
from typing import Final

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gatekeeper.api.backing import Backing
from gatekeeper.api.health import standing
from gatekeeper.drivers.moment import now_of
from gatekeeper.report.nas import nas_rows
from gatekeeper.report.troubles import TROUBLES
from gatekeeper.state.counts import Fate, spelled
from gatekeeper.store.asking import HealthPort
from gatekeeper.store.ports import Store
from gatekeeper.value import fields_of

_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,39}")
_EVENT: Final = re.compile(r"[a-z][a-z0-9.-]{0,63}")
_MOST_EVENTS: Final = 200
_NAS: Final = {
    "requests": "Access-Requests that a client has sent.",
    "accepts": "Access-Accepts that a client has got.",
    "rejects": "Access-Rejects that a client has got.",
}
_AMOUNTS: Final = {
    "boxes": "Boxes that orders have bound.",
    "accounts": "Accounts that orders have made.",
    "sessions": "Sessions running by the NASes' accounting.",
    "held": "Orders held until their account is installed.",
    "outbox": "CoA and Disconnect that have not ended.",
}
_OFF: Final = "How far a wall clock is ahead that the packet process does not believe; 0 = it does."
_POOL_STATES: Final = ("total", "leased", "quarantined", "free")


class StoreCollector(Collector):
    """Asks the store at every scrape; while it cannot be read, only ``gatekeeper_ready`` is there."""

    def __init__(self, backing: Backing) -> None:
        self._office = backing

    def collect(self) -> Iterable[Metric]:
        """Raises StoreError for what goes wrong behind the first question."""
        now = int(time.time())
        reasons, _, met = standing(self._office, now)
        yield GaugeMetricFamily("gatekeeper_ready", "1 while /readyz says so.", not reasons)
        troubles = GaugeMetricFamily("gatekeeper_trouble", "1 while the gate is in this trouble.", labels=["trouble"])
        for name in TROUBLES:
            troubles.add_metric([name], name in met)
        yield troubles
        yield GaugeMetricFamily("gatekeeper_up", "1: this process answers.", 1)
        with self._office.store() as store:
            beat = store.beat()
            if beat:
                age = max(now - beat.at, 0)
                yield GaugeMetricFamily("gatekeeper_heartbeat_age_seconds", "Since the packet process reported.", age)
                off_s = beat.at - beat.gate if beat.cause else 0.0
                yield GaugeMetricFamily("gatekeeper_clock_off_seconds", _OFF, off_s)
            yield from _counters(store)
            reckoned = int(now_of(store))
            yield from self._clients(store, reckoned)
            yield from self._amounts(store, reckoned)

    def _clients(self, store: Store, now: int) -> Iterator[Metric]:
        rows = list(nas_rows(self._office.settings.book.clients, store.view("nas", now)))
        for name, text in _NAS.items():
            family = CounterMetricFamily(f"gatekeeper_nas_{name}", text, labels=["nas"])
            for row in rows:
                family.add_metric([str(row["name"])], float(str(row[name])))
            yield family

    def _amounts(self, store: Store, now: int) -> Iterator[Metric]:
        for name, amount in store.amounts().items():
            yield GaugeMetricFamily(f"gatekeeper_{name}", _AMOUNTS[name], amount)
        pools = GaugeMetricFamily("gatekeeper_pool_addresses", "Addresses of a subnet.", labels=["subnet", "state"])
        for subnet in self._office.settings.book.subnets:
            count = store.pool_count(subnet.ranges, now)
            amounts = (*count, count.total - count.leased - count.quarantined)
            for state, amount in zip(_POOL_STATES, amounts, strict=True):
                pools.add_metric([subnet.text, state], amount)
        yield pools


def _counters(store: HealthPort) -> Iterator[Metric]:
    """Packets by what became of them, and the rest by name."""
    packets = CounterMetricFamily("gatekeeper_packets", "Packets, by what became of them.", labels=fields_of(Fate))
    for fate, count in store.fates():
        names = fate.protocol or "any", fate.message or "any", fate.reply
        if all(_NAME.fullmatch(name) for name in names):
            packets.add_metric([*names, fate.reason], count)
    events = CounterMetricFamily("gatekeeper_events", "What else was counted.", labels=["event"])
    told = [(spelled(counted), value) for counted, value in store.counters()]
    for name, value in [one for one in told if _EVENT.fullmatch(one[0])][:_MOST_EVENTS]:
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
