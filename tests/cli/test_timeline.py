"""timeline and whois as a person types them."""

import json
import re
import time
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.engine.bench import Bench

MAC = "d4:c1:c8:ee:9b:1f"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path)
    made.run("init")
    made.order("install", "1", "A", "--mac", MAC, "--down", "20000", "--up", "4000")
    made.order("rate", "2", "A", "--down", "50000")
    return made


@pytest.mark.parametrize("key", [MAC, "d4c1.c8ee.9b1f", "A"])
def test_a_timeline_by_box_and_by_account(terminal: Terminal, key: str) -> None:
    """A line for each event; the MAC in whatever spelling."""
    said = terminal.run("timeline", key)
    lines = said.out.splitlines()
    assert said.code == 0 and len(lines) == 2
    assert "1 install applied: box d4:c1:c8:ee:9b:1f bound (new account)" in lines[0]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  order ", lines[0])
    assert "rate_down_kbps 20000 -> 50000" in lines[1] and lines[1].endswith("[account=A]")


def test_a_timeline_as_json(terminal: Terminal) -> None:
    """An array of objects with the contract's field names."""
    rows = json.loads(terminal.run("timeline", MAC, "-o", "json").out)
    assert list(rows[0]) == ["time", "kind", "mac", "account", "address", "port", "detail"]


@pytest.mark.parametrize(("since", "count"), [("1h", 2), ("2999-01-01T00:00:00Z", 0)])
def test_since(terminal: Terminal, since: str, count: int) -> None:
    said = terminal.run("timeline", "A", "--since", since, "-o", "json")
    assert len(json.loads(said.out)) == count


def test_what_is_not_on_record_is_no_such_thing(terminal: Terminal) -> None:
    """Exit code 4; a span that cannot be read is 2."""
    assert terminal.run("timeline", "nobody").code == 4
    assert terminal.run("whois", "10.20.1.9").code == 4
    assert terminal.run("whois", "10.20.1").code == 2
    assert terminal.run("timeline", "A", "--since", "yesterday").code == 2


def test_a_lease_that_is_young_is_told_behind_what_happened(tmp_path: Path) -> None:
    """Nothing goes on record when a box comes back and is told what remains. JSON has events only."""
    terminal, now = Terminal(tmp_path), int(time.time())
    gate = Bench(tmp_path, store=str(tmp_path / "gatekeeper.db"))
    gate.install()
    gate.bind(now=now - 60)
    gate.store.close()
    for key in (MAC, "A", "10.20.1.0"):
        *events, note = terminal.run("timeline", key).out.splitlines()
        assert any("10.20.1.0 for 3600 s" in event for event in events)
        assert note.startswith("lease 10.20.1.0: remaining time: extended at 20")
    events = json.loads(terminal.run("timeline", MAC, "-o", "json").out)
    assert {event["kind"] for event in events} == {"order", "lease"}
    said = terminal.run("explain", MAC, "--protocol", "dhcp").out
    assert re.search(
        r"DHCPOFFER: 10\.20\.1\.0 for 35[0-9]{2} s, the remaining time of its lease\n  remaining time: ext", said
    )


def test_one_that_is_no_longer_young_is_not(tmp_path: Path) -> None:
    terminal, now = Terminal(tmp_path), int(time.time())
    gate = Bench(tmp_path, store=str(tmp_path / "gatekeeper.db"))
    gate.install()
    gate.bind(now=now - 600)
    gate.store.close()
    assert "remaining" not in terminal.run("timeline", MAC).out
    assert "10.20.1.0 for 3600 s\n" in terminal.run("explain", MAC, "--protocol", "dhcp").out
