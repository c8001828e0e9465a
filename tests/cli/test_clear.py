"""clear lease and clear port-binding (contract 10.7): exit codes, and what the store says afterwards."""

import json
from pathlib import Path

from gatekeeper.model import Lease, LeaseBound, PortLearned
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import parse_ip
from tests.cli.terminal import Terminal

MAC, FAR = "d4:c1:c8:ee:9b:1f", 4_000_000_000
BOX = bytes.fromhex(MAC.replace(":", ""))
PORT = port_from_text("10.20.0.1|ge 1/0/7")


def _terminal(folder: Path) -> Terminal:
    """One box with a lease and a learned port, one account with an ordered one."""
    terminal = Terminal(folder)
    assert terminal.order("install", "1", "A", "--mac", MAC).code == 0
    assert terminal.order("install", "2", "B", "--mac", "d4:c1:c8:00:00:02", "--port", "ge 1/0/8").code == 0
    store = SqliteStore(str(folder / "gatekeeper.db"))
    lease = Lease(parse_ip("10.20.1.0"), BOX, "A", PORT.text, "active", FAR, 1, 1, b"", b"")
    assert not store.commit([LeaseBound(lease), PortLearned("A", BOX, PORT, "dhcp", 1)])
    store.close()
    return terminal


def test_a_lease_is_cleared_by_address_or_by_mac(tmp_path: Path) -> None:
    """0 once, 4 when there is none."""
    terminal = _terminal(tmp_path)
    assert terminal.run("clear", "lease", "d4c1.c8ee.9b1f") == (0, "lease ended: 10.20.1.0\n", "")
    assert json.loads(terminal.run("show", "leases", "-o", "json").out)[0]["state"] == "released"
    for key in ("10.20.1.0", "10.20.1.99", MAC):
        said = terminal.run("clear", "lease", key)
        assert (said.code, said.out) == (4, "")
        assert f"no lease of '{key}'" in said.err
    assert terminal.run("clear", "lease", "nonsense").code == 2


def test_a_learned_port_is_forgotten_and_an_ordered_one_is_not(tmp_path: Path) -> None:
    """0, then 4; 5 for the ordered one."""
    terminal = _terminal(tmp_path)
    assert terminal.run("clear", "port-binding", MAC).code == 0
    rows = json.loads(terminal.run("show", "bindings", "-o", "json").out)
    assert [(row["account"], row["port"], row["port_state"]) for row in rows] == [
        ("A", "", "unlearned"),
        ("B", "ge 1/0/8", "ordered"),
    ]
    assert terminal.run("clear", "port-binding", "A").code == 4
    assert terminal.run("clear", "port-binding", "nobody").code == 4
    said = terminal.run("clear", "port-binding", "B")
    assert (said.code, said.out) == (5, "")
    assert "by a move order" in said.err
