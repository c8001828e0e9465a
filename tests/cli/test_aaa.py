"""Where an upstream AAA decides about DHCP: what explain, replay and check say of it."""

import json
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.engine.bench import CONFIG

BOX = "d4:c1:c8:ee:9b:1f"
UPSTREAM = """
[dhcp.radius]
user_name = "{mac-}@itv"
[[dhcp.radius.server]]
address = "192.0.2.9:1812"
secret = "a long upstream secret"
"""
ASKING = CONFIG.replace("[dhcp]\n", '[dhcp]\nauthorize = "radius"\n') + UPSTREAM
STORY = Path(__file__).parents[2] / "captures" / "install-relayed"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path, ASKING)
    assert made.run("init", "--force").code == 0
    (tmp_path / "gatekeeper.toml").write_text(ASKING)
    return made


def test_explain_says_who_decides_and_asks_nobody(terminal: Terminal) -> None:
    """It is another process, and its question might count at the AAA."""
    said = terminal.run("explain", BOX, "--protocol", "dhcp")
    assert (said.code, said.err) == (0, "")
    assert (
        "dhcp: upstream AAA (192.0.2.9:1812) decides, asked about User-Name {mac-}@itv; not asked by explain"
        in said.out
    )
    assert "· AAA accepts: not asked" in said.out


def test_explain_still_explains_radius_by_the_orders(terminal: Terminal) -> None:
    """Nobody but the orders decides there."""
    said = terminal.run("explain", BOX, "-o", "json")
    rows = {row["protocol"]: row for row in json.loads(said.out)}
    assert (said.code, rows["radius"]["reason"], rows["dhcp"]["reason"]) == (3, "UNKNOWN_MAC", "")


def test_replay_lets_the_orders_decide_and_says_so(tmp_path: Path) -> None:
    """There is no AAA in a capture."""
    text = STORY.with_suffix(".toml").read_text()
    asking = text.replace("[dhcp]\n", '[dhcp]\nauthorize = "radius"\n') + UPSTREAM
    assert asking != text + UPSTREAM
    terminal = Terminal(tmp_path, asking)
    files = "-r", str(STORY.with_suffix(".pcap")), "--orders", str(STORY.with_suffix(".csv"))
    said = terminal.run("replay", *files, "--expect", str(STORY.with_suffix(".expect")))
    assert said.code == 0, said.err
    assert "replay asks no AAA: the orders decide" in said.err


def test_check_reads_the_section_and_says_what_it_means(tmp_path: Path) -> None:
    """No door of the bench's configuration can be opened here, so there are problems; the section is none of them."""
    said = Terminal(tmp_path, ASKING.replace("listen_auth", "# listen_auth")).run("check")
    assert "orders and [binding] decide about RADIUS only" in said.out
    assert "dhcp.radius" not in said.err
    assert "upstream secret" not in said.out + said.err
