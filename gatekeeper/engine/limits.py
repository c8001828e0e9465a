"""[limits] at the door: is this packet one too many for its box, its line, its sender or for us?

Each mouth has buckets of its own, so that a flood of DHCP costs RADIUS nothing.
"""

from collections.abc import Hashable

from gatekeeper.book import Limits
from gatekeeper.model import Action, Datagram, PortId, Reason, Verdict
from gatekeeper.state.throttle import Throttle
from gatekeeper.value import values_of


def throttle_of(limits: Limits | None) -> Throttle | None:
    """None where the file has no [limits]."""
    return Throttle(*values_of(limits)) if limits else None


def dhcp_limit(
    throttle: Throttle, mac: bytes, port: PortId | None, giaddr: int, datagram: Datagram, now: float
) -> Verdict | None:
    """The refusal, or None: the packet may pass."""
    door = datagram.via
    if giaddr:
        # A box may write any giaddr into a packet of its own; the address that a relay sends from tells them apart.
        return _verdict(throttle.charge(mac, _line(port), datagram.source, now), port, datagram)
    # What comes by unicast names no line (RFC 3046 2.1); the box's own address stands for it.
    line = _line(port) if port or door.raw else datagram.source
    return _verdict(throttle.charge(mac, line, door.name, now), port, datagram)


def query_limit(throttle: Throttle, datagram: Datagram, now: float) -> Verdict | None:
    """The refusal of a lease query, or None. It is no box's and no line's; whoever asks has a sender's bucket."""
    return _verdict(throttle.charge(b"", None, datagram.source, now), None, datagram)


def radius_limit(throttle: Throttle, mac: bytes, port: PortId | None, datagram: Datagram, now: float) -> Verdict | None:
    """The refusal, or None. A client may be a whole network, so each NAS counts by its address."""
    return _verdict(throttle.charge(mac, _line(port), datagram.source, now), port, datagram)


def _line(port: PortId | None) -> Hashable:
    # Not the text: access node and BRAS spell one line differently.
    # What many lines have in common has no bucket: they would empty it for each other.
    return (port.qualifier, port.key, port.tags) if port and not port.vague else None


def _verdict(limit: str, port: PortId | None, datagram: Datagram) -> Verdict | None:
    if not limit:
        return None
    seen = port.text if port else datagram.via.name
    return Verdict(Action.SILENT, Reason.RATE_LIMITED, limit, seen)
