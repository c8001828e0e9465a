"""scapy against our DHCP codec and frames, where scapy is right (it knows no RFC 3396 and no overload)."""

from pathlib import Path
from typing import Any

import pytest

import gatekeeper
from gatekeeper.wire.dhcp import DISCOVER, INFORM, RELEASE, REQUEST, DhcpMessage, decode
from gatekeeper.wire.frame import UdpFrame, udp_frame
from gatekeeper.wire.text import ip_text
from tests.engine.bench import BOX, DIRECT, FIRST, GIADDR, SERVER, Bench, circuit, discover, init_reboot, selecting

_HEADER = {
    "op": 1, "htype": 1, "hlen": 6, "hops": 2, "xid": 0x3903F326, "secs": 7, "flags": 0x8000, "ciaddr": "10.20.1.5",
    "yiaddr": "0.0.0.0", "siaddr": "0.0.0.0", "giaddr": "10.20.0.1", "chaddr": BOX,
}  # fmt: skip
MESSAGES = [
    ("discover", DISCOVER, [("param_req_list", [1, 3, 6, 43]), ("vendor_class_id", b"SCITV"), ("hostname", b"box")]),
    ("request", REQUEST, [("requested_addr", "10.20.1.5"), ("server_id", "10.20.0.2"), ("max_dhcp_size", 1500)]),
    ("request", REQUEST, [("client_id", b"\x01" + BOX), ("lease_time", 3600), "pad", "pad"]),
    ("release", RELEASE, [("server_id", "10.20.0.2")]),
    ("inform", INFORM, [("relay_agent_information", b"\x01\x08ge 1/0/7")]),
]
_CODES = {
    "param_req_list": 55, "vendor_class_id": 60, "hostname": 12, "requested_addr": 50, "server_id": 54,
    "max_dhcp_size": 57, "client_id": 61, "lease_time": 51, "relay_agent_information": 82,
}  # fmt: skip


def _octets(value: Any) -> bytes:
    if isinstance(value, str):
        return bytes(int(part) for part in value.split("."))
    if isinstance(value, int):
        return value.to_bytes(4 if value == 3600 else 2, "big")
    return bytes(value)


@pytest.mark.parametrize(("name", "kind", "options"), MESSAGES)
def test_a_message_made_by_scapy_is_read_as_it_was_meant(name: str, kind: int, options: list[Any]) -> None:
    """Header fields and options."""
    from scapy.layers.dhcp import BOOTP, DHCP

    data = bytes(BOOTP(**_HEADER) / DHCP(options=[("message-type", name), *options, "end"]))
    expected = {53: bytes((kind,))} | {_CODES[pair[0]]: _octets(pair[1]) for pair in options if pair != "pad"}
    assert decode(data) == DhcpMessage(1, 1, 2, 0x3903F326, 7, 0x8000, 0x0A140105, 0, 0, GIADDR, BOX, kind, expected)


def _scapy_codes(data: bytes) -> tuple[Any, list[tuple[int, bytes]]]:
    """scapy's reading: the BOOTP header, and (code, octets) of each option in sequence, by scapy's own table."""
    from scapy.layers.dhcp import BOOTP, DHCP, DHCPOptions

    numbers = {(option if isinstance(option, str) else option.name): code for code, option in DHCPOptions.items()}
    packet = BOOTP(data)
    found = []
    for option in packet[DHCP].options:
        if option in ("end", "pad"):
            break
        code = option[0] if isinstance(option[0], int) else numbers[option[0]]
        found.append((code, b"".join(_plain(value) for value in option[1:])))
    return packet, found


def _plain(value: Any) -> bytes:
    if isinstance(value, str) and value.count(".") == 3:
        return _octets(value)
    if isinstance(value, list):
        return bytes(value)
    return value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else b"#%d" % value


def _number(value: bytes) -> bytes:
    return b"#%d" % int.from_bytes(value, "big")


@pytest.mark.parametrize("case", ["offer", "ack", "nak"])
def test_scapy_reads_our_replies_as_they_were_meant(bench: Bench, case: str) -> None:
    """The same header, the same options in the same sequence."""
    bench.install()
    asked = {55: bytes((1, 3, 6, 15, 42, 43, 12)), 61: b"\x01" + BOX}
    data = {
        "offer": discover(options=asked, agent=circuit("ge 1/0/7")),
        "ack": selecting(BOX, FIRST, options=asked, agent=circuit("ge 1/0/7")),
        "nak": init_reboot(BOX, FIRST, agent=circuit("ge 1/0/7"), giaddr=0x0A1E0001),
    }[case]
    answer = bench.hear(data).answer
    ours = decode(answer)
    header, options = _scapy_codes(answer)
    assert (header.op, header.xid, header.chaddr[:6]) == (2, ours.xid, BOX)
    assert (header.yiaddr, header.ciaddr, header.giaddr) == tuple(map(ip_text, (ours.yiaddr, ours.ciaddr, ours.giaddr)))
    assert [code for code, _ in options] == list(ours.options)
    for code, value in options:
        assert value in (ours.options[code], _number(ours.options[code])), f"option {code}"


@pytest.mark.parametrize("payload", [b"", b"a", b"ab", bytes(300), b"\xff" * 301, bytes(range(256)) * 5])
def test_scapy_computes_the_same_checksums(payload: bytes) -> None:
    """Of IPv4 and of UDP, for even and odd lengths."""
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether

    frame = udp_frame(payload, b"\x02" * 6, BOX, SERVER, FIRST)
    again = Ether(frame)
    assert (again[IP].src, again[IP].dst, again[UDP].sport, again[UDP].dport) == ("10.20.0.2", "10.20.1.0", 67, 68)
    checksums = again[IP].chksum, again[UDP].chksum
    del again[IP].chksum, again[UDP].chksum
    rebuilt = Ether(bytes(again))
    assert (rebuilt[IP].chksum, rebuilt[UDP].chksum) == checksums
    assert bytes(again) == frame


@pytest.mark.parametrize("vlan", [1, 100, 4094])
def test_scapy_reads_the_vlan_tag(vlan: int) -> None:
    """And behind it the same datagram, whose checksums it computes alike."""
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Dot1Q, Ether

    frame = udp_frame(b"payload", b"\x02" * 6, BOX, SERVER, FIRST, vlan=vlan)
    read = Ether(frame)
    assert (read[Dot1Q].vlan, read[Dot1Q].prio, read[IP].dst, read[UDP].dport) == (vlan, 0, "10.20.1.0", 68)
    del read[IP].chksum, read[UDP].chksum
    assert bytes(read) == frame


def test_a_frame_made_by_scapy_goes_all_the_way_to_an_offer(bench: Bench) -> None:
    """Ethernet, IP, UDP, BOOTP by scapy; the answer is read by scapy again."""
    from scapy.layers.dhcp import BOOTP, DHCP
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether

    bench.install()
    outer = Ether(src=BOX.hex(":"), dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255")
    inner = UDP(sport=68, dport=67) / BOOTP(chaddr=BOX, xid=5) / DHCP(options=[("message-type", "discover"), "end"])
    frame = UdpFrame(bytes(outer / inner))
    offer = bench.hear(frame.payload, DIRECT, source_mac=frame.source_mac)
    assert offer.to is not None
    sent = Ether(udp_frame(offer.answer, b"\x02" * 6, offer.to.mac, SERVER, offer.to.address))
    assert (sent.dst, sent[IP].dst, sent[BOOTP].yiaddr, sent[BOOTP].xid) == (BOX.hex(":"), "10.20.1.0", "10.20.1.0", 5)
    assert sent[DHCP].options[0] == ("message-type", 2)


def test_scapy_is_imported_by_tests_only() -> None:
    """It is GPL: the service must never load it."""
    package = Path(gatekeeper.__file__).parent
    service = [file for file in package.rglob("*.py") if "lab" not in file.parts]
    assert service
    assert not [file for file in service if "import scapy" in file.read_text() or "from scapy" in file.read_text()]
