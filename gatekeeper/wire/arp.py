"""ARP (RFC 826) as far as a probe goes: who has this address (RFC 5227 2.1.1)?"""

from struct import Struct
from typing import Final

from gatekeeper.wire import Malformed
from gatekeeper.wire.frame import ARP, BROADCAST_MAC, ETHERTYPE, IP, IPV4

_BODY: Final = Struct("!HHBBH6sI6sI")
_AT: Final = IP  # where the body begins: where IP would
_KIND: Final = ARP.to_bytes(2, "big")
_ETHERNET: Final = 1
_REQUEST: Final = 1
_NO_MAC: Final = bytes(6)


def probe_frame(our_mac: bytes, address: int) -> bytes:
    """An ARP probe: the sender's address is 0, so that nobody's cache learns anything from it."""
    body = _BODY.pack(_ETHERNET, IPV4, 6, 4, _REQUEST, our_mac, 0, _NO_MAC, address)
    return b"".join((BROADCAST_MAC, our_mac, _KIND, body)).ljust(60, b"\0")


def claimed_address(frame: bytes) -> tuple[int, bytes]:
    """(address that the sender says is its own, the sender's MAC); address 0 = a probe. Raises Malformed."""
    if len(frame) < _AT + _BODY.size or frame[ETHERTYPE:_AT] != _KIND:
        raise Malformed("not ARP in Ethernet II", ETHERTYPE)
    hardware, protocol, hardware_size, protocol_size, _, mac, address, _, _ = _BODY.unpack_from(frame, _AT)
    if (hardware, protocol, hardware_size, protocol_size) != (_ETHERNET, IPV4, 6, 4):
        raise Malformed("not ARP for IPv4 over Ethernet", _AT)
    return address, mac
