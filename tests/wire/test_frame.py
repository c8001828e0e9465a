"""Ethernet, IPv4 and UDP around a message, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire import Malformed
from gatekeeper.wire.frame import UdpFrame, checksum, udp_frame

SERVER, BOX = bytes.fromhex("020000000001"), bytes.fromhex("d4c1c8ee9b1f")
PAYLOAD = b"\x02\x01\x06\x00" + bytes(300)
FRAME = udp_frame(PAYLOAD, SERVER, BOX, 0x0A140002, 0x0A140107)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0001f203f4f5f6f7", 0x220D),  # RFC 1071 3: the sum is ddf2
        ("4500003044224000800600008c7c19acae241e2b", 0x442E),
        ("", 0xFFFF),
        ("0000", 0xFFFF),
        ("ffff", 0x0000),
        ("01", 0xFEFF),  # RFC 1071 1: an odd octet is padded with zero
    ],
)
def test_rfc1071_checksum(data: str, expected: int) -> None:
    """Known sums."""
    assert checksum(bytes.fromhex(data)) == expected


def test_a_frame_is_read_back() -> None:
    """UdpFrame undoes udp_frame."""
    frame = UdpFrame(FRAME)
    assert (frame.source_mac, frame.destination_mac) == (SERVER, BOX)
    assert (frame.source, frame.destination) == (0x0A140002, 0x0A140107)
    assert (frame.source_port, frame.destination_port, frame.payload) == (67, 68, PAYLOAD)


def test_ethernet_padding_is_no_payload() -> None:
    """RFC 894: frames shorter than 60 octets are padded; the IP length says where the datagram ends."""
    assert UdpFrame(udp_frame(b"ab", SERVER, BOX, 1, 2) + bytes(16)).payload == b"ab"


def test_rfc768_a_computed_checksum_of_zero_is_sent_as_all_ones() -> None:
    """Over all 16-bit payloads exactly one sums to zero; none may be sent as 0, which means "no checksum"."""
    sums = {udp_frame(word.to_bytes(2, "big"), SERVER, BOX, 1, 2)[40:42] for word in range(0x10000)}
    assert b"\xff\xff" in sums
    assert b"\x00\x00" not in sums


@given(st.binary(max_size=1400), st.integers(1, 4094))
def test_a_tag_stands_between_the_addresses_and_the_rest(payload: bytes, vlan: int) -> None:
    """IEEE 802.1Q: 81 00, then priority 0 and the VLAN; taken off, the frame is the untagged one."""
    plain, tagged = (udp_frame(payload, SERVER, BOX, 1, 2, 67, 68, number) for number in (0, vlan))
    assert tagged[12:16] == b"\x81\x00" + vlan.to_bytes(2, "big")
    assert tagged[:12] + tagged[16:] == plain


def _with(at: int, value: str) -> bytes:
    octets = bytes.fromhex(value)
    return FRAME[:at] + octets + FRAME[at + len(octets) :]


@pytest.mark.parametrize(
    ("what", "frame"),
    [
        ("empty", b""),
        ("41 octets", FRAME[:41]),
        ("ARP", _with(12, "0806")),
        ("802.1Q", _with(12, "8100")),
        ("IPv6", _with(14, "65")),
        ("IHL 4", _with(14, "44")),
        ("IHL beyond the frame", FRAME[:42].replace(b"\x45\x10", b"\x4f\x10", 1)),
        ("TCP", _with(23, "06")),
        ("more fragments", _with(20, "2000")),
        ("a later fragment", _with(20, "0001")),
        ("UDP length 7", _with(38, "0007")),
        ("UDP longer than IP", _with(38, "0200")),
        ("IP longer than the frame", _with(16, "0200")),
        ("cut", FRAME[:-1]),
    ],
)
def test_a_frame_that_is_no_whole_udp_datagram_is_malformed(what: str, frame: bytes) -> None:
    """Nothing is read over a bound."""
    with pytest.raises(Malformed):
        UdpFrame(frame)


@given(st.binary(max_size=120))
def test_any_octets_are_a_frame_or_malformed(frame: bytes) -> None:
    """And nothing else is raised."""
    try:
        UdpFrame(frame)
    except Malformed:
        pass


@given(st.binary(max_size=1400), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 65535))
def test_any_payload_survives_the_frame(payload: bytes, source: int, destination: int, port: int) -> None:
    """And the IP header's checksum is right: with it in place the header sums to zero."""
    frame = udp_frame(payload, SERVER, BOX, source, destination, port, 68)
    read = UdpFrame(frame)
    assert (read.payload, read.source, read.destination, read.source_port) == (payload, source, destination, port)
    assert checksum(frame[14:34]) == 0
