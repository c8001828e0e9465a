"""ARP (RFC 826) as far as a probe goes: who has this address (RFC 5227 2.1.1)?"""

from struct import Struct
from typing import Final

from gatekeeper.wire import Malformed
from gatekeeper.wire.frame import BROADCAST_MAC

ETHERTYPE: Final = 0x0806
_ARP: Final = Struct("!HHBBH6sI6sI")
_ETHERNET: Final = 1
_IPV4: Final = 0x0800
_REQUEST: Final = 1
_NO_MAC: Final = bytes(6)


def probe_frame(our_mac: bytes, address: int) -> bytes:
    """An ARP probe: the sender's address is 0, so that nobody's cache learns anything from it."""
    body = _ARP.pack(_ETHERNET, _IPV4, 6, 4, _REQUEST, our_mac, 0, _NO_MAC, address)
    return b"".join((BROADCAST_MAC, our_mac, b"\x08\x06", body)).ljust(60, b"\0")


def claimed_address(frame: bytes) -> tuple[int, bytes]:
    """(address that the sender says is its own, the sender's MAC); address 0 = a probe. Raises Malformed."""
    if len(frame) < 42 or frame[12:14] != b"\x08\x06":
        raise Malformed("not ARP in Ethernet II", 12)
    hardware, protocol, hardware_size, protocol_size, _, mac, address, _, _ = _ARP.unpack_from(frame, 14)
    if (hardware, protocol, hardware_size, protocol_size) != (_ETHERNET, _IPV4, 6, 4):
        raise Malformed("not ARP for IPv4 over Ethernet", 14)
    return address, mac
