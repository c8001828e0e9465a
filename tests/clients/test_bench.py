"""``gatekeeper bench`` loads a gate over a network, each verb for two seconds; what it says, and how it exits."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.clients.gate import GATEKEEPER, Gate, config, dhcp_config
from tests.clients.net import Net

pytestmark = pytest.mark.clients

GATE, RELAY = "10.20.0.2", "10.20.0.1"
SECRET = "testing123"
BOXES = 300
FIRST = 0x000C01020304
RADIUS = f"""
[radius]
listen_auth = ["{GATE}:1812"]
listen_acct = ["{GATE}:1813"]

[[radius.client]]
name = "bench"
ipaddr = "{RELAY}"
secret = "{SECRET}"
nas = "generic"
"""


class Bench:
    """A gate that knows 300 boxes, half of them with an address, and somebody who loads it."""

    def __init__(self, net: Net, folder: Path) -> None:
        space, self.load = net.space("gate"), net.space("load")
        net.cable(space, "core0", self.load, "core0")
        space.set_up("core0", f"{GATE}/16")
        self.load.set_up("core0", f"{RELAY}/16")
        self.orders = folder / "orders.csv"
        lines = [
            f"o{at},a{at}@itv,{(FIRST + at).to_bytes(6, 'big').hex()},{f'10.20.9.{at}' if at < 150 else ''}"
            for at in range(BOXES)
        ]
        self.orders.write_text("\n".join(["order,account,mac,address", *lines]) + "\n")
        self.secret = folder / "secret"
        self.secret.write_text(f"{SECRET}\n")
        text = config(dhcp_config(listen=[f"{GATE}:67"]), RADIUS)
        # Both protocols name lines here, each in its own words.
        self.gate = Gate(space, folder, text.replace('port = "learn"', 'port = "off"'))
        self.gate.cli("orders", "import", str(self.orders))

    def run(self, *words: str, target: str = GATE) -> tuple[int, dict[str, Any], str]:
        """(exit code, the run's row, what was said beside it)."""
        command = [*GATEKEEPER, "bench", *words, "--target", target, "-o", "json"]
        done = self.load.run(*command, timeout_s=60, check=False)
        rows = json.loads(done.stdout) if done.stdout else [{}]
        return done.returncode, rows[-1], done.stderr


@pytest.fixture
def bench(net: Net, tmp_path: Path) -> Bench:
    found = Bench(net, tmp_path)
    found.gate.start()
    return found


SHORT = ("--duration", "2", "--warm-up", "0.2")


def test_each_verb_ends_well_against_a_gate_that_knows_its_boxes(bench: Bench) -> None:
    """Orders say who is known and what address is right; every exchange of two seconds is answered so."""
    known = ("--boxes", str(bench.orders))
    shared = ("--secret-file", str(bench.secret))
    for words in (
        ("dhcp", *known, *SHORT, "--require-option", "43", "--circuit-id", "OLT1 eth 0/{}"),
        ("dhcp", *known, *SHORT, "--exchange", "renew", "--rate", "200"),
        ("radius", *known, *SHORT, *shared, "--require-message-authenticator"),
        ("acct", *known, *SHORT, *shared, "--window", "600"),
    ):
        code, row, said = bench.run(*words)
        assert code == 0, (row, said)
        assert row["done"] > 100 and row["lost"] == row["refused"] == row["wrong"] == 0
        assert 0 < row["p50_us"] <= row["p99_us"] <= row["max_us"]
    code, row, said = bench.run("herd", *known, "--within", "0.5", "--most-tries", "3")
    assert (code, row["done"], sum(row["tries"])) == (0, BOXES, BOXES), (row, said)
    assert len(bench.gate.show("leases")) == BOXES
    assert len({row["mac"] for row in bench.gate.show("sessions")}) == BOXES
    bench.gate.assert_sound()


def test_a_run_for_each_window_and_a_table_for_people(bench: Bench) -> None:
    command = [*GATEKEEPER, "bench", "dhcp", "--target", GATE, "--boxes", str(bench.orders), "--number", "300"]
    done = bench.load.run(*command, "--window", "8", "--window", "32", timeout_s=60)
    head, *lines = (line.split() for line in done.stdout.splitlines())
    assert [dict(zip(head, line, strict=True))["done"] for line in lines] == ["300", "300"]
    assert [line[head.index("window")] for line in lines] == ["8", "32"]


def test_strangers_get_nothing_and_that_is_right(bench: Bench) -> None:
    """Silence for a DISCOVER, a Reject for an Access-Request."""
    known = ("--boxes", str(bench.orders))
    code, row, _ = bench.run("dhcp", *known, *SHORT, "--strangers", "50", "--timeout", "0.3")
    assert (code, row["wrong"]) == (0, 0) and row["done"] > 100
    code, row, _ = bench.run("radius", *known, *SHORT, "--secret", SECRET, "--strangers", "50")
    assert (code, row["wrong"], row["refused"]) == (0, 0, 0) and row["done"] > 100


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("dhcp", "--base", "02:00:00:00:00:01", "--timeout", "0.2"), "lost"),
        (("radius", "--base", "mac=02:00:00:00:00:01", "--secret", SECRET), "refused"),
        (("radius", "--secret", "another one", "--timeout", "0.2"), "lost"),
        (("dhcp", "--clients", "150", "--first-address", "10.20.9.1"), "wrong"),
    ],
)
def test_what_was_lost_refused_or_wrong_is_exit_3(bench: Bench, words: tuple[str, ...], what: str) -> None:
    """Boxes that nobody ordered, a wrong secret, addresses other than expected."""
    code, row, _ = bench.run(*words, "--number", "100", "--duration", "5")
    assert code == 3 and row[what] > 0, row
    assert bench.run(*words, "--number", "100", "--duration", "5", "--max-drop", "100")[0] == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("radius",), "--secret"),
        (("dhcp", "--base", "nonsense"), "not a MAC address"),
        (("dhcp", "--first-address", "10.0.0"), "not an IPv4 address"),
        (("dhcp", "--window", "0"), "--window"),
        (("herd", "--clients", "9999999"), "--clients"),
    ],
)
def test_what_cannot_be_meant_is_exit_2(bench: Bench, words: tuple[str, ...], why: str) -> None:
    code, _, said = bench.run(*words)
    assert code == 2 and why in said


def test_a_place_that_cannot_be_sent_to_is_exit_1_and_says_why(bench: Bench) -> None:
    code, _, said = bench.run("dhcp", "--local", "192.0.2.77", "--duration", "1")
    assert code == 1 and "cannot send from 192.0.2.77:67" in said


def test_a_herd_asks_again_after_four_seconds(net: Net, tmp_path: Path) -> None:
    """RFC 2131 4.1: 4 s, ± 1 s. The gate begins to serve two seconds after the boxes; all need two tries."""
    bench = Bench(net, tmp_path)
    later = threading.Timer(2, bench.gate.start)
    later.start()
    code, row, said = bench.run("herd", "--boxes", str(bench.orders), "--within", "0.2", "--most-tries", "1")
    later.join()
    assert (code, row["tries"]) == (3, [0, BOXES]), (row, said)
    assert 3 < row["bound_s"] < 6
