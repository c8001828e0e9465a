"""What a relay says beside the line: RFC 3527 link selection, RFC 5010 flags, RFC 5107 server-id override, RFC 8357
source port; and subnets that share a link."""

from pathlib import Path

import pytest

from gatekeeper.heart.life import DHCP
from gatekeeper.model import Datagram, Destination
from gatekeeper.wire import dhcp as dhcp_wire
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import (
    BOX,
    CONFIG,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    RELAYED,
    THIRD,
    Bench,
    discover,
    renewing,
    selecting,
    told,
)

FAR_LINK = bytes((5, 4)) + parse_ip("10.30.0.0").to_bytes(4, "big")
LENT = parse_ip("10.20.0.1")
OVERRIDE = bytes((11, 4)) + LENT.to_bytes(4, "big")


def test_rfc_3527_link_selection_chooses_the_subnet_and_giaddr_gets_the_answer(bench: Bench) -> None:
    bench.install()
    offer = bench.hear(discover(agent=FAR_LINK))
    assert offer.verdict.address == parse_ip("10.30.0.10")
    assert offer.to == Destination(GIADDR, 67)
    assert dhcp_wire.decode(offer.answer).options[82] == FAR_LINK


def test_rfc_5107_the_relays_address_is_our_name_and_is_accepted_back(bench: Bench) -> None:
    bench.install()
    offer = dhcp_wire.decode(bench.hear(discover(agent=OVERRIDE)).answer)
    assert offer.options[54] == LENT.to_bytes(4, "big")
    ack = bench.hear(selecting(BOX, FIRST, server=LENT, agent=OVERRIDE))
    assert told(ack) == ("DHCPACK", "")
    assert dhcp_wire.decode(ack.answer).options[54] == LENT.to_bytes(4, "big")


def test_without_the_override_the_relays_address_is_another_server(bench: Bench) -> None:
    bench.install()
    bench.hear(discover())
    assert told(bench.hear(selecting(BOX, FIRST, server=LENT))) == ("silent", "OTHER_SERVER")


def test_rfc_8357_the_answer_goes_to_the_port_the_relay_sent_from(bench: Bench) -> None:
    """4.1: sub-option 19 of length 0, echoed with the rest."""
    bench.install()
    agent = bytes((19, 0))
    offer = bench.hear(discover(agent=agent))
    assert offer.to == Destination(GIADDR, 67)  # the bench's relay sends from 67
    asked = Datagram(discover(agent=agent), GIADDR, 5067, RELAYED)
    assert bench.handle(DHCP, asked).to == Destination(GIADDR, 5067)


def test_rfc_5010_a_relayed_unicast_is_a_renewal(bench: Bench) -> None:
    """A lost record is granted anew to a renewal; a rebinding is silence, it may be another server's lease."""
    bench.install()
    unicast, broadcast = bytes((10, 1, 0x80)), bytes((10, 1, 0))
    rebinding = bench.hear(renewing(BOX, FIRST, agent=broadcast, giaddr=GIADDR))
    assert told(rebinding) == ("silent", "NO_LEASE")
    assert told(bench.hear(renewing(BOX, FIRST, agent=unicast, giaddr=GIADDR))) == ("DHCPACK", "")


@pytest.mark.parametrize("flags", [b"", b"\x00", b"\x01", b"\x40", b"\x7f", b"\x00\x80"], ids=lambda flags: flags.hex())
def test_rfc_5010_a_flag_other_than_unicast_makes_no_renewal(bench: Bench, flags: bytes) -> None:
    """3: the first bit alone says unicast, the others are reserved. A relayed broadcast may be another server's."""
    bench.install()
    agent = bytes((10, len(flags))) + flags
    assert told(bench.hear(renewing(BOX, FIRST, agent=agent, giaddr=GIADDR))) == ("silent", "NO_LEASE")


@pytest.mark.parametrize("flags", [b"\x80", b"\xff", b"\x80\x00"], ids=lambda flags: flags.hex())
def test_rfc_5010_reserved_flags_beside_unicast_are_ignored(bench: Bench, flags: bytes) -> None:
    """3: a server ignores them."""
    bench.install()
    agent = bytes((10, len(flags))) + flags
    assert told(bench.hear(renewing(BOX, FIRST, agent=agent, giaddr=GIADDR))) == ("DHCPACK", "")


@pytest.mark.parametrize("agent", [bytes((5, 3, 1, 2, 3)), bytes((11, 0))])
def test_a_sub_option_that_is_no_address_makes_the_packet_malformed(bench: Bench, agent: bytes) -> None:
    bench.install()
    assert told(bench.hear(discover(agent=agent))) == ("silent", "MALFORMED")


TWICE = bytes((1, 8)) + b"ge 1/0/7" + bytes((2, 1, 65)) + bytes((1, 4)) + b"eth1" + bytes((2, 1, 66))


@pytest.mark.rfc(3396, "5")
def test_of_two_options_82_the_access_nodes_is_the_port_and_both_are_echoed(bench: Bench) -> None:
    """dhcrelay -m append behind a snooping switch; the first circuit-id was written nearest to the box."""
    bench.install()
    offer = bench.hear(discover(agent=TWICE))
    assert told(offer) == ("DHCPOFFER", "")
    assert offer.port is not None and offer.port.text.endswith("|ge 1/0/7")
    assert dhcp_wire.decode(offer.answer).options[82] == TWICE


def test_option_82_as_bare_text_is_the_port_and_is_said_to_be_one(bench: Bench) -> None:
    """It is echoed as it came, and the lease's own line is the same in the next message."""
    bench.install()
    text = b"olt7 eth 0/1/3:100"
    offer = bench.hear(discover(agent=text))
    assert (told(offer), offer.verdict.seen) == (("DHCPOFFER", ""), "Option 82 is bare text")
    assert offer.port is not None and offer.port.text.endswith("olt7 eth 0/1/3:100")
    assert dhcp_wire.decode(offer.answer).options[82] == text
    assert bench.bind(agent=text) == FIRST
    assert told(bench.hear(discover(agent=b"olt7 eth 0/1/4:100"))) == ("silent", "PORT_MISMATCH")


@pytest.mark.parametrize("agent", [b"\x01\x09ge", bytes((5, 4, 1))])
def test_a_cut_option_82_names_no_line_and_is_no_refusal_by_itself(bench: Bench, agent: bytes) -> None:
    """Design 8.8: it never binds. A box that is bound to a line is refused because it names none, and told why."""
    bench.install()
    offer = bench.hear(discover(agent=agent))
    assert (told(offer), offer.port, offer.verdict.seen) == (("DHCPOFFER", ""), None, "Option 82 is cut")
    bench.bind(agent=TWICE)
    refused = bench.hear(discover(agent=agent))
    assert (told(refused), refused.verdict.seen) == (("silent", "PORT_MISSING"), "Option 82 is cut")


SHARED = CONFIG.replace('network = "10.20.0.0/16"', 'network = "10.20.0.0/16"\nshared_network = "north"').replace(
    'network = "10.30.0.0/24"', 'network = "10.30.0.0/24"\nshared_network = "north"'
)


def test_subnets_of_a_shared_network_are_filled_one_after_the_other(tmp_path: Path) -> None:
    """Four addresses in the first pool, the fifth box is in the second, and each keeps its own."""
    bench = Bench(tmp_path, SHARED)
    boxes = [bytes((2, 0, 0, 0, 0, at)) for at in range(5)]
    for at, mac in enumerate(boxes):
        bench.install(mac, f"N{at}")
    got = [bench.bind(mac) for mac in boxes]
    assert got == [FIRST, FIRST + 1, FIRST + 2, FIRST + 3, parse_ip("10.30.0.10")]
    reply = dhcp_wire.decode(bench.hear(discover(boxes[4]), now=NOW + 9).answer)
    assert (reply.yiaddr, reply.options[1]) == (parse_ip("10.30.0.10"), b"\xff\xff\xff\x00")
    assert bench.bind(boxes[4], now=NOW + 10) == parse_ip("10.30.0.10")


def test_a_box_of_a_shared_network_may_be_fixed_in_either_subnet(tmp_path: Path) -> None:
    bench = Bench(tmp_path, SHARED)
    bench.install(BOX, "A", address="10.30.0.77")
    bench.install(OTHER, "B", address="10.20.0.77")
    bench.install(THIRD, "C")
    assert [bench.bind(mac) for mac in (BOX, OTHER, THIRD)] == [parse_ip("10.30.0.77"), parse_ip("10.20.0.77"), FIRST]
