"""Where fields stand: against messages whose every field is told apart."""

from gatekeeper.wire import dhcp_header, frame, radius
from gatekeeper.wire.arp import probe_frame
from gatekeeper.wire.frame import udp_frame

IN_SEQUENCE = (
    "OP HTYPE HLEN HOPS XID SECS FLAGS CIADDR YIADDR SIADDR GIADDR CHADDR SNAME FILE COOKIE"  # RFC 2131 2, figure 1
)
FIELDS = [getattr(dhcp_header, name) for name in IN_SEQUENCE.split()]
OURS, THEIRS = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"


def test_rfc2131_2_the_fields_of_a_dhcp_message_follow_each_other_without_a_gap() -> None:
    """Up to the options."""
    assert [field.start for field in FIELDS] == [0, *(field.stop for field in FIELDS[:-1])]
    assert [field.stop - field.start for field in FIELDS] == [1, 1, 1, 1, 4, 2, 2, 4, 4, 4, 4, 16, 64, 128, 4]
    assert FIELDS[-1].stop == dhcp_header.OPTIONS
    areas = dhcp_header.SNAME, dhcp_header.FILE
    assert [area.stop - area.start for area in areas] == [dhcp_header.SNAME_SIZE, dhcp_header.FILE_SIZE]


def test_the_dhcp_header_is_written_to_these_fields() -> None:
    """From op to chaddr."""
    values = *range(1, 12), bytes(range(1, 17))
    data = dhcp_header.HEADER.pack(*values)
    assert [int.from_bytes(data[field], "big") for field in FIELDS[:11]] == list(range(1, 12))
    assert data[dhcp_header.CHADDR] == values[-1]


def test_what_is_shorter_than_its_fields_is_no_error() -> None:
    """Captures hold anything."""
    assert [dhcp_header.op_of(data) for data in (b"", b"\2")] == [0, 2]
    assert dhcp_header.question_key(bytes(26)) == (bytes(4), bytes(2), b"")
    assert [radius.identifier_of(data) for data in (b"", b"\1", b"\1\7")] == [-1, -1, 7]


def test_rfc2865_3_the_radius_header_is_written_to_these_fields() -> None:
    """Up to the attributes."""
    data = radius.HEADER.pack(1, 2, 0x0304, bytes(range(16)))
    assert (data[radius.CODE], data[radius.IDENTIFIER], data[radius.LENGTH]) == (1, 2, b"\3\4")
    assert data[radius.AUTHENTICATOR] == bytes(range(16))
    assert len(data) == radius.ATTRIBUTES


def test_a_frame_is_written_to_these_fields() -> None:
    """Ethernet II (RFC 894), IPv4 without options (RFC 791), UDP (RFC 768)."""
    data = udp_frame(b"payload", OURS, THEIRS, 0x0A000001, 0x0A000002, 67, 68)
    assert (data[frame.DESTINATION_MAC], data[frame.SOURCE_MAC]) == (THEIRS, OURS)
    assert (data[frame.ETHERTYPE], data[frame.VERSION_AND_SIZE], data[frame.PROTOCOL]) == (b"\x08\0", 0x45, frame.UDP)
    assert (data[frame.TOTAL_LENGTH], data[frame.FRAGMENT]) == (b"\0\x23", b"\0\0")
    assert (data[frame.SOURCE], data[frame.DESTINATION]) == (b"\x0a\0\0\1", b"\x0a\0\0\2")
    udp = data[frame.IP + frame.IP_SIZE :]
    assert (udp[frame.SOURCE_PORT], udp[frame.DESTINATION_PORT]) == (b"\0\x43", b"\0\x44")
    assert (udp[frame.UDP_LENGTH], udp[frame.UDP_SIZE :]) == (b"\0\x0f", b"payload")
    assert probe_frame(OURS, 1)[frame.ETHERTYPE] == b"\x08\x06"
