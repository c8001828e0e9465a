"""How a box shows that it is the one its MAC names: PAP, CHAP, or nothing under Call-Check. EAP is in ``radius_eap``.

What the password must be is the client's ``mac_password``: ``mac`` (the box's MAC, in any usual spelling), ``shared``
(one text for all boxes of the client) or ``any``.
"""

import hmac
from collections.abc import Iterator
from typing import Final

from gatekeeper.book import Nas
from gatekeeper.model import Action, Reason, Verdict
from gatekeeper.policy.radius import names_mac
from gatekeeper.wire.radius import (
    CHAP_CHALLENGE,
    CHAP_PASSWORD,
    SERVICE_TYPE,
    USER_NAME,
    USER_PASSWORD,
    RadiusPacket,
    vendor_values,
)
from gatekeeper.wire.radius_seal import chap_response, reveal_password

SERVED: Final = "PAP, CHAP, EAP-MD5 or Call-Check"
_CALL_CHECK: Final = (10).to_bytes(4, "big")
_MICROSOFT: Final = 311
# Methods that are known and not served: (vendor, attribute) -> name. RFC 2548 2.1.3, 2.3.2; RFC 2869 5.4; RFC 5090 3.
_OTHERS: Final = {
    (_MICROSOFT, 25): "MS-CHAPv2",
    (_MICROSOFT, 1): "MS-CHAP",
    (0, 70): "ARAP",
    (0, 103): "Digest",
}
# RouterOS manual, "DHCP Server", RADIUS: the user name is the MAC, the password is empty; it says no Call-Check.
_SENDS_NO_PASSWORD: Final = frozenset({"mikrotik"})

_WRONG: Final = Verdict(Action.REJECT, Reason.BAD_PASSWORD)
# Under another secret a password comes out as octets by chance. A seal that is right has shown the secret already.
GARBLED: Final = Verdict(
    Action.REJECT, Reason.BAD_PASSWORD, seen="a password that is no text: perhaps the secret is not the NAS's"
)
_NO_PASSWORD: Final = Verdict(Action.REJECT, Reason.BAD_PASSWORD, seen="no password")
_NO_SEAL: Final = Verdict(
    Action.REJECT, Reason.NO_MESSAGE_AUTHENTICATOR, "Message-Authenticator where there is no password", "none"
)


def method_refusal(packet: RadiusPacket, nas: Nas, mac: bytes) -> Verdict | None:
    """Why a request without EAP does not show that this is the box; None = it does. The packet must be believed."""
    attributes = packet.attributes
    hidden = attributes.get(USER_PASSWORD)
    if hidden is not None:
        if nas.password == "any":  # noqa: S105 - a mode
            return None
        password = reveal_password(hidden, packet.authenticator, nas.secret)
        if not password and nas.dialect in _SENDS_NO_PASSWORD:
            return _without_password(packet, nas)
        if _is_right(password, nas, mac):
            return None
        return _WRONG if packet.seal_at or _is_text(password) else GARBLED
    chap = attributes.get(CHAP_PASSWORD)
    if chap is not None:
        # RFC 2865 5.3: the challenge is CHAP-Challenge, or else the Request Authenticator.
        challenge = attributes.get(CHAP_CHALLENGE, packet.authenticator)
        name = attributes.get(USER_NAME, b"")
        return None if answers_challenge(nas, mac, name, chap[0], challenge, chap[1:]) else _WRONG
    other = _other_method(packet)
    if other:
        return Verdict(Action.REJECT, Reason.UNSUPPORTED, SERVED, other)
    if nas.password == "any":  # noqa: S105 - a mode
        return None
    # RFC 2865 5.6, RFC 3580 3.5: Call-Check asks whether this line may be served at all.
    if attributes.get(SERVICE_TYPE) == _CALL_CHECK or nas.dialect in _SENDS_NO_PASSWORD:
        return _without_password(packet, nas)
    return _NO_PASSWORD


def answers_challenge(nas: Nas, mac: bytes, name: bytes, identifier: int, challenge: bytes, given: bytes) -> bool:
    """True if given is the CHAP or EAP-MD5 response of somebody who knows the password (RFC 1994 4.1)."""
    if nas.password == "any":  # noqa: S105 - a mode
        return True
    if nas.password == "shared":  # noqa: S105 - a mode
        key = nas.shared_password.key if nas.shared_password else None
        return key is not None and hmac.compare_digest(chap_response(identifier, key, challenge), given)
    # Which spelling it is shows in the time this takes; the spelling is no secret.
    return any(hmac.compare_digest(chap_response(identifier, text, challenge), given) for text in _spellings(mac, name))


def _is_right(password: bytes, nas: Nas, mac: bytes) -> bool:
    if nas.password == "shared":  # noqa: S105 - a mode
        return nas.shared_password is not None and hmac.compare_digest(password, nas.shared_password.key)
    return hmac.compare_digest(names_mac(password), mac)


def _is_text(password: bytes) -> bool:
    try:
        return password.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _without_password(packet: RadiusPacket, nas: Nas) -> Verdict | None:
    if nas.password == "shared":  # noqa: S105 - a mode
        return _NO_PASSWORD
    # CVE-2024-3596: there is nothing in such a request but the seal that shows who made it.
    return None if packet.seal_at or nas.password == "any" else _NO_SEAL  # noqa: S105 - a mode


def _other_method(packet: RadiusPacket) -> str:
    for (vendor, kind), name in _OTHERS.items():
        if vendor_values(packet, vendor, kind) if vendor else kind in packet.attributes:
            return name
    return ""


def _spellings(mac: bytes, name: bytes) -> Iterator[bytes]:
    """The MAC as a NAS may spell it for a password: as User-Name has it, with its domain and without, then the rest."""
    if names_mac(name) == mac:
        yield name
        yield name.partition(b"@")[0]
    lower = mac.hex()
    for digits in (lower, lower.upper()):
        yield digits.encode()
        for size, separators in ((2, ":-. "), (4, ".-:"), (6, "-:.")):
            parts = [digits[at : at + size] for at in range(0, 12, size)]
            yield from (sign.join(parts).encode() for sign in separators)
