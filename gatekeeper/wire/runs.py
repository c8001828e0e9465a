"""Answers that left in one call (UDP_SEGMENT, udp(7)) stand in a capture of the sender, or of a neighbour in the same
kernel, as one datagram: answers of one length behind each other. Here they are told apart again."""

from typing import Final

from gatekeeper.wire.dhcp_header import COOKIE, MAGIC, OPTIONS

_LENGTH: Final = slice(2, 4)  # RFC 2865 3
_LEAST: Final = 20


def radius_answers(payload: bytes) -> list[bytes]:
    """Each by its Length; what is no such run is one answer as it is."""
    length = int.from_bytes(payload[_LENGTH], "big")
    return _cut(payload, length, _LENGTH, payload[_LENGTH]) if length >= _LEAST else [payload]


def dhcp_answers(payload: bytes) -> list[bytes]:
    """Each by its cookie (RFC 2131 3); what is no such run is one answer as it is."""
    second = payload.find(MAGIC, OPTIONS)
    return _cut(payload, second - COOKIE, slice(COOKIE, OPTIONS), MAGIC) if second >= OPTIONS + COOKIE else [payload]


def _cut(payload: bytes, length: int, where: slice, wanted: bytes) -> list[bytes]:
    """In parts of this length, if each has the wanted octets there."""
    parts = [payload[at : at + length] for at in range(0, len(payload), length)]
    return parts if all(len(part) == length and part[where] == wanted for part in parts) else [payload]
