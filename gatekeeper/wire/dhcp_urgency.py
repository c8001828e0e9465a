"""Which of many waiting DHCP messages goes first, by a look at some octets: what stands in it is not believed yet."""

from typing import Final

from gatekeeper.wire.dhcp import DECLINE, LEASEQUERY, RELEASE, REQUEST
from gatekeeper.wire.dhcp_header import CIADDR, OPTIONS, YIADDR, sound_header

HOLDS: Final = 0  # a lease: it renews it, or says once, and not again, that it is over
ENDS: Final = 1  # an exchange: one answer, and the box has an address
BEGINS: Final = 2
LEVELS: Final = 3

_BY_KIND: Final = {REQUEST: ENDS, RELEASE: HOLDS, DECLINE: HOLDS, LEASEQUERY: ENDS}
_TYPE_FIRST: Final = b"\x35\x01"  # option 53, as nearly all clients begin their options
_NONE: Final = bytes(4)


def kind_of(data: bytes) -> int:
    """Message type of one UDP payload, which may be anything; 0 = none is readable."""
    if data[OPTIONS : OPTIONS + 2] == _TYPE_FIRST and len(data) > OPTIONS + 2:
        return data[OPTIONS + 2]
    return sound_header(data).kind


def urgency(data: bytes) -> int:
    """HOLDS, ENDS or BEGINS. A REQUEST with ciaddr renews (RFC 2131 4.3.2, table 4)."""
    level = _BY_KIND.get(kind_of(data), BEGINS)
    return HOLDS if level == ENDS and data[CIADDR:YIADDR] != _NONE else level
