"""RFC 4388: an answer about a client of many addresses fills an Ethernet frame, and no more."""

from gatekeeper.model import Lease
from gatekeeper.reply.leasequery import render_answer
from gatekeeper.wire.dhcp import LEASEACTIVE, LEASEQUERY, decode, message
from tests.engine.bench import BOX, FIRST, NOW, SERVER

_FRAME = 1500 - 28  # less the IP and UDP headers
_AGENT = b"\x01\x08ge 1/0/7"


def _answer(client_id: bytes, others: int) -> bytes:
    lease = Lease(FIRST, BOX, "A", "", "active", NOW + 1800, NOW - 1800, NOW - 1800, _AGENT, client_id)
    query = message(LEASEQUERY, BOX, 7, giaddr=0x0A140001)
    return render_answer(query, LEASEACTIVE, lease, tuple(range(FIRST, FIRST + others)), None, SERVER, NOW)


def test_as_many_associated_addresses_are_told_as_a_frame_has_room_for() -> None:
    """Whatever else there is to tell: to the octet, an address having four; Option 82 stays."""
    answers = [_answer(bytes(size), 400) for size in range(1, 5)]
    assert sorted(map(len, answers)) == [_FRAME - 3, _FRAME - 2, _FRAME - 1, _FRAME]
    assert all(decode(answer).options[82] == _AGENT for answer in answers)


def test_what_has_room_as_it_is_is_told_whole() -> None:
    assert len(decode(_answer(b"\1", 50)).options[92]) == 200
