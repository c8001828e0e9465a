"""Which of many waiting messages goes first (RFC 2131 4.3.2, 4.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire.dhcp_urgency import BEGINS, ENDS, HOLDS, kind_of, urgency
from tests.engine.bench import BOX, GIADDR, decline, discover, inform, init_reboot, release, renewing, selecting

ADDRESS = 0x0A140105
LEASE_QUERY = b"\x35\x01\x0a"


@pytest.mark.parametrize(
    ("level", "message"),
    [
        (HOLDS, renewing(BOX, ADDRESS)),
        (HOLDS, renewing(BOX, ADDRESS, giaddr=GIADDR)),
        (HOLDS, release(BOX, ADDRESS)),
        (HOLDS, decline(BOX, ADDRESS)),
        (ENDS, selecting(BOX, ADDRESS)),
        (ENDS, init_reboot(BOX, ADDRESS)),
        (ENDS, discover()[:240] + LEASE_QUERY),
        (BEGINS, discover()),
        (BEGINS, inform(BOX, ADDRESS)),
        (BEGINS, b""),
        (BEGINS, discover()[:241]),
    ],
)
def test_who_holds_a_lease_goes_before_who_ends_an_exchange_before_who_begins_one(level: int, message: bytes) -> None:
    """RELEASE and DECLINE are said once, and not again."""
    assert urgency(message) == level


def test_a_type_behind_other_options_is_found() -> None:
    """RFC 2132 gives options no sequence."""
    message = selecting(BOX, ADDRESS)
    assert message[240:242] == b"\x35\x01"
    late = message[:240] + b"\x0c\x03stb\x00" + message[240:]
    assert (kind_of(late), urgency(late)) == (3, ENDS)


@given(st.binary(max_size=400) | st.binary(max_size=40).map(lambda tail: discover()[:240] + tail))
def test_any_octets_have_a_place(data: bytes) -> None:
    """It is a look, and no decoding: whatever comes waits somewhere."""
    assert urgency(data) in (HOLDS, ENDS, BEGINS)
