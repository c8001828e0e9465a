"""Ethernet, IPv4 and UDP around a DHCP message on an interface (RFC 894, RFC 791, RFC 768).

Boxes without an address are answered by frames of our own making (RFC 2131 4.1): ARP could not find them.
"""

from struct import Struct
from typing import Final

from gatekeeper.wire import Malformed

BROADCAST_MAC: Final = b"\xff" * 6
BROADCAST_IP: Final = 0xFFFFFFFF

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
        if len(frame) < 42 or frame[12:14] != b"\x08\x00":
            raise Malformed("not IPv4 in Ethernet II", 12)
        head = (frame[14] & 15) * 4
        udp = 14 + head
        if frame[14] >> 4 != 4 or head < 20 or udp + 8 > len(frame) or frame[23] != 17:
            raise Malformed("not UDP in IPv4", 14)
        total = int.from_bytes(frame[16:18], "big")
        if int.from_bytes(frame[20:22], "big") & 0x3FFF:
            raise Malformed("an IP fragment", 20)
        self.source_port, self.destination_port, length, _ = _UDP.unpack_from(frame, udp)
        if length < 8 or head + length > total or 14 + total > len(frame):
            raise Malformed("UDP length", udp + 4)
        self.destination_mac, self.source_mac = frame[:6], frame[6:12]
        self.source = int.from_bytes(frame[26:30], "big")
        self.destination = int.from_bytes(frame[30:34], "big")
        self.payload = frame[udp + 8 : udp + length]


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
    length = 8 + len(payload)
    pseudo = _PSEUDO.pack(source, destination, 0, 17, length)
    bare = _UDP.pack(source_port, destination_port, length, 0)
    udp_sum = checksum(pseudo + bare + payload) or 0xFFFF  # RFC 768: a computed zero is sent as all ones
    bare_ip = _IP.pack(0x45, 0x10, 20 + length, 0, 0, 64, 17, 0, source, destination)
    ip = _IP.pack(0x45, 0x10, 20 + length, 0, 0, 64, 17, checksum(bare_ip), source, destination)
    udp = _UDP.pack(source_port, destination_port, length, udp_sum)
    kind = b"\x81\x00" + vlan.to_bytes(2, "big") + b"\x08\x00" if vlan else b"\x08\x00"
    return b"".join((destination_mac, source_mac, kind, ip, udp, payload))
