"""What an Accounting-Request says (RFC 2866, RFC 2869): which session of which NAS, its state, its counters."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.radius import (
    CALLING_STATION_ID,
    NAS_IDENTIFIER,
    NAS_IP_ADDRESS,
    NAS_PORT,
    NAS_PORT_ID,
    USER_NAME,
    RadiusPacket,
    attribute,
)
from gatekeeper.wire.text import ip_text, printable

FRAMED_IP_ADDRESS: Final = 8
CLASS: Final = 25
EVENT_TIMESTAMP: Final = 55
ACCT_STATUS_TYPE: Final = 40
ACCT_DELAY_TIME: Final = 41
ACCT_INPUT_OCTETS: Final = 42
ACCT_OUTPUT_OCTETS: Final = 43
ACCT_SESSION_ID: Final = 44
ACCT_SESSION_TIME: Final = 46
ACCT_TERMINATE_CAUSE: Final = 49
ACCT_INPUT_GIGAWORDS: Final = 52
ACCT_OUTPUT_GIGAWORDS: Final = 53

START: Final = 1
STOP: Final = 2
INTERIM: Final = 3
ON: Final = 7
OFF: Final = 8
STATUS_NAMES: Final = {
    START: "Start",
    STOP: "Stop",
    INTERIM: "Interim-Update",
    ON: "Accounting-On",
    OFF: "Accounting-Off",
}
# RFC 2866 5.10
CAUSES: Final = {
    1: "User-Request",
    2: "Lost-Carrier",
    3: "Lost-Service",
    4: "Idle-Timeout",
    5: "Session-Timeout",
    6: "Admin-Reset",
    7: "Admin-Reboot",
    8: "Port-Error",
    9: "NAS-Error",
    10: "NAS-Request",
    11: "NAS-Reboot",
    12: "Port-Unneeded",
    13: "Port-Preempted",
    14: "Port-Suspended",
    15: "Service-Unavailable",
    16: "Callback",
    17: "User-Error",
    18: "Host-Request",
}
# What a NAS finds a session by (RFC 5176 3), in the sequence in which it is asked with them.
SESSION_KEYS: Final = (
    *(USER_NAME, NAS_IP_ADDRESS, NAS_PORT, FRAMED_IP_ADDRESS, CALLING_STATION_ID, NAS_IDENTIFIER),
    *(ACCT_SESSION_ID, NAS_PORT_ID),
)
# What stands in front of a value, by its type and length (RFC 2865 5).
_HEADS: Final = {kind: [attribute(kind, bytes(length))[:2] for length in range(254)] for kind in SESSION_KEYS}
MAX_OCTETS: Final = (1 << 63) - 1  # in 64 bits with a sign
# A clock that is further off than this is not believed; the packet's arrival is.
_CLOCK_S: Final = 7 * 86_400


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Report(Value):
    """One Accounting-Request, read. ``at``: when it happened, Unix s; ``lasted_s``: the session's age then."""

    __slots__ = ("status", "session", "device", "address", "at", "lasted_s", "octets_in", "octets_out", "cause", "keys")

    def __init__(
        self,
        status: int,
        session: str,
        device: str,
        address: int,
        at: int,
        lasted_s: int,
        octets_in: int,
        octets_out: int,
        cause: str,
        keys: bytes,
    ) -> None:
        self.status: Final = status
        self.session: Final = session
        self.device: Final = device
        self.address: Final = address
        self.at: Final = at
        self.lasted_s: Final = lasted_s
        self.octets_in: Final = octets_in
        self.octets_out: Final = octets_out
        self.cause: Final = cause
        self.keys: Final = keys


def read_report(packet: RadiusPacket, source: int, now: float) -> Report:
    """source: where it came from, names a NAS that does not name itself. Raises Malformed."""
    attributes = packet.attributes
    status = _number(attributes, ACCT_STATUS_TYPE)
    if not status:
        raise Malformed("no Acct-Status-Type", 20)
    session = attributes.get(ACCT_SESSION_ID, b"")
    # RFC 2866 5.5: MUST be there, also in Accounting-On and -Off; those name no session, and not every NAS sends it.
    if not session and status not in (ON, OFF):
        raise Malformed("no Acct-Session-Id", 20)
    cause = _number(attributes, ACCT_TERMINATE_CAUSE)
    return Report(
        status=status,
        session=printable(session) if session else "",
        device=_device(attributes, source),
        address=_number(attributes, FRAMED_IP_ADDRESS),
        at=_when(attributes, now),
        lasted_s=_number(attributes, ACCT_SESSION_TIME),
        octets_in=_octets(attributes, ACCT_INPUT_OCTETS, ACCT_INPUT_GIGAWORDS),
        octets_out=_octets(attributes, ACCT_OUTPUT_OCTETS, ACCT_OUTPUT_GIGAWORDS),
        cause=CAUSES.get(cause, str(cause)) if cause else "",
        keys=_keys(attributes),
    )


def _keys(attributes: dict[int, bytes]) -> bytes:
    """Those of SESSION_KEYS that are there, as they came."""
    found: list[bytes] = []
    for kind in SESSION_KEYS:
        value = attributes.get(kind)
        if value is not None:
            found += (_HEADS[kind][len(value)], value)
    return b"".join(found)


def _number(attributes: dict[int, bytes], kind: int) -> int:
    """0 where it is absent. Raises Malformed where it has not 4 octets."""
    value = attributes.get(kind)
    if value is None:
        return 0
    if len(value) != 4:
        raise Malformed(f"attribute {kind} has {len(value)} octets, 4 are wanted", 20)
    return int.from_bytes(value, "big")


def _octets(attributes: dict[int, bytes], low: int, gigawords: int) -> int:
    # RFC 2869 5.1, 5.2: how often the counter of 32 bits went round. No session has as much as stores hold: a NAS that
    # says more counts wrong, and what it says of the session besides is to be kept all the same.
    return min(_number(attributes, gigawords) << 32 | _number(attributes, low), MAX_OCTETS)


def _when(attributes: dict[int, bytes], now: float) -> int:
    """RFC 2869 5.3 Event-Timestamp, else RFC 2866 5.2: as long ago as Acct-Delay-Time says."""
    stamp = _number(attributes, EVENT_TIMESTAMP)
    if stamp and abs(stamp - now) < _CLOCK_S:
        return stamp
    return int(now) - min(_number(attributes, ACCT_DELAY_TIME), _CLOCK_S)


def _device(attributes: dict[int, bytes], source: int) -> str:
    """RFC 2866 4.1: NAS-IP-Address or NAS-Identifier; behind a proxy only that tells the NASes apart."""
    address = attributes.get(NAS_IP_ADDRESS, b"")
    if len(address) == 4 and any(address):
        return ip_text(int.from_bytes(address, "big"))
    name = attributes.get(NAS_IDENTIFIER, b"")
    return printable(name) if name else ip_text(source)
