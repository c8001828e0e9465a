"""The recorded stories in captures/, played again."""

import json
from collections.abc import Iterator
from pathlib import Path

import dpkt
import pytest

from gatekeeper.drivers.capture import Capture
from gatekeeper.policy.dhcp import state_of
from gatekeeper.wire.dhcp import decode
from gatekeeper.wire.frame import BROADCAST_IP
from tests.cli.terminal import Said, Terminal

STORIES = Path(__file__).resolve().parents[2] / "captures"
NAMES = sorted(path.stem for path in STORIES.glob("*.pcap"))


def replay(folder: Path, name: str, *more: str) -> Said:
    """``gatekeeper replay`` of a story."""
    story = STORIES / name
    files = ("-c", f"{story}.toml", "-r", f"{story}.pcap", "--orders", f"{story}.csv")
    return Terminal(folder).run("replay", *files, *more)


def payloads(path: Path, source_ports: tuple[int, ...]) -> list[bytes]:
    """UDP payloads of a capture that come from these ports."""
    found = []
    with path.open("rb") as file:
        for _, data in dpkt.pcap.Reader(file):
            packet = dpkt.ethernet.Ethernet(data).data
            if isinstance(packet, dpkt.ip.IP) and isinstance(packet.data, dpkt.udp.UDP):
                udp = packet.data
                if udp.sport in source_ports and not (udp.sport == 67 and udp.data[0] != 2):
                    found.append(bytes(udp.data))
    return found


def said_by_boxes(name: str) -> Iterator[tuple[str, bool]]:
    """(client state, True if it came by a relay) of each message of a box in a story."""
    for packet in Capture(STORIES / f"{name}.pcap"):
        if packet.destination_port == 67 and packet.payload[0] == 1:
            message = decode(packet.payload)
            yield state_of(message, packet.destination == BROADCAST_IP), message.giaddr != 0


STATES = {"discover", "selecting", "init-reboot", "renewing", "rebinding", "decline", "release", "inform"}


@pytest.mark.rfc(2131, "4.3")
@pytest.mark.parametrize("where", ["direct", "relayed"])
def test_the_stories_have_real_clients_in_every_state(where: str) -> None:
    """On the access VLAN and behind ISC's relay, which leaves what goes to the server's own address as it is."""
    said = {one for name in NAMES if name.endswith(where) for one in said_by_boxes(name)}
    assert {state for state, _ in said} == STATES
    by_broadcast = {"discover", "selecting", "init-reboot", "rebinding", "decline"}
    assert {(state, where == "relayed" and state in by_broadcast) for state in STATES} <= said


@pytest.mark.parametrize("name", NAMES)
def test_a_story_is_answered_as_it_was_live(tmp_path: Path, name: str) -> None:
    """Every answer of the capture, and no other row, as STORY.expect has them."""
    said = replay(tmp_path, name, "-o", "json", "--expect", str(STORIES / f"{name}.expect"))
    assert (said.code, said.err) == (0, "")
    assert {row["recorded"] for row in json.loads(said.out)} == {"same", "none"}


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_the_recorded_ones_octet_for_octet(tmp_path: Path, name: str) -> None:
    """-w against what the real service sent in the capture."""
    ours = tmp_path / "answers.pcap"
    assert replay(tmp_path, name, "-w", str(ours)).code == 0
    assert payloads(ours, (67, 1812)) == payloads(STORIES / f"{name}.pcap", (67, 1812))


def test_equal_input_gives_equal_output(tmp_path: Path) -> None:
    first, second = (replay(tmp_path, NAMES[0], "-o", "json") for _ in range(2))
    assert first.out.encode() == second.out.encode()


def test_without_the_orders_every_answer_differs(tmp_path: Path) -> None:
    """The boxes are unknown then, and exit 3 says that something differs."""
    story = STORIES / "install-direct"
    said = Terminal(tmp_path).run("replay", "-c", f"{story}.toml", "-r", f"{story}.pcap", "-o", "json")
    rows = json.loads(said.out)
    assert said.code == 3
    assert {row["reason"] for row in rows} == {"UNKNOWN_MAC", "NO_LEASE"}
    assert next(row["recorded"] for row in rows if row["recorded"] != "none").startswith(
        "different: answer none was DHCPOFFER"
    )


def test_an_expectation_that_fails_is_told_with_its_line(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.expect"
    lines = (STORIES / "install-direct.expect").read_text(encoding="utf-8").splitlines()
    wrong.write_text("\n".join([lines[0].replace("10.20.1.0", "10.20.1.9"), *lines[1:]]), encoding="utf-8")
    said = replay(tmp_path, "install-direct", "-o", "json", "--expect", str(wrong))
    assert said.code == 3
    assert said.err == f"{wrong}:1: address: expected '10.20.1.9', got '10.20.1.0'\n"


def test_diff_shows_whose_answer_changes(tmp_path: Path) -> None:
    """Another lease time: the granted change, the refused do not; the same file twice changes nobody's."""
    story = STORIES / "install-direct"
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    text = Path(f"{story}.toml").read_text(encoding="utf-8")
    old.write_text(text, encoding="utf-8")
    new.write_text("\n".join(line if not line.startswith("lease_s") else "lease_s = 777" for line in text.splitlines()))
    files = ("-r", f"{story}.pcap", "--orders", f"{story}.csv", "-o", "json")
    terminal = Terminal(tmp_path)
    said = terminal.run("replay", "--diff", str(old), str(new), *files)
    assert said.code == 3
    rows = json.loads(said.out)
    assert {row["reply"] for row in rows} == {"DHCPOFFER", "DHCPACK"}
    assert all("dhcp-lease-time 777 was " in row["recorded"] for row in rows)
    same = terminal.run("replay", "--diff", str(old), str(old), *files)
    assert (same.code, json.loads(same.out)) == (0, [])
