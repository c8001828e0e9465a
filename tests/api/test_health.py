"""/healthz, /readyz, /metrics and /openapi.json (contract 9)."""

import re
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gatekeeper.model import Lease, LeaseBound
from gatekeeper.state.clock import JUMPED, Beat
from gatekeeper.state.nas import NasSeen
from gatekeeper.wire.text import parse_ip
from tests.api.client import MAC, TMF, Api

BOX = bytes.fromhex(MAC.replace(":", ""))


def _samples(api: Api) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = api.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


@pytest.mark.parametrize(
    ("age", "status"), [(0, 200), (9, 200), (60, 503), (None, 503)], ids=["now", "9 s ago", "60 s ago", "never"]
)
def test_readyz_follows_the_packet_process(api: Api, age: int | None, status: int) -> None:
    """200 while it has reported within 10 s; 503 says why not."""
    if age is not None:
        api.store.note((), {}, beat=Beat(int(time.time()) - age, time.time() - age))
    answer = api.get("/readyz")
    assert answer.status_code == status
    assert bool(answer.json().get("reasons")) == (status == 503)
    assert _samples(api)["gatekeeper_ready", ()] == (status == 200)
    assert api.ask("GET", "/healthz").status_code == 200


def test_readyz_without_a_store(api: Api) -> None:
    """503, and it lives."""
    for name in ("", "-wal", "-shm"):
        Path(api.store.path + name).unlink(missing_ok=True)
    answer = api.get("/readyz")
    assert answer.status_code == 503
    assert "does not exist" in answer.json()["reasons"][0]
    assert api.ask("GET", "/healthz").status_code == 200
    assert api.get("/metrics").status_code == 503


def test_metrics_are_the_stores_counters(api: Api) -> None:
    """Names gatekeeper_…, _total on counters only, labels of closed vocabularies."""
    now = int(time.time())
    api.order("1", mac=MAC)
    lease = Lease(parse_ip("10.20.1.0"), BOX, "A", "p", "active", now + 60, now, now, b"", b"")
    api.store.commit([LeaseBound(lease)])
    counted = {
        "dhcp.DHCPDISCOVER.DHCPOFFER.ok": 3, "radius.Access-Request.Access-Reject.UNKNOWN_MAC": 4,
        "dhcp.DHCP type 99.no-answer.UNSUPPORTED": 1, "no-answer.STORE_UNAVAILABLE": 2, "api.ended": 1, "bugs": 1,
        "dhcp.evil\"}\n.no-answer.ok": 9, "dhcp.X.Y.NONSENSE": 9,
    }  # fmt: skip
    api.store.note(
        (),
        {tuple(name.split(".")): count for name, count in counted.items()},
        nas=[NasSeen("bras1", 5, 3, 2, 5, 0, "", now), NasSeen("gone", 1, 0, 0, 0, 0, "", now)],
    )
    found = _samples(api)
    assert found["gatekeeper_packets_total", (("message", "DHCPDISCOVER"), ("protocol", "dhcp"), ("reason", "ok"),
                                              ("reply", "DHCPOFFER"))] == 3  # fmt: skip
    assert found["gatekeeper_nas_requests_total", (("nas", "bras1"),)] == 5
    assert found["gatekeeper_events_total", (("event", "api.ended"),)] == 1
    assert found["gatekeeper_boxes", ()] == 1
    pool = {
        dict(labels)["state"]: value
        for (name, labels), value in found.items()
        if name == "gatekeeper_pool_addresses" and dict(labels)["subnet"] == "10.20.0.0/16"
    }
    assert pool == {"total": 4, "leased": 1, "quarantined": 0, "free": 3}
    text = api.get("/metrics").text
    for stranger in (MAC, "evil", "NONSENSE", "gone"):
        assert stranger not in text


def test_only_counters_end_in_total(api: Api) -> None:
    """And every name is ours."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", api.get("/metrics").text, re.M))
    assert kinds
    for name, kind in kinds.items():
        assert name.startswith("gatekeeper_")
        assert name.endswith("_total") == (kind == "counter"), name


def test_openapi_shows_all(api: Api) -> None:
    """Every route, the bodies, the token."""
    told = api.get("/openapi.json").json()
    listings = "bindings boxes leases sessions orders nas refused pools reasons stats rogue rfc explain timeline whois"
    for what in listings.split():
        assert "get" in told["paths"][f"/api/v1/{what}"]
    assert set(told["paths"]["/api/v1/orders"]) == {"get", "post"}
    assert {"/api/v1/leases/{ip}", "/api/v1/sessions/{key}", "/api/v1/port-bindings/{key}", TMF} <= set(told["paths"])
    body = told["paths"]["/api/v1/orders"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["oneOf"][0] == {"$ref": "#/components/schemas/Order"}
    schemas = told["components"]["schemas"]
    assert "old_mac" in schemas["Order"]["properties"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', api.get("/openapi.json").text))
    assert named <= set(schemas)
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert told["paths"]["/healthz"]["get"]["security"] == []


def test_readyz_says_that_the_wall_clock_is_not_believed(api: Api) -> None:
    """With both times, and what to do; it is no reason to call the packet process silent."""
    now = int(time.time())
    api.store.note((), {}, beat=Beat(now, now - 7200, "", 0.0, JUMPED, now - 7300))
    answer = api.get("/readyz")
    assert answer.status_code == 503
    (reason,) = answer.json()["reasons"]
    assert "7200 s ahead" in reason and "clock confirm" in reason
    assert _samples(api)["gatekeeper_clock_off_seconds", ()] == 7200
    assert {"name": "clock.seconds-off", "value": 7200} in api.get("/api/v1/stats").json()
