"""Which client state sent a message: RFC 2131 4.3.2, table 4, from three fields and the way it came."""

import pytest

from gatekeeper.policy.dhcp import address_in, state_of
from gatekeeper.wire.dhcp import message

ADDRESS, RELAY = 0x0A140105, 0x0A140001
_SERVER, _WANTED = {54: b"\x0a\x14\x00\x02"}, {50: b"\x0a\x14\x01\x05"}


@pytest.mark.parametrize(
    ("kind", "options", "ciaddr", "giaddr", "broadcast", "state"),
    [
        ("discover", {}, 0, 0, True, "discover"),
        ("discover", {}, 0, RELAY, False, "discover"),
        ("request", _SERVER | _WANTED, 0, 0, True, "selecting"),
        ("request", _SERVER | _WANTED, 0, RELAY, False, "selecting"),
        ("request", _SERVER, 0, 0, True, ""),
        ("request", _WANTED, 0, 0, True, "init-reboot"),
        ("request", _WANTED, 0, RELAY, False, "init-reboot"),
        ("request", {}, ADDRESS, 0, False, "renewing"),
        ("request", {}, ADDRESS, 0, True, "rebinding"),
        ("request", {}, ADDRESS, RELAY, False, "rebinding"),
        ("request", {}, 0, 0, True, ""),
        ("release", _SERVER, ADDRESS, 0, False, "release"),
        ("release", _SERVER, 0, 0, False, ""),
        ("offer", {}, 0, 0, False, ""),
        ("ack", {}, 0, 0, False, ""),
        ("nak", {}, 0, 0, False, ""),
    ],
)
def test_table_4(kind: str, options: dict[int, bytes], ciaddr: int, giaddr: int, broadcast: bool, state: str) -> None:
    """server-id, requested address, ciaddr; and unicast or broadcast tells RENEWING from REBINDING."""
    number = {"discover": 1, "offer": 2, "request": 3, "ack": 5, "nak": 6, "release": 7}[kind]
    sent = message(number, bytes(6), 1, options, ciaddr=ciaddr, giaddr=giaddr)
    assert state_of(sent, broadcast) == state


@pytest.mark.parametrize(
    ("ciaddr", "giaddr", "broadcast", "relayed_unicast", "state"),
    [
        (ADDRESS, RELAY, False, True, "renewing"),
        (ADDRESS, RELAY, False, False, "rebinding"),
        (ADDRESS, 0, True, True, "rebinding"),
        (ADDRESS, 0, False, True, "renewing"),
        (0, RELAY, False, True, ""),
    ],
)
def test_rfc5010_4_a_relay_may_say_that_the_box_sent_by_unicast(
    ciaddr: int, giaddr: int, broadcast: bool, relayed_unicast: bool, state: str
) -> None:
    """What we heard as a broadcast is one, whatever Option 82 says; and without ciaddr nothing is renewed."""
    sent = message(3, bytes(6), 1, {}, ciaddr=ciaddr, giaddr=giaddr)
    assert state_of(sent, broadcast, relayed_unicast) == state


@pytest.mark.parametrize(
    ("value", "address"), [(b"\x0a\x14\x01\x05", ADDRESS), (b"", 0), (b"\x0a\x14\x01", 0), (bytes(8), 0)]
)
def test_an_address_option_that_is_not_4_octets_is_none(value: bytes, address: int) -> None:
    """RFC 2132 9.1: the length is 4."""
    assert address_in(message(3, bytes(6), 1, {50: value}), 50) == address
