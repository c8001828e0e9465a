"""Ethernet, IPv4 and UDP around a DHCP message on an interface (RFC 894, RFC 791, RFC 768).

Boxes without an address are answered by frames of our own making (RFC 2131 4.1): ARP could not find them.
"""

from struct import Struct
from typing import Final

from gatekeeper.wire import Malformed

BROADCAST_MAC: Final = b"\xff" * 6
BROADCAST_IP: Final = 0xFFFFFFFF

# Where the fields of an untagged frame begin, an IP header without options in it; each ends where the next one begins.
DESTINATION_MAC: Final = 0
SOURCE_MAC: Final = 6
ETHERTYPE: Final = 12
IP: Final = 14  # version, and size in words
TYPE_OF_SERVICE: Final = 15
TOTAL_LENGTH: Final = 16
IDENTIFICATION: Final = 18
FRAGMENT: Final = 20
TIME_TO_LIVE: Final = 22
PROTOCOL: Final = 23
HEADER_CHECKSUM: Final = 24
SOURCE: Final = 26
DESTINATION: Final = 30
IP_END: Final = 34
# The same for UDP, counted from the end of the IP header.
SOURCE_PORT: Final = 0
DESTINATION_PORT: Final = 2
UDP_LENGTH: Final = 4
UDP_CHECKSUM: Final = 6

IP_SIZE: Final = IP_END - IP
UDP_SIZE: Final = 8
IPV4: Final = 0x0800
ARP: Final = 0x0806
VLAN_TAG: Final = 0x8100
UDP: Final = 17
FRAGMENT_BITS: Final = 0x3FFF  # more fragments, and the offset; not: do not fragment

_IPV4: Final = IPV4.to_bytes(2, "big")
_VLAN_TAG: Final = VLAN_TAG.to_bytes(2, "big")
_SMALLEST: Final = IP + IP_SIZE + UDP_SIZE
_IP: Final = Struct("!BBHHHBBHII")
_UDP: Final = Struct("!HHHH")
_PSEUDO: Final = Struct("!IIBBH")


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    if len(data) & 1:
        data += b"\0"
    # 65536 is 1 modulo 65535, so the whole string taken as one number has the sum of its 16-bit words.
    total = int.from_bytes(data, "big") % 0xFFFF
    return 0xFFFF - total if total or not any(data) else 0


class UdpFrame:
    """One UDP datagram read from a frame: addresses as int, ports, payload, the sender's MAC."""

    __slots__ = ("destination", "destination_mac", "destination_port", "payload", "source", "source_mac", "source_port")

    def __init__(self, frame: bytes) -> None:
        """Read an untagged Ethernet II frame. Raises Malformed."""
        if len(frame) < _SMALLEST or frame[ETHERTYPE:IP] != _IPV4:
            raise Malformed("not IPv4 in Ethernet II", ETHERTYPE)
        head = (frame[IP] & 15) * 4
        udp = IP + head
        if frame[IP] >> 4 != 4 or head < IP_SIZE or udp + UDP_SIZE > len(frame) or frame[PROTOCOL] != UDP:
            raise Malformed("not UDP in IPv4", IP)
        total = int.from_bytes(frame[TOTAL_LENGTH:IDENTIFICATION], "big")
        if int.from_bytes(frame[FRAGMENT:TIME_TO_LIVE], "big") & FRAGMENT_BITS:
            raise Malformed("an IP fragment", FRAGMENT)
        self.source_port, self.destination_port, length, _ = _UDP.unpack_from(frame, udp)
        if length < UDP_SIZE or head + length > total or IP + total > len(frame):
            raise Malformed("UDP length", udp + UDP_LENGTH)
        self.destination_mac, self.source_mac = frame[DESTINATION_MAC:SOURCE_MAC], frame[SOURCE_MAC:ETHERTYPE]
        self.source = int.from_bytes(frame[SOURCE:DESTINATION], "big")
        self.destination = int.from_bytes(frame[DESTINATION:IP_END], "big")
        self.payload = frame[udp + UDP_SIZE : udp + length]


def udp_frame(
    payload: bytes,
    source_mac: bytes,
    destination_mac: bytes,
    source: int,
    destination: int,
    source_port: int = 67,
    destination_port: int = 68,
    vlan: int = 0,
) -> bytes:
    """Ethernet frame with one IPv4 UDP datagram, both checksums right. vlan: its 802.1Q tag, 0 = untagged."""
    length = UDP_SIZE + len(payload)
    pseudo = _PSEUDO.pack(source, destination, 0, UDP, length)
    bare = _UDP.pack(source_port, destination_port, length, 0)
    udp_sum = checksum(pseudo + bare + payload) or 0xFFFF  # RFC 768: a computed zero is sent as all ones
    total = IP_SIZE + length
    bare_ip = _IP.pack(0x45, 0x10, total, 0, 0, 64, UDP, 0, source, destination)
    ip = _IP.pack(0x45, 0x10, total, 0, 0, 64, UDP, checksum(bare_ip), source, destination)
    udp = _UDP.pack(source_port, destination_port, length, udp_sum)
    kind = _VLAN_TAG + vlan.to_bytes(2, "big") + _IPV4 if vlan else _IPV4
    return b"".join((destination_mac, source_mac, kind, ip, udp, payload))
