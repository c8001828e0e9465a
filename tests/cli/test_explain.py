"""``gatekeeper explain``: the port asked about, and what its octets say."""

import json
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.engine.bench import CONFIG, Bench
from tests.engine.test_said_twice import GIVEN, OWN, bound

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


def test_one_node_under_two_names_is_told_with_the_names_to_join(tmp_path: Path) -> None:
    """Met by everybody whose BRAS relays and authenticates: it is a giaddr to DHCP, and to RADIUS a client's name."""
    terminal = Terminal(tmp_path)
    assert terminal.order("install", "1", "A", "--mac", MAC, "--port", TEXT).code == 0
    words = ("explain", MAC, "--port", "bras1|ge 1/0/7", "--protocol", "radius")
    said = terminal.run(*words)
    assert said.code == 3
    assert (
        '  what mends it: only the access node\'s name differs: if "bras1" and "10.20.0.1" are one node, ' in said.out
    )
    names = 'port_names = { "bras1" = "10.20.0.1" }'
    assert f"[binding] {names}; else" in said.out
    (row,) = json.loads(terminal.run(*words, "-o", "json").out)
    assert (row["reason"], names in row["remedy"]) == ("PORT_MISMATCH", True)
    # Pasted, it does what it says.
    (tmp_path / "gatekeeper.toml").write_text(f"{CONFIG}\n[binding]\n{names}\n", encoding="utf-8")
    said = terminal.run(*words)
    assert (said.code, "Access-Accept" in said.out) == (0, True)


@pytest.mark.parametrize("makes", [(OWN, GIVEN), (GIVEN,)])
def test_a_box_that_says_two_makes_is_told_to_do_so(tmp_path: Path, makes: tuple[bytes, ...]) -> None:
    """OpenWrt's udhcpc adds its own option 60 to the one that it was given: in text and in JSON."""
    terminal = Terminal(tmp_path)
    gate = Bench(tmp_path, store=str(tmp_path / "gatekeeper.db"))
    gate.install()
    bound(gate, *((60, make) for make in makes))
    gate.store.close()
    told = "udhcp 1.36.1 and SCITV: each is matched for itself" if len(makes) > 1 else ""
    said = terminal.run("explain", MAC, "--protocol", "dhcp")
    assert [line for line in said.out.splitlines() if "option 60" in line] == (
        [f"  option 60 twice: {told}"] if told else []
    )
    (row,) = json.loads(terminal.run("explain", MAC, "--protocol", "dhcp", "-o", "json").out)
    assert row["makes"] == told


BOOT = """
[[dhcp.class]]
match = "KreaTV"
next_server = "10.20.0.10"

[[dhcp.profile]]
plan = "gold"
boot_file = "gold.bin"
lease_s = 600
"""


def test_a_box_is_told_what_its_plan_says(tmp_path: Path) -> None:
    """Lease time and boot file of the plan; that its make may say more; that an ACS URL is too long for the rest."""
    config = CONFIG.replace("lease_s = 3600", 'lease_s = 3600\nnext_server = "10.20.0.9"', 1)
    terminal = Terminal(tmp_path, config + BOOT)
    url = "http://a.example.net/" + "x" * 225
    assert terminal.order("install", "1", "A", "--mac", MAC, "--plan", "gold", "--acs-url", url).code == 0
    assert terminal.order("install", "2", "B", "--mac", "d4:c1:c8:00:00:02").code == 0
    ends = "its make (option 60, not kept) may put it in a [[dhcp.class]]"
    said = terminal.run("explain", MAC, "--protocol", "dhcp").out
    boot = 'next server 10.20.0.9; boot file gold.bin; by [[dhcp.profile]] plan = "gold"'
    alone = "its acs_url goes alone: it is too long for the other keys of [acs] beside it"
    assert f"dhcp: DHCPOFFER: 10.20.1.0 for 600 s; {boot}; {ends}; {alone}\n" in said
    said = terminal.run("explain", "d4:c1:c8:00:00:02", "--protocol", "dhcp").out
    assert f"dhcp: DHCPOFFER: 10.20.1.0 for 3600 s; next server 10.20.0.9; {ends}\n" in said


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
