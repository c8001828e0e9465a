"""A host on the access network plays relay: by unicast, with the true relay's or its own address as giaddr and an
Option 82 of its own making, it speaks in its neighbour's name."""

import socket
from collections.abc import Callable

import pytest

from gatekeeper.wire.dhcp import DISCOVER, NAK, REQUEST, encode, message
from gatekeeper.wire.text import parse_ip, parse_mac
from tests.clients.boxes import MAC
from tests.clients.net import Space, wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import RELAY, SERVER, Relayed

pytestmark = pytest.mark.clients

POOLED, CHOSEN = "10.21.1.0", "10.21.0.77"
FORGED, LINE = b"no such line 9/9", b"ge 1/0/7"


def _host(world: Relayed, address: str) -> socket.socket:
    """A host with this address, routed by the relay as every box is; its port 67."""
    space: Space = world.net.space("host")
    world.net.plug(space, "eth0", world.switch)
    space.set_up("eth0", f"{address}/16")
    space.ip(f"route add default via {RELAY}")
    host = space.socket(socket.AF_INET, socket.SOCK_DGRAM)
    host.bind((address, 67))
    return host


def _forge(host: socket.socket, giaddr: str) -> None:
    """The two packets that bind a box to a line: the address is the first one that the pool gives."""
    agent = bytes((1, len(FORGED))) + FORGED
    chosen = {50: parse_ip(POOLED).to_bytes(4, "big"), 54: parse_ip(SERVER).to_bytes(4, "big")}
    for kind, options in ((DISCOVER, {}), (REQUEST, chosen)):
        made = message(kind, parse_mac(MAC), 7, {**options, 82: agent}, giaddr=parse_ip(giaddr), hops=1)
        host.sendto(encode(made), (SERVER, 67))


def _port(world: Relayed) -> str:
    (binding,) = world.gate.show("bindings", "--mac", MAC)
    return str(binding["port"])


@pytest.mark.parametrize(
    ("address", "giaddr", "relays"),
    [
        (CHOSEN, RELAY, ""),
        (POOLED, RELAY, ""),
        (POOLED, POOLED, ""),
        (CHOSEN, CHOSEN, f'relays = ["{RELAY}"]'),
    ],
    ids=["the relay's giaddr", "the relay's, from a pool", "its own, from a pool", "its own, where relays are named"],
)
def test_a_host_cannot_bind_its_neighbours_account_to_a_false_line(
    relayed: Callable[..., Relayed], address: str, giaddr: str, relays: str
) -> None:
    """Both packets are silence, with source and giaddr for whoever looks; the true relay then binds the true line."""
    world = relayed()
    world.gate.file.write_text(world.gate.file.read_text().replace("[dhcp]\n", f"[dhcp]\n{relays}\n"))
    world.gate.install(MAC, "A")
    world.gate.start()
    relay = RelayAgent(world.relay)
    _forge(_host(world, address), giaddr)
    wait_until(lambda: world.gate.counted("UNKNOWN_RELAY") == 2, 10, "two packets counted")
    assert f"{address} for giaddr {giaddr}" in world.gate.log()
    seen = [f"{address} for giaddr {giaddr}"]
    # It is on record a second later than it is counted.
    wait_until(lambda: [row["seen"] for row in world.gate.show("refused", "--mac", MAC)] == seen, 5, "the refusal")
    assert _port(world) == "" and world.gate.show("leases") == []
    assert relay.dora(MAC, LINE)
    assert _port(world) == f"{RELAY}|{LINE.decode()}"
    world.gate.assert_sound()


def test_a_flood_in_strangers_names_makes_no_rows(relayed: Callable[..., Relayed]) -> None:
    """Nobody vouches for the MACs of such packets: they are counted, and the list of refused boxes stays readable."""
    world = relayed()
    world.gate.start()
    host = _host(world, CHOSEN)
    for number in range(500):
        made = message(DISCOVER, number.to_bytes(6, "big"), number, {}, giaddr=parse_ip(RELAY), hops=1)
        host.sendto(encode(made), (SERVER, 67))
    wait_until(lambda: world.gate.counted("UNKNOWN_RELAY") == 500, 10, "the flood counted")
    assert world.gate.show("refused") == []


@pytest.mark.parametrize("giaddr", ["127.0.0.1", "224.0.0.9", "255.255.255.255", "10.21.255.255", "10.21.0.0"])
def test_no_answer_goes_to_an_address_that_is_no_machines(relayed: Callable[..., Relayed], giaddr: str) -> None:
    """RFC 1122 3.2.1.3: MALFORMED, and the very box is served through a sound giaddr."""
    world = relayed()
    world.gate.install(MAC, "A")
    world.gate.start()
    relay = RelayAgent(world.relay)
    assert relay.answer_to(relay.ask(DISCOVER, MAC, LINE, giaddr=parse_ip(giaddr)), 0.5) is None
    world.gate.wait_for(f"giaddr {giaddr} is ")
    assert "at octet 24" in world.gate.log()
    assert relay.dora(MAC, LINE)


def test_a_nak_through_a_relay_asks_it_to_broadcast(relayed: Callable[..., Relayed]) -> None:
    """RFC 2131 4.3.2: the box may not have the address that the relay would send to, whatever flags it had."""
    world = relayed()
    world.gate.install(MAC, "A")
    world.gate.start()
    relay = RelayAgent(world.relay)
    wrong = {50: parse_ip("10.99.0.9").to_bytes(4, "big")}
    nak = relay.answer_to(relay.ask(REQUEST, MAC, LINE, wrong, flags=0))
    assert nak is not None and (nak.kind, nak.flags, nak.giaddr) == (NAK, 0x8000, parse_ip(RELAY))
