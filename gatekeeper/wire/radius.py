"""RADIUS packets (RFC 2865 3, RFC 2866, RFC 5176, RFC 5997): a receiver's checks, a sender's building blocks."""

from struct import Struct
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire import Malformed

ACCESS_REQUEST: Final = 1
ACCESS_ACCEPT: Final = 2
ACCESS_REJECT: Final = 3
ACCOUNTING_REQUEST: Final = 4
ACCOUNTING_RESPONSE: Final = 5
ACCESS_CHALLENGE: Final = 11
STATUS_SERVER: Final = 12
USER_NAME: Final = 1
USER_PASSWORD: Final = 2
CHAP_PASSWORD: Final = 3
NAS_IP_ADDRESS: Final = 4
NAS_PORT: Final = 5
REPLY_MESSAGE: Final = 18
VENDOR_SPECIFIC: Final = 26
CALLING_STATION_ID: Final = 31
NAS_IDENTIFIER: Final = 32
PROXY_STATE: Final = 33
EAP_MESSAGE: Final = 79
MESSAGE_AUTHENTICATOR: Final = 80
NAS_PORT_ID: Final = 87
NAS_IPV6_ADDRESS: Final = 95
SERVICE_TYPE: Final = 6
STATE: Final = 24
CHAP_CHALLENGE: Final = 60
NAS_PORT_TYPE: Final = 61
ACCT_STATUS_TYPE: Final = 40
ACCT_SESSION_ID: Final = 44

NAMES: Final = {
    1: "Access-Request",
    2: "Access-Accept",
    3: "Access-Reject",
    4: "Accounting-Request",
    5: "Accounting-Response",
    11: "Access-Challenge",
    12: "Status-Server",
    13: "Status-Client",
    40: "Disconnect-Request",
    41: "Disconnect-ACK",
    42: "Disconnect-NAK",
    43: "CoA-Request",
    44: "CoA-ACK",
    45: "CoA-NAK",
}
# Where its fields begin (RFC 2865 3); each ends where the next one begins.
CODE: Final = 0
IDENTIFIER: Final = 1
LENGTH: Final = 2
AUTHENTICATOR: Final = 4
ATTRIBUTES: Final = 20
HEADER: Final = Struct("!BBH16s")
_MAX_SIZE: Final = 4096
_MAX_ATTRIBUTES: Final = 200  # as FreeRADIUS's max_attributes
# RFC 2865 5.44, RFC 2866 5.13, RFC 2869 5.19: 0-1 of each in a request. Who it is and what proves it stand there once;
# of what says where it is, and which session, a proxy may have put in the same value again.
_NEVER_AGAIN: Final = frozenset({USER_NAME, USER_PASSWORD, CHAP_PASSWORD, STATE, CHAP_CHALLENGE})
_SAID_ONCE: Final = {
    USER_NAME: "User-Name",
    USER_PASSWORD: "User-Password",
    CHAP_PASSWORD: "CHAP-Password",
    NAS_IP_ADDRESS: "NAS-IP-Address",
    NAS_PORT: "NAS-Port",
    STATE: "State",
    CALLING_STATION_ID: "Calling-Station-Id",
    NAS_IDENTIFIER: "NAS-Identifier",
    ACCT_STATUS_TYPE: "Acct-Status-Type",
    ACCT_SESSION_ID: "Acct-Session-Id",
    CHAP_CHALLENGE: "CHAP-Challenge",
    NAS_PORT_ID: "NAS-Port-Id",
}
# Answers are read leniently: AAA servers do put an outer and an inner User-Name into one Accept.
_REQUESTS: Final = frozenset({ACCESS_REQUEST, ACCOUNTING_REQUEST})
_HOLDS_TOO_MANY: Final = ATTRIBUTES + 2 * _MAX_ATTRIBUTES  # octets that more attributes than that have at least


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class RadiusPacket(Value):
    """One packet. ``attributes``: the first of each type, of EAP-Message all in one; ``vendor``: every attribute 26;
    ``proxy``: all Proxy-State as they stood, to be echoed; ``seal_at``: where the value of Message-Authenticator
    begins, 0 = none."""

    __slots__ = ("code", "identifier", "authenticator", "attributes", "vendor", "proxy", "seal_at", "data")

    def __init__(
        self,
        code: int,
        identifier: int,
        authenticator: bytes,
        attributes: dict[int, bytes],
        vendor: tuple[bytes, ...],
        proxy: bytes,
        seal_at: int,
        data: bytes,
    ) -> None:
        self.code: Final = code
        self.identifier: Final = identifier
        self.authenticator: Final = authenticator
        self.attributes: Final = attributes
        self.vendor: Final = vendor
        self.proxy: Final = proxy
        self.seal_at: Final = seal_at
        self.data: Final = data


def decode(data: bytes) -> RadiusPacket:
    """One datagram -> packet. Octets after the length field's end are padding (RFC 2865 3). Raises Malformed."""
    if len(data) < ATTRIBUTES:
        raise Malformed("shorter than a RADIUS header", len(data))
    code, identifier, size, authenticator = HEADER.unpack_from(data)
    if not ATTRIBUTES <= size <= _MAX_SIZE:
        raise Malformed("length field outside 20..4096", LENGTH)
    if size > len(data):
        raise Malformed("shorter than its length field", len(data))
    if code not in NAMES:
        raise Malformed(f"code {code} is not known", CODE)
    if size > _HOLDS_TOO_MANY:
        _check_count(data, size)
    attributes: dict[int, bytes] = {}
    vendor: tuple[bytes, ...] = ()
    proxy = b""
    seal_at = 0
    at = ATTRIBUTES
    while at < size:
        start = at + 2
        stop = at + data[at + 1] if start <= size else 0
        if stop < start or stop > size:
            raise Malformed("attribute length", at)
        kind = data[at]
        if kind not in attributes:
            attributes[kind] = data[start:stop]
        elif kind == EAP_MESSAGE:
            # RFC 3579 3.1: an EAP packet over 253 octets comes in several, in sequence.
            attributes[kind] += data[start:stop]
        elif kind in _SAID_ONCE and code in _REQUESTS:
            _check_again(kind, attributes[kind], data[start:stop], at)
        if kind == VENDOR_SPECIFIC:
            vendor += (data[start:stop],)
        elif kind == PROXY_STATE:
            proxy += data[at:stop]
        elif kind == MESSAGE_AUTHENTICATOR:
            if seal_at or stop - start != 16:
                raise Malformed("Message-Authenticator twice or not 16 octets", at)
            seal_at = start
        elif kind == 0:
            raise Malformed("attribute type 0", at)
        at = stop
    _check_sense(code, attributes)
    return RadiusPacket(code, identifier, authenticator, attributes, vendor, proxy, seal_at, data[:size])


def sound_part(data: bytes) -> RadiusPacket | None:
    """What stands in front of the fault of a packet that ``decode`` refuses; None where its header is not sound either.

    It is for saying of whom it spoke: it is not verified, and it has neither Proxy-State nor a seal.
    """
    if len(data) < ATTRIBUTES:
        return None
    code, identifier, size, authenticator = HEADER.unpack_from(data)
    if code not in NAMES or not ATTRIBUTES <= size <= _MAX_SIZE:
        return None
    attributes: dict[int, bytes] = {}
    vendor: tuple[bytes, ...] = ()
    at, end = ATTRIBUTES, min(size, len(data))
    for _ in range(_MAX_ATTRIBUTES):
        stop = at + data[at + 1] if at + 1 < end else end + 1
        if stop > end or stop < at + 2:
            break
        attributes.setdefault(data[at], data[at + 2 : stop])
        if data[at] == VENDOR_SPECIFIC:
            vendor += (data[at + 2 : stop],)
        at = stop
    return RadiusPacket(code, identifier, authenticator, attributes, vendor, b"", 0, data[:end])


def identifier_of(data: bytes) -> int:
    """identifier of one datagram, which may be anything; -1 = it ends before."""
    return data[IDENTIFIER] if len(data) > IDENTIFIER else -1


def _check_again(kind: int, first: bytes, again: bytes, at: int) -> None:
    """An attribute of _SAID_ONCE comes a second time: which one is meant?"""
    if kind in _NEVER_AGAIN or first != again:
        raise Malformed(f"{_SAID_ONCE[kind]} twice", at)


def _check_count(data: bytes, size: int) -> None:
    """Before the walk, which may cost more for each attribute than the one before."""
    at, count = ATTRIBUTES, 0
    while at + 1 < size and data[at + 1] >= 2:
        at += data[at + 1]
        count += 1
    if count > _MAX_ATTRIBUTES:
        raise Malformed(f"more than {_MAX_ATTRIBUTES} attributes", ATTRIBUTES)


def _check_sense(code: int, attributes: dict[int, bytes]) -> None:
    """What may stand together.

    RFC 2865 4.1 also wants NAS-IP-Address or NAS-Identifier in an Access-Request. One without is not thrown away: the
    client is told by its source address (RFC 2865 3), and nothing is decided by what a packet says of its sender.
    """
    eap, password = EAP_MESSAGE in attributes, attributes.get(USER_PASSWORD)
    # RFC 3579 3.1, 3.2; RFC 5997 3: these are discarded without Message-Authenticator.
    if (eap or code == STATUS_SERVER) and MESSAGE_AUTHENTICATOR not in attributes:
        raise Malformed("EAP-Message or Status-Server without Message-Authenticator", ATTRIBUTES)
    # RFC 2865 4.1: one password, of 16 to 128 octets in whole blocks.
    if password is not None and (not 16 <= len(password) <= 128 or len(password) % 16):
        raise Malformed("User-Password is not 1 to 8 blocks of 16 octets", ATTRIBUTES)
    chap = attributes.get(CHAP_PASSWORD)
    if eap and (password is not None or chap is not None):
        raise Malformed("EAP-Message together with a password", ATTRIBUTES)
    if chap is None:
        return
    if password is not None:
        raise Malformed("User-Password together with CHAP-Password", ATTRIBUTES)
    # RFC 2865 5.3, 5.40: an identifier and 16 octets; a challenge of 5 octets or more, if there is one.
    if len(chap) != 17 or len(attributes.get(CHAP_CHALLENGE, bytes(5))) < 5:
        raise Malformed("CHAP-Password is not 17 octets, or CHAP-Challenge is under 5", ATTRIBUTES)


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute as octets. Raises ValueError over 253 octets (RFC 2865 5)."""
    if len(value) > 253:
        raise ValueError(f"attribute {kind} has {len(value)} octets, 253 at most")
    return bytes((kind, len(value) + 2)) + value


def vendor_attribute(vendor: int, kind: int, value: bytes) -> bytes:
    """A Vendor-Specific attribute in the usual form (RFC 2865 5.26): one octet of type, one of length."""
    return attribute(VENDOR_SPECIFIC, vendor.to_bytes(4, "big") + attribute(kind, value))


def vendor_values(packet: RadiusPacket, vendor: int, kind: int) -> list[bytes]:
    """Values of one vendor's attribute, in sequence; entries that do not have the usual form are passed over."""
    found = []
    prefix = vendor.to_bytes(4, "big")
    for value in packet.vendor:
        at = 4
        while value.startswith(prefix) and at + 2 <= len(value) and 2 <= value[at + 1] <= len(value) - at:
            if value[at] == kind:
                found.append(value[at + 2 : at + value[at + 1]])
            at += value[at + 1]
    return found


def vendor_table(packet: RadiusPacket) -> dict[tuple[int, int], list[bytes]]:
    """All vendors' attributes of the usual form by (vendor, type), in sequence."""
    found: dict[tuple[int, int], list[bytes]] = {}
    for value in packet.vendor:
        vendor = int.from_bytes(value[:4], "big")
        at = 4
        while at + 2 <= len(value) and 2 <= value[at + 1] <= len(value) - at:
            found.setdefault((vendor, value[at]), []).append(value[at + 2 : at + value[at + 1]])
            at += value[at + 1]
    return found
