"""``gatekeeper explain``: the port asked about, and what its octets say."""

import json
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal

MAC = "d4:c1:c8:ee:9b:1f"
CISCO, TEXT = "10.20.0.1|0x000400640107", "10.20.0.1|ge 1/0/7"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A store with one box."""
    made = Terminal(tmp_path)
    assert made.order("install", "1", "A", "--mac", MAC).code == 0
    return made


def test_a_binary_port_is_shown_with_what_it_says(terminal: Terminal) -> None:
    """Contract 10.1: the octets are the port's text; the Cisco form is read beside them, in text and in JSON."""
    said = terminal.run("explain", MAC, "--port", CISCO)
    assert f"  port asked about: {CISCO} = Cisco: VLAN 100, module 1, port 7\n" in said.out
    rows = json.loads(terminal.run("explain", MAC, "--port", CISCO, "-o", "json").out)
    assert {(row["port"], row["port_form"]) for row in rows} == {(CISCO, "Cisco: VLAN 100, module 1, port 7")}


def test_a_port_that_is_text_stands_alone(terminal: Terminal) -> None:
    said = terminal.run("explain", MAC, "--port", TEXT)
    assert f"  port asked about: {TEXT}\n" in said.out
    (row, *_) = json.loads(terminal.run("explain", MAC, "--port", TEXT, "-o", "json").out)
    assert row["port_form"] == ""
