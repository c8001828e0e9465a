"""CoA and Disconnect (RFC 5176): what is asked of a NAS, and what it answers."""

from typing import Final

from gatekeeper.wire import Malformed
from gatekeeper.wire.radius import RadiusPacket, attribute
from gatekeeper.wire.radius_accounting import EVENT_TIMESTAMP

DISCONNECT_REQUEST: Final = 40
DISCONNECT_ACK: Final = 41
DISCONNECT_NAK: Final = 42
COA_REQUEST: Final = 43
COA_ACK: Final = 44
COA_NAK: Final = 45
ERROR_CAUSE: Final = 101
SESSION_NOT_FOUND: Final = 503

# RFC 5176 3.5
ERROR_CAUSES: Final = {
    201: "residual session context removed",
    202: "invalid EAP packet",
    401: "unsupported attribute",
    402: "missing attribute",
    403: "NAS identification mismatch",
    404: "invalid request",
    405: "unsupported service",
    406: "unsupported extension",
    407: "invalid attribute value",
    501: "administratively prohibited",
    502: "request not routable (proxy)",
    503: "session context not found",
    504: "session context not removable",
    505: "other proxy processing error",
    506: "resources unavailable",
    507: "request initiated",
    508: "multiple session selection unsupported",
}


def request_body(keys: bytes, wanted: frozenset[int], changes: bytes, at: int) -> bytes:
    """Attributes of a request: of the session's keys those that this NAS takes, then what is to change, then when.

    keys: attributes as they came with the accounting; wanted: their types. The time is that of the first try and goes
    unchanged with every further one (RFC 5176 3.3).
    """
    return b"".join((*_chosen(keys, wanted), changes, attribute(EVENT_TIMESTAMP, at.to_bytes(4, "big"))))


def _chosen(keys: bytes, wanted: frozenset[int]) -> list[bytes]:
    found, at = [], 0
    while at + 2 <= len(keys) and keys[at + 1] >= 2:
        stop = at + keys[at + 1]
        if keys[at] in wanted:
            found.append(keys[at:stop])
        at = stop
    return found


def error_cause(packet: RadiusPacket) -> int:
    """Error-Cause of a NAK, 0 = none told. Raises Malformed."""
    value = packet.attributes.get(ERROR_CAUSE)
    if value is None:
        return 0
    if len(value) != 4:
        raise Malformed("Error-Cause has not 4 octets", 20)
    return int.from_bytes(value, "big")


def cause_text(cause: int) -> str:
    """``503 session context not found``; what is not in the table stands as its number."""
    return f"{cause} {ERROR_CAUSES[cause]}" if cause in ERROR_CAUSES else str(cause) if cause else "no cause told"
