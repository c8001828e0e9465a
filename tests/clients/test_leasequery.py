"""Lease queries over UDP: a relay that lost its table, a BRAS, and somebody who may not ask (RFC 4388, RFC 6148)."""

import socket
from collections.abc import Callable

import pytest

from gatekeeper.wire.dhcp import (
    ACK,
    DISCOVER,
    LEASEACTIVE,
    LEASEQUERY,
    LEASEUNASSIGNED,
    LEASEUNKNOWN,
    REQUEST,
    DhcpMessage,
    encode,
    message,
)
from gatekeeper.wire.text import ip_text, parse_ip, parse_mac
from tests.clients.boxes import MAC, STRANGER
from tests.clients.net import Space, run, wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import BRAS, MIKROTIK, RELAY, SERVER, Relayed

pytestmark = pytest.mark.clients

CLIENT = b"\x00iptv-box-1"
AGENT = b"\x01\x08ge 1/0/7" + b"\x02\x07olt-7/3"


class Relay(RelayAgent):
    """The relay, as it binds one box and as it asks afterwards."""

    def tell(self, kind: int, mac: bytes, options: dict[int, bytes], **header: int) -> DhcpMessage | None:
        """One message and its answer."""
        xid = next(self._xids)
        made = message(kind, mac, xid, options, **{"giaddr": parse_ip(RELAY)} | header)
        self.send(encode(made._replace(htype=1 if mac else 0)))
        return self.answer_to(xid)

    def bind(self, mac: str) -> int:
        """DISCOVER and REQUEST with a client identifier and a remote-id; the address."""
        known = {61: CLIENT, 82: AGENT}
        offer = self.tell(DISCOVER, parse_mac(mac), known)
        assert offer
        chosen = {50: offer.yiaddr.to_bytes(4, "big"), 54: offer.options[54]}
        ack = self.tell(REQUEST, parse_mac(mac), known | chosen)
        assert ack and ack.kind == ACK
        return ack.yiaddr

    def query(self, mac: bytes = b"", options: dict[int, bytes] | None = None, ciaddr: int = 0) -> DhcpMessage:
        """DHCPLEASEQUERY, which must be answered."""
        answer = self.tell(LEASEQUERY, mac, options or {}, ciaddr=ciaddr)
        assert answer
        return answer


@pytest.fixture
def world(relayed: Callable[..., Relayed]) -> Relayed:
    """A relay and a BRAS that may ask, and one installed box."""
    made = relayed()
    text = made.gate.file.read_text()
    made.gate.file.write_text(text.replace("[dhcp]\n", f'[dhcp]\nleasequery = ["{RELAY}", "{BRAS}/32"]\n'))
    made.bras.ip("route add 10.20.0.0/24 via 192.0.2.1")
    made.gate.install(MAC, "028123456@itv")
    made.gate.start()
    return made


def ask(space: Space, source: str, ciaddr: int, xid: int, timeout_s: float) -> bytes:
    """One query by address from a node of its own; b"" = no answer in time."""
    with space.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((source, 67))
        one.settimeout(timeout_s)
        made = message(LEASEQUERY, b"", xid, ciaddr=ciaddr, giaddr=parse_ip(source))
        one.sendto(encode(made._replace(htype=0)), (SERVER, 67))
        try:
            return one.recv(4096)
        except TimeoutError:
            return b""


def test_a_relay_that_lost_its_table_builds_it_again(world: Relayed) -> None:
    """RFC 4388 6.2 in all forms, before and after gatekeeper itself was killed; tshark finds nothing wrong with it."""
    relay, tap = Relay(world.relay), world.tap()
    address = relay.bind(MAC)
    for _ in range(2):
        for answer in (
            relay.query(ciaddr=address),
            relay.query(mac=parse_mac(MAC)),
            relay.query(options={61: CLIENT}),
            relay.query(options={82: b"\x02\x07olt-7/3"}),
        ):
            assert (answer.kind, answer.ciaddr, answer.mac) == (LEASEACTIVE, address, parse_mac(MAC))
            assert (answer.options[61], answer.options[82]) == (CLIENT, AGENT)
            assert 3500 < int.from_bytes(answer.options[51], "big") <= 3600
        world.gate.kill()
        world.gate.start()
    assert relay.query(ciaddr=address + 1).kind == LEASEUNASSIGNED
    assert relay.query(mac=parse_mac(STRANGER)).kind == LEASEUNKNOWN
    assert relay.query(mac=parse_mac(MAC)).ciaddr == address
    world.gate.wait_for(f"DHCPLEASEUNKNOWN for MAC {STRANGER} to {RELAY}")
    world.gate.wait_for(f"DHCPLEASEACTIVE for MAC {MAC} to {RELAY}: {ip_text(address)} of {MAC}")
    world.gate.assert_sound()
    tap.stop()
    fields = ("-T", "fields", "-e", "dhcp.option.dhcp", "-e", "_ws.expert")
    done = run("tshark", "-r", str(tap.file), "-Y", "dhcp.option.dhcp >= 10", *fields, timeout_s=60)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["10", "13"] * 8 + ["10", "11", "10", "12", "10", "13"]
    # A message that is not about one box's MAC has none, as RFC 4388 6.2 wants it; tshark notes that.
    assert {row[1] for row in rows} <= {"", "Expert Info (Note/Protocol): Client address not given"}
    assert {row[1] for row in rows if row[0] == "13"} == {""}


def test_a_bras_that_may_ask_is_answered_and_another_is_not(world: Relayed) -> None:
    """RFC 4388 7: silence for those whom nobody named, counted and said once."""
    address = Relay(world.relay).bind(MAC)
    assert ask(world.bras, BRAS, address, 1, 5)[28:34] == parse_mac(MAC)
    assert ask(world.bras, MIKROTIK, address, 2, 0.5) == b""
    world.gate.wait_for(
        f'DHCPLEASEQUERY from {MIKROTIK}: no answer UNSUPPORTED seen="{MIKROTIK} is not in [dhcp] leasequery"'
    )
    wait_until(lambda: world.gate.counted("dhcp.DHCPLEASEQUERY.no-answer.UNSUPPORTED") == 1, 5, "the refusal")
    assert not world.gate.show("refused")


def test_leasequery_is_switched_on_by_a_restart(world: Relayed) -> None:
    """Off, nobody is answered; on again, leases that came meanwhile are found by their client identifier."""
    text = world.gate.file.read_text()
    world.gate.stop()
    world.gate.file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("leasequery")))
    world.gate.start()
    relay = Relay(world.relay)
    address = relay.bind(MAC)
    assert relay.tell(LEASEQUERY, b"", {}, ciaddr=address) is None
    world.gate.stop()
    world.gate.file.write_text(text)
    world.gate.start()
    assert relay.query(options={61: CLIENT}).ciaddr == address
