"""EAP packets (RFC 3748 4) and how RADIUS carries them (RFC 3579 3.1)."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.radius import EAP_MESSAGE, attribute

REQUEST: Final = 1
RESPONSE: Final = 2
SUCCESS: Final = 3
FAILURE: Final = 4
IDENTITY: Final = 1
NAK: Final = 3
MD5_CHALLENGE: Final = 4

# IANA "EAP Method Types": those that access equipment and boxes are known to ask for.
METHODS: Final = {
    1: "Identity",
    2: "Notification",
    3: "Nak",
    4: "MD5-Challenge",
    5: "One-Time Password",
    6: "Generic Token Card",
    13: "EAP-TLS",
    17: "LEAP",
    18: "EAP-SIM",
    21: "EAP-TTLS",
    23: "EAP-AKA",
    25: "PEAP",
    26: "EAP-MSCHAPv2",
    43: "EAP-FAST",
    50: "EAP-AKA'",
    52: "EAP-pwd",
    55: "TEAP",
    254: "expanded type",
}
_PART: Final = 253


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class EapPacket(Value):
    """One EAP packet. ``kind``: its type, 0 for Success and Failure, which have none; ``data``: what follows it."""

    __slots__ = ("code", "identifier", "kind", "data")

    def __init__(self, code: int, identifier: int, kind: int, data: bytes) -> None:
        self.code: Final = code
        self.identifier: Final = identifier
        self.kind: Final = kind
        self.data: Final = data


def decode_eap(data: bytes) -> EapPacket:
    """The octets of all EAP-Message attributes -> packet. Octets behind its length are padding. Raises Malformed."""
    if len(data) < 4:
        raise Malformed("shorter than an EAP header", len(data))
    code, identifier, size = data[0], data[1], int.from_bytes(data[2:4], "big")
    # RFC 3748 4.1: a length over what was received is discarded.
    if not 4 <= size <= len(data):
        raise Malformed("EAP length field", 2)
    if code in (SUCCESS, FAILURE):
        return EapPacket(code, identifier, 0, b"")
    if code not in (REQUEST, RESPONSE):
        raise Malformed(f"EAP code {code} is not known", 0)
    if size < 5:
        raise Malformed("EAP packet without type", 4)
    return EapPacket(code, identifier, data[4], data[5:size])


def encode_eap(packet: EapPacket) -> bytes:
    """The packet as octets."""
    body = bytes((packet.kind,)) + packet.data if packet.code in (REQUEST, RESPONSE) else b""
    return bytes((packet.code, packet.identifier)) + (4 + len(body)).to_bytes(2, "big") + body


def eap_attributes(packet: EapPacket) -> bytes:
    """The packet as EAP-Message attributes, 253 octets in each but the last (RFC 3579 3.1)."""
    octets = encode_eap(packet)
    return b"".join(attribute(EAP_MESSAGE, octets[at : at + _PART]) for at in range(0, len(octets), _PART))


def md5_value(data: bytes) -> bytes:
    """Value of an MD5-Challenge request or response: one octet of size, the value, a name (RFC 1994 4.1).

    Raises Malformed.
    """
    if not data or not 1 <= data[0] < len(data):
        raise Malformed("MD5-Challenge value size", 5)
    return data[1 : 1 + data[0]]


def method_name(kind: int) -> str:
    """``PEAP``, or ``EAP type 99``."""
    return METHODS.get(kind, f"EAP type {kind}")


def wanted_methods(nak: bytes) -> str:
    """What a Nak asks for instead, for people; a 0 in it means nothing at all (RFC 3748 5.3.1)."""
    names = [method_name(kind) for kind in dict.fromkeys(nak[:16]) if kind]
    return ", ".join(names) or "nothing"
