"""The client's side of RADIUS: an Access-Request about a box that asks for an address, and what its answer grants.

RFC 2865 4 and 5; the access line as Option 82 names it goes into NAS-Port-Id (RFC 2869 5.17) and into the DSL Forum's
attributes (RFC 4679 3.3.1, 3.3.2).
"""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Reason
from gatekeeper.value import Value
from gatekeeper.wire.radius import (
    ACCESS_ACCEPT,
    ACCESS_REQUEST,
    CALLING_STATION_ID,
    NAS_IDENTIFIER,
    NAS_PORT_ID,
    REPLY_MESSAGE,
    USER_NAME,
    USER_PASSWORD,
    RadiusPacket,
    attribute,
    vendor_attribute,
)
from gatekeeper.wire.radius_seal import Secret, hide_password, sealed_request
from gatekeeper.wire.text import printable

_SERVICE_TYPE: Final = 6
_FRAMED_IP_ADDRESS: Final = 8
_SESSION_TIMEOUT: Final = 27
_NAS_PORT_TYPE: Final = 61
_FRAMED: Final = 2
_CALL_CHECK: Final = 10
_ETHERNET: Final = 15
_DSL_FORUM: Final = 3561
_CIRCUIT_ID: Final = 1
_REMOTE_ID: Final = 2
_LONGEST: Final = 253
_LONGEST_VENDOR: Final = 247
# RFC 2865 5.8: "the user selects an address" and "the NAS selects one".
_NO_ADDRESS: Final = frozenset({0, 0xFFFFFFFF, 0xFFFFFFFE})


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AaaQuestion(Value):
    """Whom AAA is asked about. circuit_id, remote_id: parts of Option 82, b"" = none."""

    __slots__ = ("mac", "user_name", "circuit_id", "remote_id")

    def __init__(self, mac: bytes, user_name: str, circuit_id: bytes, remote_id: bytes) -> None:
        self.mac: Final = mac
        self.user_name: Final = user_name
        self.circuit_id: Final = circuit_id
        self.remote_id: Final = remote_id


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Grant(Value):
    """What AAA says of a box. refusal: None = it may have an address.

    account: "" = the one asked about; address: 0 = any; session_s: 0 = no limit; said: Reply-Message, for people.
    """

    __slots__ = ("refusal", "account", "address", "session_s", "said")

    def __init__(
        self, refusal: Reason | None, account: str = "", address: int = 0, session_s: int = 0, said: str = ""
    ) -> None:
        self.refusal: Final = refusal
        self.account: Final = account
        self.address: Final = address
        self.session_s: Final = session_s
        self.said: Final = said


UNREACHABLE: Final = Grant(Reason.AAA_UNREACHABLE)


def access_request(
    asked: AaaQuestion, password: bytes, nas_identifier: str, identifier: int, authenticator: bytes, secret: Secret
) -> bytes:
    """One Access-Request, Message-Authenticator first. password: 128 octets at most; authenticator: 16 random ones."""
    circuit, remote = asked.circuit_id, asked.remote_id
    parts = [
        attribute(USER_NAME, asked.user_name.encode()),
        attribute(USER_PASSWORD, hide_password(password, authenticator, secret)),
        # RFC 2865 4.1: a NAS names itself by NAS-IP-Address or NAS-Identifier.
        attribute(NAS_IDENTIFIER, nas_identifier.encode()),
        # RFC 2865 5.6: Framed, because an address is asked for. Call Check only asks whether to pick up.
        attribute(_SERVICE_TYPE, _FRAMED.to_bytes(4, "big")),
        attribute(_NAS_PORT_TYPE, _ETHERNET.to_bytes(4, "big")),
        # RFC 3580 3.21: upper case, with hyphens.
        attribute(CALLING_STATION_ID, asked.mac.hex("-").upper().encode()),
    ]
    # A line too long for its attribute is left out: cut, it might be another one's.
    port = printable(circuit).encode() if circuit else b""
    if 0 < len(port) <= _LONGEST:
        parts.append(attribute(NAS_PORT_ID, port))
    parts += [
        vendor_attribute(_DSL_FORUM, kind, value)
        for kind, value in ((_CIRCUIT_ID, circuit), (_REMOTE_ID, remote))
        if 0 < len(value) <= _LONGEST_VENDOR
    ]
    return sealed_request(ACCESS_REQUEST, identifier, authenticator, b"".join(parts), secret)


def read_grant(packet: RadiusPacket) -> Grant:
    """What an answer that was verified grants. RFC 2865 4.4: who serves no Access-Challenge takes it as a reject."""
    attributes = packet.attributes
    said = printable(attributes[REPLY_MESSAGE]) if attributes.get(REPLY_MESSAGE) else ""
    if packet.code != ACCESS_ACCEPT:
        return Grant(Reason.AAA_REJECTED, said=said)
    service = _number(attributes, _SERVICE_TYPE)
    # RFC 2865 5.6: a Service-Type that is not served is as good as an Access-Reject.
    if _SERVICE_TYPE in attributes and service not in (_FRAMED, _CALL_CHECK):
        return Grant(Reason.AAA_REJECTED, said=f"Access-Accept for Service-Type {service}, which is not served")
    address = _number(attributes, _FRAMED_IP_ADDRESS)
    return Grant(
        None,
        account=_text(attributes.get(USER_NAME, b"")),
        address=0 if address in _NO_ADDRESS else address,
        session_s=_number(attributes, _SESSION_TIMEOUT),
        said=said,
    )


def _number(attributes: dict[int, bytes], kind: int) -> int:
    """The value of an integer or address; 0 where it is absent or not 4 octets."""
    value = attributes.get(kind, b"")
    return int.from_bytes(value, "big") if len(value) == 4 else 0


def _text(value: bytes) -> str:
    """RFC 2865 5: text is UTF-8; anything else, or with control characters in it, is shown in hexadecimal."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "0x" + value.hex()
    return text if text.isprintable() else "0x" + value.hex()
