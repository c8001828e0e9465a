"""The BRAS half of the access node: asks RADIUS about a MAC before its DHCP may pass (IPoE)."""

import os
import socket
from typing import Final, NamedTuple

from gatekeeper.lab import plan
from gatekeeper.wire import Malformed
from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_REJECT,
    ACCESS_REQUEST,
    CALLING_STATION_ID,
    NAMES,
    NAS_IDENTIFIER,
    NAS_IP_ADDRESS,
    NAS_PORT_ID,
    REPLY_MESSAGE,
    USER_NAME,
    USER_PASSWORD,
    RadiusPacket,
    attribute,
    decode,
    vendor_values,
)
from gatekeeper.wire.radius_seal import Secret, hide_password, reply_is_right, sealed_request
from gatekeeper.wire.text import printable

RADIUS_PORT: Final = 1812
_SERVICE_TYPE: Final = 6
_CLASS: Final = 25
_NAS_PORT_TYPE: Final = 61
_FRAMED: Final = 2
_ETHERNET: Final = 15
_HUAWEI: Final = 2011
# NetEngine RADIUS attributes 26-2, 26-3 (from the user), 26-5, 26-6 (to the user): average and peak, bit/s.
UP: Final = (2, 3)
DOWN: Final = (5, 6)


class RadiusAnswer(NamedTuple):
    """What RADIUS said of a box on a port. Rates in bit/s: average and peak as they came, () = none."""

    mac: bytes
    port: int
    reply: str
    message: str
    up_bps: tuple[int, ...]
    down_bps: tuple[int, ...]
    said_class: bytes


class _Asked(NamedTuple):
    mac: bytes
    port: int
    authenticator: bytes
    packet: bytes


class Bras:
    """A RADIUS client that believes only sealed answers (CVE-2024-3596)."""

    def __init__(self) -> None:
        self._secret = Secret(plan.SECRET)
        self._asked: dict[int, _Asked] = {}
        self._identifier = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((plan.RELAY_TEXT, 0))
        self.socket.connect((plan.GATE_TEXT, RADIUS_PORT))

    def ask(self, mac: bytes, port: int) -> None:
        """Send an Access-Request; while one for this box and port is open, the same again (RFC 5080 2.2.1)."""
        for asked in self._asked.values():
            if (asked.mac, asked.port) == (mac, port):
                self._send(asked.packet)
                return
        self._identifier = (self._identifier + 1) % 256
        authenticator = os.urandom(16)
        body = self._body(mac, port, authenticator)
        packet = sealed_request(ACCESS_REQUEST, self._identifier, authenticator, body, self._secret)
        self._asked[self._identifier] = _Asked(mac, port, authenticator, packet)
        self._send(packet)

    def hear(self) -> RadiusAnswer | None:
        """The answer that is waiting; None where it is not to be believed, or nobody asked."""
        try:
            packet = decode(self.socket.recv(4096))
        except (Malformed, ConnectionRefusedError):
            return None
        asked = self._asked.get(packet.identifier)
        if not asked or packet.code not in (ACCESS_ACCEPT, ACCESS_REJECT):
            return None
        if not packet.seal_at or not reply_is_right(packet, asked.authenticator, self._secret):
            return None
        del self._asked[packet.identifier]
        return RadiusAnswer(
            asked.mac,
            asked.port,
            NAMES[packet.code],
            printable(packet.attributes[REPLY_MESSAGE]) if REPLY_MESSAGE in packet.attributes else "",
            rates(packet, UP),
            rates(packet, DOWN),
            packet.attributes.get(_CLASS, b""),
        )

    def _body(self, mac: bytes, port: int, authenticator: bytes) -> bytes:
        # The spelling of a Huawei BRAS: 12 digits as name and password; RFC 3580 3.21 for Calling-Station-Id.
        name = mac.hex().encode()
        return b"".join(
            (
                attribute(USER_NAME, name),
                attribute(USER_PASSWORD, hide_password(name, authenticator, self._secret)),
                attribute(NAS_IP_ADDRESS, plan.RELAY.to_bytes(4, "big")),
                attribute(NAS_IDENTIFIER, plan.NAS_NAME.encode()),
                attribute(_SERVICE_TYPE, _FRAMED.to_bytes(4, "big")),
                attribute(_NAS_PORT_TYPE, _ETHERNET.to_bytes(4, "big")),
                attribute(NAS_PORT_ID, plan.line(port).nas_port_id),
                attribute(CALLING_STATION_ID, mac.hex("-").upper().encode()),
            )
        )

    def _send(self, packet: bytes) -> None:
        try:
            self.socket.send(packet)
        except ConnectionRefusedError:
            # The gate is not up: the box will try again.
            pass


def rates(packet: RadiusPacket, kinds: tuple[int, ...]) -> tuple[int, ...]:
    """Values of Huawei's rate attributes, bit/s."""
    return tuple(int.from_bytes(value, "big") for kind in kinds for value in vendor_values(packet, _HUAWEI, kind))
