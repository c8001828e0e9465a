"""Answers that left in one call (UDP_SEGMENT, udp(7)) stand in a capture of the sender, or of a neighbour in the same
kernel, as one datagram: answers of one length behind each other. Here they are told apart again."""

from typing import Final

from gatekeeper.wire.dhcp_header import COOKIE, MAGIC, OPTIONS

_LENGTH: Final = 2  # RFC 2865 3
_AUTHENTICATOR: Final = 4
_LEAST: Final = 20


def radius_answers(payload: bytes) -> list[bytes]:
    """Each by its Length; what is no such run is one answer as it is."""
    said = payload[_LENGTH:_AUTHENTICATOR]
    length = int.from_bytes(said, "big")
    return _cut(payload, length, _LENGTH, said) if length >= _LEAST else [payload]


def dhcp_answers(payload: bytes) -> list[bytes]:
    """Each by its cookie (RFC 2131 3); what is no such run is one answer as it is."""
    second = payload.find(MAGIC, OPTIONS)
    return _cut(payload, second - COOKIE, COOKIE, MAGIC) if second >= OPTIONS + COOKIE else [payload]


def _cut(payload: bytes, length: int, at: int, wanted: bytes) -> list[bytes]:
    """In parts of this length, if each has the wanted octets there."""
    parts = [payload[begin : begin + length] for begin in range(0, len(payload), length)]
    return parts if all(len(part) == length and part.startswith(wanted, at) for part in parts) else [payload]
