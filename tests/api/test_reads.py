"""Everything that show, explain, timeline and whois give, over HTTP (contract 10.8)."""

import json
import re
import time
from pathlib import Path

import pytest

from gatekeeper.model import Lease, LeaseBound, PortLearned, Reason, Session, SessionReported
from gatekeeper.report.table import COLUMNS
from gatekeeper.state.clock import Beat
from gatekeeper.state.evidence import Refused
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import parse_ip
from tests.api.client import MAC, OTHER, Api, said
from tests.cli.terminal import Terminal

BOX = bytes.fromhex(MAC.replace(":", ""))
PORT = port_from_text("10.20.0.1|ge 1/0/7")
STRANGER = bytes.fromhex("020000000099")


@pytest.fixture
def filled(api: Api) -> Api:
    """Two boxes, one with lease, learned port and session; one refused stranger."""
    api.order("1", mac=MAC, subscriber="=cmd|' /C calc'!A0", acs_url="http://a/")
    api.order("2", account="B", mac=OTHER)
    at_ms = int(time.time() * 1000)
    now = at_ms // 1000
    lease = Lease(parse_ip("10.20.1.0"), BOX, "A", PORT.text, "active", now + 3600, now, now, b"", b"")
    session = Session(
        "s/1", "bras1", "d", 1, BOX, "A", PORT.text, lease.address, "1", now, now, 10, 20, "", b""
    )  # fmt: skip
    effects = [LeaseBound(lease), PortLearned("A", BOX, PORT, "dhcp", now), SessionReported(session, "start", now)]
    assert not api.store.commit(effects, at_ms=[at_ms] * 3)
    api.store.note(
        [Refused(STRANGER, "dhcp", Reason.UNKNOWN_MAC, "p", 3, now, now)], {("dhcp", "x"): 1}, beat=Beat(now, now)
    )
    return api


def test_every_listing_is_the_same_as_on_the_command_line(filled: Api, tmp_path: Path) -> None:
    """Row by row, name by name."""
    terminal = Terminal(tmp_path, filled.file.read_text())
    verbs = {what: ("show", what, "-o", "json") for what in COLUMNS}
    said_all = terminal.run_all(list(verbs.values()))
    for what, verb in verbs.items():
        assert filled.rows(what) == json.loads(said_all[verb].out), what
    assert all(filled.rows(what) for what in ("bindings", "boxes", "leases", "sessions", "orders", "nas", "refused"))


@pytest.mark.parametrize(
    ("what", "query", "found"),
    [
        ("bindings", {"mac": "D4-C1-C8-EE-9B-1F"}, 1), ("bindings", {"account": "B"}, 1),
        ("bindings", {"ip": "10.20.1.0"}, 1), ("bindings", {"port": "ge 1/0/7"}, 1),
        ("bindings", {"port": "10.20.0.9|ge 1/0/7"}, 0), ("bindings", {"account": "A", "mac": OTHER}, 0),
        ("bindings", {"account": ""}, 2), ("orders", {"limit": "1"}, 1), ("refused", {"mac": "020000000099"}, 1),
        ("sessions", {"account": "A' OR 1=1 --"}, 0), ("ports", {}, 1), ("ports", {"mac": "D4C1.C8EE.9B1F"}, 1),
        ("ports", {"mac": OTHER}, 0), ("ports", {"account": "A"}, 1), ("ports", {"account": "B"}, 0),
        ("ports", {"ip": "10.20.1.0"}, 1), ("ports", {"ip": "10.20.1.9"}, 0), ("ports", {"port": "ge 1/0/7"}, 1),
        ("ports", {"port": "ge 1/0/8"}, 0), ("ports", {"account": "A' OR 1=1 --"}, 0),
    ],
)  # fmt: skip
def test_filters_choose(filled: Api, what: str, query: dict[str, str], found: int) -> None:
    """As the options of show; each in any usual spelling."""
    assert len(filled.rows(what, **query)) == found


@pytest.mark.parametrize(
    "query", [{"mac": "xyz"}, {"ip": "10.20.1"}, {"limit": "0"}, {"limit": "100001"}, {"limit": "x"}, {"acount": "A"},
              {"account": "A" * 300}],
)  # fmt: skip
def test_a_bad_filter_is_refused(filled: Api, query: dict[str, str]) -> None:
    """A misspelled one above all: it would choose nothing and give everything."""
    assert said(filled.get("/api/v1/bindings", **query)) == (422, "BAD_FIELD")


def test_a_line_is_shown_with_who_is_on_it_and_how_it_is_read(filled: Api) -> None:
    """One row a line: bound by the learned port, held by the lease, accounted for by the session."""
    (row,) = filled.rows("ports")
    seen = row.pop("first_seen"), row.pop("last_seen")
    assert row == {"port": PORT.text, "accounts": 1, "boxes": 1, "form": "as it came", "shared": "no"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in seen)
    filled.order("3", account="C", port="bras1|ge 1/0/1")
    assert [row["port"] for row in filled.rows("ports", limit="1")] == [PORT.text]
    assert len(filled.rows("ports")) == 2


def test_what_a_stranger_chose_stays_data(filled: Api) -> None:
    """In JSON it is as it was; a browser is not told that it is anything else."""
    answer = filled.get("/api/v1/bindings", account="A")
    assert answer.json()[0]["subscriber"] == "=cmd|' /C calc'!A0"
    assert answer.headers["content-type"] == "application/json"


def test_explain_is_the_same_as_on_the_command_line(filled: Api, tmp_path: Path) -> None:
    """One object per protocol, each rule in it."""
    terminal = Terminal(tmp_path, filled.file.read_text())
    for query, words in (
        ({"mac": MAC}, (MAC,)),
        ({"mac": MAC, "port": "ge 1/0/8", "protocol": "dhcp"}, (MAC, "--port", "ge 1/0/8", "--protocol", "dhcp")),
        ({"mac": "020000000099", "nas": "mt1"}, ("020000000099", "--nas", "mt1")),
        ({"key": "A", "no_port": "true"}, ("A", "--no-port")),
        ({"key": "02:00:00:00:00:9"}, ("02:00:00:00:00:9",)),
    ):
        there = json.loads(terminal.run("explain", *words, "-o", "json").out)
        assert filled.rows("explain", **query) == there
    [dhcp] = filled.rows("explain", mac=MAC, port="ge 1/0/8", protocol="dhcp")
    assert (dhcp["reason"], dhcp["bound"], dhcp["seen"]) == ("PORT_MISMATCH", "10.20.0.1|ge 1/0/7", "ge 1/0/8")


@pytest.mark.parametrize(
    ("query", "status"), [({"mac": "x"}, 422), ({}, 422), ({"mac": MAC, "nas": "absent"}, 404),
                          ({"mac": MAC, "protocol": "smtp"}, 422), ({"mac": MAC, "key": MAC}, 422),
                          ({"mac": MAC, "port": "p", "no_port": "true"}, 422), ({"key": "nobody"}, 404)],
)  # fmt: skip
def test_explain_of_nonsense(filled: Api, query: dict[str, str], status: int) -> None:
    """A clear answer, no 500."""
    assert filled.get("/api/v1/explain", **query).status_code == status


def test_the_timeline_of_box_account_and_address(filled: Api) -> None:
    """Oldest first; the youngest ones where there are more than asked for."""
    kinds = [row["kind"] for row in filled.rows("timeline", key=MAC)]
    assert kinds[0] == "order"
    assert {"lease", "port learned", "session"} <= set(kinds)
    assert [row["kind"] for row in filled.rows("timeline", key=MAC, limit="1")] == kinds[-1:]
    assert {row["kind"] for row in filled.rows("timeline", key="10.20.1.0")} == {"lease", "session"}
    assert filled.rows("timeline", key="nobody") == []
    assert said(filled.get("/api/v1/timeline", key=MAC, since="yesterday")) == (422, "BAD_FIELD")


def test_who_has_an_address(filled: Api) -> None:
    """As an ITMS asks; 404 where nobody had it."""
    row = filled.get("/api/v1/whois", ip="10.20.1.0").json()
    assert (row["mac"], row["account"], row["port"], row["by"]) == (MAC, "A", PORT.text, "dhcp")
    assert filled.get("/api/v1/whois", ip="10.20.1.0", at="2020-01-01T00:00:00Z").status_code == 404
    assert filled.get("/api/v1/whois", ip="10.20.1.9").status_code == 404
    assert filled.get("/api/v1/whois", ip="x").status_code == 422


def test_a_session_is_to_be_disconnected(filled: Api) -> None:
    """202 with what was asked; asking twice asks once."""
    answer = filled.delete("/api/v1/sessions/s%2F1")
    assert answer.status_code == 202
    assert answer.json() == [{"session": "s/1", "nas": "bras1", "state": "waiting", "detail": ""}]
    assert filled.delete(f"/api/v1/sessions/{MAC}").json() == answer.json()
    assert len(filled.store.wanted()) == 1
    assert filled.delete("/api/v1/sessions/absent").status_code == 404


def test_a_lease_is_ended(filled: Api) -> None:
    """200 once, then 404."""
    assert filled.delete("/api/v1/leases/10.20.1.0").json() == {"address": "10.20.1.0", "state": "released"}
    assert filled.rows("leases")[0]["state"] == "released"
    assert filled.delete("/api/v1/leases/10.20.1.0").status_code == 404
    assert filled.delete("/api/v1/leases/nonsense").status_code == 422


def test_a_learned_port_is_forgotten_and_an_ordered_one_is_not(filled: Api) -> None:
    """200, 404, 409."""
    assert filled.delete(f"/api/v1/port-bindings/{MAC}").status_code == 200
    assert filled.rows("bindings", mac=MAC)[0]["port_state"] == "unlearned"
    assert filled.delete(f"/api/v1/port-bindings/{MAC}").status_code == 404
    filled.order("9", "move", port="ge 1/0/9")
    assert filled.delete(f"/api/v1/port-bindings/{MAC}").status_code == 409
    assert filled.delete("/api/v1/port-bindings/nobody").status_code == 404


def test_an_itms_tells_that_a_box_has_registered(filled: Api) -> None:
    """The timeline goes as far as the ITMS; of a stranger nothing is kept."""
    event = {"mac": MAC.upper(), "kind": "acs", "detail": "Inform 1 BOOT from 10.20.1.0"}
    assert filled.post("/api/v1/events", event).json() == {"mac": MAC, "kind": "ACS"}
    last = filled.rows("timeline", key=MAC)[-1]
    assert (last["kind"], last["account"], last["detail"]) == ("ACS", "A", event["detail"])
    assert filled.post("/api/v1/events", event | {"mac": "020000000099"}).status_code == 404


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"mac": "x"}, "BAD_MAC"), ({"kind": "other"}, "BAD_FIELD"), ({"detail": "x" * 257}, "BAD_FIELD"),
     ({"detail": "a\nb"}, "BAD_FIELD"), ({"more": 1}, "BAD_FIELD"), ({"mac": 7}, "BAD_FIELD")],
)  # fmt: skip
def test_an_event_is_bounded_text(filled: Api, change: dict[str, object], reason: str) -> None:
    """No line break forges a second event."""
    assert said(filled.post("/api/v1/events", {"mac": MAC, "kind": "acs", "detail": "", **change})) == (422, reason)


def test_what_is_not_there_is_told(filled: Api) -> None:
    """404 and 405 in the same shape."""
    assert filled.get("/api/v1/nonsense").json()["detail"].endswith("see /openapi.json")
    assert filled.delete("/api/v1/bindings").status_code == 405
