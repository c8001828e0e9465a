"""What RADIUS asks before the shared rules: is the packet believed, whom does it name, on which line.

Whether the box is the one it names is asked in ``radius_methods`` and ``radius_eap``.
"""

from functools import lru_cache

from gatekeeper.book import Nas
from gatekeeper.model import PortId, Reason
from gatekeeper.wire.line_id import port_from_wire
from gatekeeper.wire.radius import (
    CALLING_STATION_ID,
    NAS_PORT_ID,
    USER_NAME,
    RadiusPacket,
)
from gatekeeper.wire.radius_seal import seal_is_right
from gatekeeper.wire.text import parse_mac


def distrust(packet: RadiusPacket, nas: Nas, seen_sealed: bool) -> Reason | None:
    """Why this request must be dropped without an answer; None = it is believed.

    seen_sealed: this client has sent a right Message-Authenticator before (``auto`` then insists on it).
    """
    if packet.seal_at:
        return None if seal_is_right(packet, nas.secret) else Reason.BAD_AUTHENTICATOR
    if nas.require_seal == "yes" or (nas.require_seal == "auto" and seen_sealed):
        return Reason.NO_MESSAGE_AUTHENTICATOR
    # CVE-2024-3596: what a forger needs is Proxy-State in a request that nothing seals.
    if packet.proxy and nas.limit_proxy_state != "no":
        return Reason.PROXY_STATE_LIMITED
    return None


def identity(packet: RadiusPacket) -> bytes:
    """The one MAC that User-Name and Calling-Station-Id name; b"" if they name none, or two."""
    attributes = packet.attributes
    name, station = _mac_in(attributes.get(USER_NAME, b"")), _mac_in(attributes.get(CALLING_STATION_ID, b""))
    if name and station and name != station:
        return b""
    return name or station


@lru_cache(maxsize=4_096)
def _mac_in(value: bytes) -> bytes:
    text = value.decode("ascii", "replace")
    try:
        # A BRAS may append its domain to the name.
        return parse_mac(text.partition("@")[0])
    except ValueError:
        return b""


def names_mac(value: bytes) -> bytes:
    """The MAC that a password or an EAP identity is, b"" if none. Past the cache: no password stays in memory."""
    return _mac_in.__wrapped__(value)


def port_of(packet: RadiusPacket, nas: Nas, port_names: dict[str, str]) -> PortId | None:
    """The access line in NAS-Port-Id, qualified by the NAS's name, or by the access node that it stands for."""
    value = packet.attributes.get(NAS_PORT_ID, b"")
    return port_from_wire(value, port_names.get(nas.name, nas.name)) if value else None
