"""Messages of a shape that has brought servers down, or made them read what nobody said: options longer than their
type, options within options, a lease query about nobody, a request that says twice who it is."""

from collections.abc import Callable

import pytest

from gatekeeper.wire.dhcp import DISCOVER, LEASEQUERY, LEASEUNASSIGNED, REQUEST, encode, message
from gatekeeper.wire.text import parse_ip
from tests.clients.boxes import MAC
from tests.clients.nas import access_request, radclient
from tests.clients.relay import RelayAgent
from tests.clients.worlds import RELAY, SERVER, Relayed

pytestmark = pytest.mark.clients

LINE = b"ge 1/0/7"
NAME = "d4c1c8ee9b1f"


@pytest.fixture
def world(relayed: Callable[..., Relayed]) -> Relayed:
    """One installed box."""
    made = relayed()
    made.gate.install(MAC, "A")
    made.gate.start()
    return made


def test_no_part_of_an_option_that_is_longer_than_its_type_is_read(world: Relayed) -> None:
    """RFC 2132 9: 50, 51, 54 and 57 have fixed lengths. The box asks for its own address with an octet too many."""
    relay = RelayAgent(world.relay)
    own = parse_ip(relay.dora(MAC, LINE)).to_bytes(4, "big")
    server = parse_ip(SERVER).to_bytes(4, "big")
    for options in ({50: own + b"\0"}, {54: server + b"\0"}, {50: own + own, 54: server + server}):
        answer = relay.answer_to(relay.ask(REQUEST, MAC, LINE, options), 0.3)
        assert answer is None, answer
    offer = relay.answer_to(relay.ask(DISCOVER, MAC, LINE, {51: bytes(5), 57: bytes(5)}))
    assert offer is not None and offer.yiaddr == int.from_bytes(own, "big")
    world.gate.assert_sound()


def test_options_within_options_end(world: Relayed) -> None:
    """RFC 3925 4 and RFC 3046 2.0 know two levels; the lengths of the others lie."""
    relay = RelayAgent(world.relay)
    nested = b""
    for _ in range(120):
        nested = bytes((125, len(nested))) + nested
    for code in (43, 77, 119, 124, 125):
        offer = relay.answer_to(relay.ask(DISCOVER, MAC, LINE, {code: b"\0\0\x0d\xe9\xff" + nested}))
        assert offer is not None, code
    assert relay.answer_to(relay.ask(DISCOVER, MAC, nested))
    world.gate.assert_sound()


def test_a_lease_query_about_nobody_has_no_answer(relayed: Callable[..., Relayed]) -> None:
    """RFC 4388 6.1: hlen 0, and neither ciaddr nor a client identifier; who is asked about is then nobody."""
    world = relayed()
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace("[dhcp]\n", f'[dhcp]\nleasequery = ["{RELAY}"]\n'))
    world.gate.start()
    relay = RelayAgent(world.relay)
    nobody = message(LEASEQUERY, b"", 0x77, {}, giaddr=parse_ip(RELAY))
    relay.send(encode(nobody))
    world.gate.wait_for("names neither ciaddr, chaddr, option 61 nor a remote-id")
    relay.send(encode(nobody._replace(xid=0x78, ciaddr=parse_ip("10.21.1.0"))))
    told = relay.answer_to(0x78)
    assert told is not None and (told.kind, told.mac) == (LEASEUNASSIGNED, b"")
    assert relay.answer_to(0x77, 0.1) is None
    world.gate.assert_sound()


@pytest.mark.parametrize(
    ("again", "why"),
    [
        (f'User-Name += "{NAME}"', "User-Name twice"),
        ('User-Name += "d4c1c8000002"', "User-Name twice"),
        (f'User-Password += "{NAME}"', "User-Password twice"),
    ],
)
def test_a_request_that_says_twice_who_it_is_is_refused(world: Relayed, again: str, why: str) -> None:
    """RFC 2865 5.44: which one is meant?"""
    lines = [f'User-Name = "{NAME}"', f'User-Password = "{NAME}"', again, "Message-Authenticator = 0x00"]
    assert radclient(world.bras, lines, timeout_s=0.5).name == ""
    world.gate.wait_for(why)
    assert access_request(world.bras, NAME).name == "Access-Accept"
