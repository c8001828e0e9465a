"""RFC 4388: an answer about a client of many addresses fills an Ethernet frame, and no more."""

import pytest

from gatekeeper.book import Subnet
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


@pytest.mark.parametrize(("lease_s", "t1", "t2"), [(3600, 900, 3000), (1200, 600, 1050)])
def test_a_lease_of_another_length_has_its_own_times(lease_s: int, t1: int, t2: int) -> None:
    """Those of the subnet are parts of the subnet's lease time; by class, plan or AAA it is RFC 2131 4.4.5's halves."""
    times = (58, (900).to_bytes(4, "big")), (59, (3000).to_bytes(4, "big"))
    subnet = Subnet(0, "10.20.0.0/16", 0x0A140000, 0xFFFF0000, (), 3600, times)
    lease = Lease(FIRST, BOX, "A", "", "active", NOW + lease_s, NOW, NOW, b"", b"")
    query = message(LEASEQUERY, BOX, 7, giaddr=0x0A140001)
    told = decode(render_answer(query, LEASEACTIVE, lease, (), subnet, SERVER, NOW)).options
    assert (told[58], told[59]) == (t1.to_bytes(4, "big"), t2.to_bytes(4, "big"))


def test_what_a_query_said_twice_is_not_said_for_the_lease() -> None:
    """Its instances are the query's own; the lease has its own Option 82."""
    query = message(LEASEQUERY, BOX, 7, giaddr=0x0A140001)._replace(instances={82: (b"\x01\x01a", b"\x01\x01b")})
    lease = Lease(FIRST, BOX, "A", "", "active", NOW + 1800, NOW, NOW, _AGENT, b"")
    assert decode(render_answer(query, LEASEACTIVE, lease, (), None, SERVER, NOW)).options[82] == _AGENT
