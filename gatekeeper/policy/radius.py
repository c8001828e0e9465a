"""What RADIUS asks before the shared rules: is the packet believed, whom does it name, on which line.

Whether the box is the one it names is asked in ``radius_methods`` and ``radius_eap``.
"""

from gatekeeper.book import Nas
from gatekeeper.model import Action, Binding, Reason, Verdict
from gatekeeper.policy.order_addresses import is_no_hosts
from gatekeeper.state.pools import Pools
from gatekeeper.wire.nas_identity import mac_in
from gatekeeper.wire.nas_request import read_request
from gatekeeper.wire.radius import USER_NAME, RadiusPacket
from gatekeeper.wire.radius_seal import seal_is_right
from gatekeeper.wire.text import printable


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


def no_identity(packet: RadiusPacket, nas: Nas) -> Verdict:
    """The refusal of a request that names no box, or two; a name that does not fit the client's template is shown."""
    if read_request(packet, nas.reading).fits:
        return Verdict(Action.REJECT, Reason.NO_IDENTITY)
    seen = printable(packet.attributes.get(USER_NAME, b""))
    return Verdict(Action.REJECT, Reason.NO_IDENTITY, nas.reading.template, seen)


def framed_address(nas: Nas, binding: Binding, mac: bytes, pools: Pools, now: float) -> int:
    """The account's fixed address, where this client is told it; 0 = none. It is one box's at a time: of whom DHCP has
    given or RADIUS has told it, while the lease or the session lasts."""
    address = binding.address
    if not address or not nas.framed_address or is_no_hosts(address):
        return 0
    return address if pools.is_free_for(address, mac, now) else 0


def names_mac(value: bytes) -> bytes:
    """The MAC that a password or an EAP identity is, b"" if none."""
    return mac_in(value)
