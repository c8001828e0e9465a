"""RFC 2131 4.1: where a reply goes. Addresses and MACs as they stand in the table of wire-facts C.2."""

import pytest

from gatekeeper.model import Destination
from gatekeeper.reply.dhcp import destination
from gatekeeper.wire.dhcp import ACK, INFORM, NAK, OFFER, message
from tests.engine.bench import BOX

GIADDR, CIADDR, YIADDR, ALL = 0x0A140001, 0x0A140105, 0x0A140107, 0xFFFFFFFF
EVERYBODY = b"\xff" * 6
B = 0x8000
RAW, UDP = True, False

TABLE = [
    # giaddr, ciaddr, flags, reply, door -> address, port, MAC of the frame
    (GIADDR, 0, 0, OFFER, UDP, Destination(GIADDR, 67)),
    (GIADDR, 0, B, OFFER, UDP, Destination(GIADDR, 67)),
    (GIADDR, CIADDR, 0, ACK, UDP, Destination(GIADDR, 67)),
    (GIADDR, 0, 0, NAK, UDP, Destination(GIADDR, 67)),
    (GIADDR, CIADDR, B, NAK, UDP, Destination(GIADDR, 67)),
    (0, CIADDR, 0, ACK, UDP, Destination(CIADDR, 68)),
    (0, CIADDR, B, ACK, UDP, Destination(CIADDR, 68)),
    (0, CIADDR, 0, ACK, RAW, Destination(CIADDR, 68, BOX)),
    (0, 0, B, OFFER, RAW, Destination(ALL, 68, EVERYBODY)),
    (0, 0, B, ACK, RAW, Destination(ALL, 68, EVERYBODY)),
    (0, 0, 0, OFFER, RAW, Destination(YIADDR, 68, BOX)),
    (0, 0, 0, ACK, RAW, Destination(YIADDR, 68, BOX)),
    (0, 0, 0, OFFER, UDP, Destination(ALL, 68)),  # MAY broadcast where no frame can be made
    (0, 0, 0, NAK, RAW, Destination(ALL, 68, EVERYBODY)),
    (0, CIADDR, 0, NAK, RAW, Destination(ALL, 68, EVERYBODY)),
    (0, CIADDR, 0, NAK, UDP, Destination(ALL, 68)),
    (0, 0, 0, NAK, UDP, Destination(ALL, 68)),
    # RFC 2131 4.3.5: at ciaddr; without one, where it came from, or through its relay
    (0, CIADDR, B, INFORM, UDP, Destination(CIADDR, 68)),
    (0, CIADDR, B, INFORM, RAW, Destination(CIADDR, 68, BOX)),
    (GIADDR, CIADDR, 0, INFORM, UDP, Destination(CIADDR, 68)),
    (GIADDR, 0, 0, INFORM, UDP, Destination(GIADDR, 67)),
    (0, 0, B, INFORM, RAW, Destination(YIADDR, 68, BOX)),
    (0, 0, 0, INFORM, UDP, Destination(YIADDR, 68)),
]


@pytest.mark.parametrize(("giaddr", "ciaddr", "flags", "kind", "raw", "expected"), TABLE)
def test_rfc2131_4_1_a_reply_goes_there(
    giaddr: int, ciaddr: int, flags: int, kind: int, raw: bool, expected: Destination
) -> None:
    """giaddr first, then ciaddr, then the broadcast flag."""
    request = message(3, BOX, 1, giaddr=giaddr, ciaddr=ciaddr, flags=flags)
    assert destination(request, kind, YIADDR, raw) == expected


@pytest.mark.parametrize(("kind", "ciaddr", "expected"), [(NAK, CIADDR, CIADDR), (NAK, 0, ALL), (ACK, CIADDR, CIADDR)])
def test_rfc2131_4_1_no_broadcast_is_sent_to_a_box_behind_a_router(kind: int, ciaddr: int, expected: int) -> None:
    """It would not get there; ciaddr is the address that the box still has."""
    request = message(3, BOX, 1, ciaddr=ciaddr)
    assert destination(request, kind, YIADDR, UDP, routed=True) == Destination(expected, 68)


def test_an_offer_of_no_address_goes_to_the_box_alone_and_to_no_address_0() -> None:
    """RFC 2563 2.3 has such offers; 0.0.0.0 is no destination (RFC 1122 3.2.1.3), be it on the wire or in a capture."""
    assert destination(message(1, BOX, 1), OFFER, 0, RAW) == Destination(ALL, 68, BOX)
