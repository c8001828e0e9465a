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


def test_each_end_has_its_exit_code(terminal: Terminal) -> None:
    """Contract 6 and 10.19: let in, refused, several things, nothing, contradiction."""
    assert terminal.order("install", "2", "B", "--mac", "d4:c1:c8:ee:9b:20").code == 0
    codes = {
        ("explain", MAC): 0,
        ("explain", "B"): 0,
        ("explain", "2"): 0,
        ("explain", "02:00:00:00:00:01"): 3,
        ("explain", "d4c1"): 2,
        ("explain", "nobody"): 4,
        ("explain", MAC, "--port", "p", "--no-port"): 2,
        ("explain", MAC, "--nas", "nobody"): 4,
    }
    said = terminal.run_all(list(codes))
    assert {arguments: one.code for arguments, one in said.items()} == codes
    ambiguous = said["explain", "d4c1"]
    assert (ambiguous.out, MAC in ambiguous.err, "d4:c1:c8:ee:9b:20" in ambiguous.err) == ("", True, True)


def test_json_says_what_is_supposed_and_what_was_heard(terminal: Terminal) -> None:
    """Nothing was: ``last`` is null."""
    (row, *_) = json.loads(terminal.run("explain", MAC, "--no-port", "-o", "json").out)
    assert (row["supposed"], row["last"], row["also"]) == (True, None, [])
    (row, *_) = json.loads(terminal.run("explain", MAC, "-o", "json").out)
    assert row["supposed"] is False
