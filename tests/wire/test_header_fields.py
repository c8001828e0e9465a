"""Where fields begin: against messages whose every field is told apart."""

from itertools import pairwise

from gatekeeper.wire import dhcp_header as dhcp
from gatekeeper.wire import frame, radius
from gatekeeper.wire.arp import probe_frame
from gatekeeper.wire.dhcp import HEADER
from gatekeeper.wire.frame import udp_frame

# RFC 2131 2, figure 1: the fields in their sequence, and their octets.
FIELDS = [
    "OP",
    "HTYPE",
    "HLEN",
    "HOPS",
    "XID",
    "SECS",
    "FLAGS",
    "CIADDR",
    "YIADDR",
    "SIADDR",
    "GIADDR",
    "CHADDR",
    "SNAME",
    "FILE",
    "COOKIE",
    "OPTIONS",
]
OCTETS = [1, 1, 1, 1, 4, 2, 2, 4, 4, 4, 4, 16, 64, 128, 4]
OURS, THEIRS = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"


def test_rfc2131_2_the_fields_of_a_dhcp_message_have_these_octets() -> None:
    """From op to the options."""
    begins = [getattr(dhcp, name) for name in FIELDS]
    assert begins[0] == 0
    assert [after - at for at, after in pairwise(begins)] == OCTETS
    assert (dhcp.SNAME_SIZE, dhcp.FILE_SIZE) == (64, 128)


def test_the_dhcp_header_is_written_to_these_fields() -> None:
    """From op to chaddr."""
    values = *range(1, 12), bytes(range(1, 17))
    data = HEADER.pack(*values)
    found = [data[getattr(dhcp, at) : getattr(dhcp, after)] for at, after in pairwise(FIELDS[:13])]
    assert [int.from_bytes(field, "big") for field in found[:11]] == list(range(1, 12))
    assert found[11] == values[-1]


def test_what_is_shorter_than_its_fields_is_no_error() -> None:
    """Captures hold anything."""
    assert [dhcp.op_of(data) for data in (b"", b"\2", b"\2\1")] == [0, 2, 2]
    assert dhcp.question_key(bytes(26)) == (bytes(4), bytes(2), b"")
    assert dhcp.question_key(bytes(range(60))) == (b"\4\5\6\7", b"\x18\x19\x1a\x1b", b"\x1c\x1d\x1e\x1f\x20\x21")
    assert [radius.identifier_of(data) for data in (b"", b"\1", b"\1\7")] == [-1, -1, 7]


def test_rfc2865_3_the_radius_header_is_written_to_these_fields() -> None:
    """Up to the attributes."""
    data = radius.HEADER.pack(1, 2, 0x0304, bytes(range(16)))
    assert (data[radius.CODE], data[radius.IDENTIFIER]) == (1, 2)
    assert data[radius.LENGTH : radius.AUTHENTICATOR] == b"\3\4"
    assert data[radius.AUTHENTICATOR : radius.ATTRIBUTES] == bytes(range(16))
    assert len(data) == radius.ATTRIBUTES


def test_a_frame_is_written_to_these_fields() -> None:
    """Ethernet II (RFC 894), IPv4 without options (RFC 791), UDP (RFC 768)."""
    data = udp_frame(b"payload", OURS, THEIRS, 0x0A000001, 0x0A000002, 67, 68)
    assert data[frame.DESTINATION_MAC : frame.SOURCE_MAC] == THEIRS
    assert data[frame.SOURCE_MAC : frame.ETHERTYPE] == OURS
    assert data[frame.ETHERTYPE : frame.IP] == b"\x08\0"
    assert (data[frame.IP], data[frame.TYPE_OF_SERVICE]) == (0x45, 0x10)
    assert data[frame.TOTAL_LENGTH : frame.IDENTIFICATION] == b"\0\x23"
    assert data[frame.FRAGMENT : frame.TIME_TO_LIVE] == b"\0\0"
    assert (data[frame.TIME_TO_LIVE], data[frame.PROTOCOL]) == (64, frame.UDP)
    assert frame.checksum(data[frame.IP : frame.IP_END]) == 0
    assert data[frame.HEADER_CHECKSUM : frame.SOURCE] != b"\0\0"
    assert data[frame.SOURCE : frame.DESTINATION] == b"\x0a\0\0\1"
    assert data[frame.DESTINATION : frame.IP_END] == b"\x0a\0\0\2"
    udp = data[frame.IP_END :]
    assert udp[frame.SOURCE_PORT : frame.DESTINATION_PORT] == b"\0\x43"
    assert udp[frame.DESTINATION_PORT : frame.UDP_LENGTH] == b"\0\x44"
    assert udp[frame.UDP_LENGTH : frame.UDP_CHECKSUM] == b"\0\x0f"
    assert udp[frame.UDP_SIZE :] == b"payload"
    assert probe_frame(OURS, 1)[frame.ETHERTYPE : frame.IP] == b"\x08\x06"
