"""RFC 5227 2.1.1: the probe, and who answers it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire import Malformed
from gatekeeper.wire.arp import claimed_address, probe_frame
from gatekeeper.wire.text import parse_ip

OURS = bytes.fromhex("0200000000aa")


def test_rfc5227_2_1_1_a_probe_names_no_sender_address() -> None:
    """As scapy reads it."""
    from scapy.layers.l2 import ARP, Ether

    frame = Ether(probe_frame(OURS, parse_ip("10.20.1.7")))
    assert (frame.dst, frame.src, frame.type) == ("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:aa", 0x0806)
    arp = frame[ARP]
    assert (arp.op, arp.hwsrc, arp.psrc, arp.hwdst, arp.pdst) == (
        *(1, "02:00:00:00:00:aa", "0.0.0.0", "00:00:00:00:00:00", "10.20.1.7"),
    )
    assert claimed_address(probe_frame(OURS, 1)) == (0, OURS)


def test_an_answer_names_address_and_mac() -> None:
    from scapy.layers.l2 import ARP, Ether

    answer = Ether(src="02:00:00:00:00:66", dst="02:00:00:00:00:aa") / ARP(
        op=2, hwsrc="02:00:00:00:00:66", psrc="10.20.1.7", hwdst="02:00:00:00:00:aa", pdst="0.0.0.0"
    )
    assert claimed_address(bytes(answer)) == (parse_ip("10.20.1.7"), bytes.fromhex("020000000066"))


@given(st.binary(max_size=80))
def test_any_octets_are_read_as_arp_or_malformed(frame: bytes) -> None:
    try:
        claimed_address(frame)
    except Malformed:
        assert len(frame) < 42 or frame[12:14] != b"\x08\x06" or frame[14:20] != b"\0\1\x08\0\6\4"
    else:
        assert frame[14:20] == b"\0\1\x08\0\6\4"


@pytest.mark.parametrize("size", [0, 14, 41])
def test_a_cut_arp_frame_is_malformed(size: int) -> None:
    with pytest.raises(Malformed):
        claimed_address(probe_frame(OURS, 1)[:size])
