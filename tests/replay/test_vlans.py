"""802.1Q tags in a capture: a broadcast is heard on the subnet of its VLAN, as serve hears a trunk."""

import json
from pathlib import Path

import pytest

from gatekeeper.drivers.capture import Capture, write_capture
from gatekeeper.wire.frame import BROADCAST_IP, BROADCAST_MAC, udp_frame
from tests.cli.terminal import Terminal
from tests.engine.bench import BOX, discover

TRUNK = """
[store]
url = "sqlite:gatekeeper.db"

[acs]
url = "http://itms.example.net:7547/acs"

[dhcp]
interfaces = ["trk0"]

[[dhcp.subnet]]
network = "10.30.0.0/16"
interface = "trk0"
vlan = 100
server = "10.30.0.2"
pools = ["10.30.1.0-10.30.1.250"]

[[dhcp.subnet]]
network = "10.40.0.0/16"
interface = "trk0"
vlan = 200
server = "10.40.0.2"
pools = ["10.40.1.0-10.40.1.250"]
"""
PLAIN = TRUNK.replace('interface = "trk0"\n', "").replace("vlan = 100\n", "").replace("vlan = 200\n", "")
ANYWHERE = PLAIN.replace('interfaces = ["trk0"]', 'listen = ["0.0.0.0:67"]')
ORDERS = f"order,kind,account,mac\n1,install,A,{BOX.hex(':')}\n"


def _tag(vlan: int, kind: int = 0x8100) -> bytes:
    return kind.to_bytes(2, "big") + vlan.to_bytes(2, "big")


UNTAGGED, VLAN_100, VLAN_200, VLAN_300 = b"", _tag(100), _tag(200), _tag(300)
PRIORITY_7 = _tag(7 << 13)  # VLAN id 0: no VLAN, only a priority
PRIORITY_200 = _tag(5 << 13 | 200)
QINQ_200 = _tag(200, 0x88A8) + _tag(100)  # the kernel takes the outer one off


def replay(folder: Path, config: str, tags: bytes, link: int = 1) -> tuple[dict[str, str], Path]:
    """The row of one DISCOVER that was captured with these tags, and the file with our answer."""
    frame = udp_frame(discover(giaddr=0), BOX, BROADCAST_MAC, 0, BROADCAST_IP, 68, 67)
    head = frame[:12] if link == 1 else b"\0\1\0\1\0\6" + BOX + b"\0\0"
    pcap, answers = folder / "tagged.pcap", folder / "answers.pcap"
    write_capture(pcap, [(1_800_000_000.0, head + tags + frame[12:])])
    if link != 1:
        data = bytearray(pcap.read_bytes())
        data[20] = link
        pcap.write_bytes(data)
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    terminal = Terminal(folder, config)
    said = terminal.run(
        "replay", "-r", str(pcap), "--orders", str(folder / "orders.csv"), "-w", str(answers), "-o", "json"
    )
    (row,) = json.loads(said.out)
    return row, answers


@pytest.mark.parametrize(
    ("config", "tags", "address"),
    [
        (TRUNK, VLAN_100, "10.30.1.0"),
        (TRUNK, VLAN_200, "10.40.1.0"),
        (TRUNK, PRIORITY_200, "10.40.1.0"),
        (TRUNK, QINQ_200, "10.40.1.0"),
        (TRUNK, UNTAGGED, "10.30.1.0"),
        (TRUNK, PRIORITY_7, "10.30.1.0"),
        (PLAIN, UNTAGGED, "10.30.1.0"),
        (PLAIN, VLAN_200, "10.30.1.0"),
        (PLAIN, VLAN_300, "10.30.1.0"),
        (ANYWHERE, UNTAGGED, "10.30.1.0"),
    ],
)
def test_a_tagged_broadcast_is_heard_on_the_subnet_of_its_vlan(
    tmp_path: Path, config: str, tags: bytes, address: str
) -> None:
    """Untagged, or without a VLAN in the configuration, it is heard on the first interface, or else on 0.0.0.0:67."""
    row, _ = replay(tmp_path, config, tags)
    assert (row["reply"], row["address"]) == ("DHCPOFFER", address)


def test_a_vlan_of_no_subnet_is_refused_as_on_the_trunk(tmp_path: Path) -> None:
    row, answers = replay(tmp_path, TRUNK, VLAN_300)
    assert (row["reply"], row["reason"]) == ("", "NO_SUBNET")
    assert list(Capture(answers)) == []


def test_a_tag_in_a_cooked_capture_is_read_too(tmp_path: Path) -> None:
    """tcpdump -i any, without the Ethernet header, has it behind its own."""
    row, _ = replay(tmp_path, TRUNK, VLAN_200, link=113)
    assert row["address"] == "10.40.1.0"


def test_the_answer_goes_out_with_the_tag_it_was_asked_with(tmp_path: Path) -> None:
    """-w, from our address on that VLAN."""
    _, answers = replay(tmp_path, TRUNK, PRIORITY_200)
    (answer,) = Capture(answers)
    assert (answer.vlan, answer.source, answer.source_port) == (200, 0x0A280002, 67)
