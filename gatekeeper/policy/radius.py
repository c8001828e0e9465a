"""What RADIUS asks before the shared rules: is the packet believed, whom does it name, is the password right."""

import hmac

from gatekeeper.book import Nas
from gatekeeper.model import Action, Reason, Verdict
from gatekeeper.wire.nas_identity import mac_in
from gatekeeper.wire.nas_request import read_request
from gatekeeper.wire.radius import CHAP_PASSWORD, EAP_MESSAGE, USER_NAME, USER_PASSWORD, RadiusPacket
from gatekeeper.wire.radius_seal import reveal_password, seal_is_right
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


def method_refusal(packet: RadiusPacket) -> Reason | None:
    """Methods that are not served; None = PAP, or no password at all."""
    return Reason.UNSUPPORTED if EAP_MESSAGE in packet.attributes or CHAP_PASSWORD in packet.attributes else None


def password_is_right(packet: RadiusPacket, nas: Nas, mac: bytes) -> bool:
    """PAP as the client's mac_password wants it: the MAC as the NAS spells it, a shared password, or any."""
    if nas.password == "any":  # noqa: S105 - a mode
        return True
    hidden = packet.attributes.get(USER_PASSWORD)
    if hidden is None:
        return False
    password = reveal_password(hidden, packet.authenticator, nas.secret)
    if nas.password == "shared":  # noqa: S105 - a mode
        return nas.shared_password is not None and hmac.compare_digest(password, nas.shared_password.key)
    return hmac.compare_digest(mac_in.__wrapped__(password), mac)  # past the cache: no password stays in memory
