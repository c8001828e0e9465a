"""A run of answers in a capture is told apart again; one answer stays one, whatever its octets are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire.dhcp import ACK, encode, message
from gatekeeper.wire.radius import ACCESS_ACCEPT
from gatekeeper.wire.radius_seal import plain_reply
from gatekeeper.wire.runs import dhcp_answers, radius_answers
from tests.engine.bench import BOX, SECRET

ACCEPTS = [plain_reply(ACCESS_ACCEPT, number, bytes(16), b"\x12\x08answer", SECRET) for number in range(5)]
ACKS = [encode(message(ACK, BOX, number, {54: b"\x0a\x14\x00\x02"}, op=2)) for number in range(5)]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_answers_of_one_length_are_told_apart(count: int) -> None:
    """RADIUS by Length (RFC 2865 3), DHCP by the cookie (RFC 2131 3)."""
    assert radius_answers(b"".join(ACCEPTS[:count])) == ACCEPTS[:count]
    assert dhcp_answers(b"".join(ACKS[:count])) == ACKS[:count]


@pytest.mark.parametrize("tail", [b"\0", bytes(28), b"\x63\x82\x53\x63", ACCEPTS[0][:-1], ACKS[0][:-1]])
def test_padding_behind_an_answer_makes_no_second_one(tail: bytes) -> None:
    """RFC 2865 3: octets outside Length are padding."""
    assert radius_answers(ACCEPTS[0] + tail) == [ACCEPTS[0] + tail]
    assert dhcp_answers(ACKS[0] + tail) == [ACKS[0] + tail]


@given(st.binary(max_size=600) | st.binary(max_size=60).map(lambda tail: ACKS[0] + tail))
def test_any_octets_are_kept(data: bytes) -> None:
    """Nothing is lost or doubled."""
    assert b"".join(radius_answers(data)) == data
    assert b"".join(dhcp_answers(data)) == data
