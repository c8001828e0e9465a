"""Whose answer is it? Decided from the datagram alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.engine.foreign import foreign_server
from gatekeeper.model import Datagram, Via
from gatekeeper.state.rogues import ForeignServer
from gatekeeper.wire.dhcp import ACK, BOOTREPLY, DISCOVER, NAK, OFFER, encode, message
from tests.engine.bench import BOX, FAR, FIRST, GIADDR, SERVER

ROGUE, MAC = FAR, b"\x00\x11\x22\x33\x44\x66"
OURS = frozenset({SERVER})
VIA = Via("eth0.100", SERVER, raw=True)


def heard(kind: int = OFFER, named: int = ROGUE, source: int = ROGUE, port: int = 67, op: int = BOOTREPLY) -> Datagram:
    """An answer to the box as it is heard on the wire. named: option 54, 0 = none."""
    options = {54: named.to_bytes(4, "big")} if named else {}
    data = encode(message(kind, BOX, 5, options, op=op, yiaddr=FIRST))
    return Datagram(data, source, port, VIA, MAC)


@pytest.mark.parametrize(("kind", "name"), [(OFFER, "DHCPOFFER"), (ACK, "DHCPACK"), (NAK, "DHCPNAK")])
def test_another_servers_answer_is_foreign(kind: int, name: str) -> None:
    """Who, where, what, and to whom."""
    assert foreign_server(heard(kind), OURS) == ForeignServer(ROGUE, MAC, "eth0.100", name, FIRST, BOX)


def test_a_server_without_option_54_is_named_by_its_address() -> None:
    """Broken ones exist."""
    found = foreign_server(heard(named=0), OURS)
    assert found and found.server == ROGUE


@pytest.mark.parametrize(
    ("what", "datagram"),
    [
        ("our own answer", heard(named=SERVER, source=SERVER)),
        ("our own address under another name", heard(source=SERVER)),
        ("our answer, handed on by a relay", heard(named=SERVER, source=GIADDR)),
        ("a box's message", heard(DISCOVER)),
        ("a request", heard(op=1)),
        ("another port", heard(port=68)),
        ("no DHCP", Datagram(b"\x02\x01\x06\x00" + bytes(300), ROGUE, 67, VIA, MAC)),
    ],
)
def test_what_is_ours_or_no_answer_is_not_foreign(what: str, datagram: Datagram) -> None:
    """Nobody is accused."""
    assert foreign_server(datagram, OURS) is None


@given(st.binary(max_size=600))
def test_any_octets_are_judged(data: bytes) -> None:
    """Nothing is raised."""
    foreign_server(Datagram(data, ROGUE, 67, VIA, MAC), OURS)
