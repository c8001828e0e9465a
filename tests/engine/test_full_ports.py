"""[binding] boxes_per_port: how many boxes one access line may have, whoever learns it (RFC 3046 5)."""

from pathlib import Path

import pytest

from tests.engine.bench import (
    CONFIG,
    GIADDR,
    MIKROTIK,
    NOW,
    WAITS,
    Bench,
    access_request,
    circuit,
    discover,
    selecting,
    told,
)

PORT = "0 0/0/0:4096.1234 cd001/0/1/3/0/7"
NAS_PORT = "eth 2/1/7:4096.1234 cd001/0/1/3/0/7"
MACS = [bytes((2, 0, 0, 0, 0, number)) for number in range(6)]


@pytest.fixture
def full(tmp_path: Path) -> Bench:
    """Two boxes may be on a line; six boxes, each with an account of its own."""
    bench = Bench(tmp_path, CONFIG + "\n[binding]\nboxes_per_port = 2\n")
    for number, mac in enumerate(MACS):
        bench.install(mac, f"A{number}")
    return bench


def test_a_line_has_no_limit_unless_somebody_sets_one(tmp_path: Path) -> None:
    """RouterOS manual, RADIUS client: NAS-Port-Id is the DHCP server's interface, the same for every box behind it."""
    bench = Bench(tmp_path)
    for number in range(12):
        name = bytes((2, 0, 0, 0, 1, number)).hex()
        order = bench.order("install", f"A{number}", mac=name, port="mt1|bridge1" if number % 2 else "")
        assert order.record.state == "applied"
        asked = access_request(name, password=name, port="bridge1", identifier=number)
        assert told(bench.ask(asked, source=MIKROTIK)) == ("Access-Accept", "")


def test_a_line_takes_as_many_boxes_as_it_may(full: Bench) -> None:
    """The third is refused by both protocols, on that line and on no other."""
    line = circuit(PORT)
    assert full.bind(MACS[0], agent=line) and full.bind(MACS[1], agent=line)
    refused = full.hear(discover(MACS[2], agent=line))
    assert told(refused) == ("silent", "PORT_FULL")
    assert (refused.verdict.bound, refused.verdict.seen) == ("2 boxes at most", f"2 boxes on {PORT}")
    name = MACS[2].hex()
    assert told(full.ask(access_request(name, password=name, port=NAS_PORT))) == ("Access-Reject", "PORT_FULL")
    assert full.bind(MACS[2], agent=circuit(PORT.replace("0/7", "0/8")))


def test_those_that_are_there_stay(full: Bench) -> None:
    """A full line refuses nobody who is bound to it."""
    line = circuit(PORT)
    for mac in MACS[:2]:
        full.bind(mac, agent=line)
    assert full.bind(MACS[0], agent=line, now=NOW + 60)


def test_two_at_once_do_not_both_get_the_last_place(full: Bench) -> None:
    """What is on its way to disk counts."""
    line = circuit(PORT)
    full.bind(MACS[0], agent=line)
    full.gathers = True
    offers = [full.hear(discover(mac, agent=line)) for mac in MACS[1:3]]
    first, second = [
        full.hear(selecting(mac, offer.verdict.address, agent=line))
        for mac, offer in zip(MACS[1:3], offers, strict=True)
    ]
    assert first is WAITS
    assert told(second) == ("silent", "PORT_FULL")
    assert [told(ack) for ack in full.commit()] == [("DHCPACK", "")]


def test_a_box_that_goes_makes_room(full: Bench) -> None:
    """At the next packet, as with every order."""
    line = circuit(PORT)
    for mac in MACS[:2]:
        full.bind(mac, agent=line)
    assert told(full.hear(discover(MACS[2], agent=line)))[1] == "PORT_FULL"
    full.order("move", "A0")
    assert full.bind(MACS[2], agent=line)


def test_an_order_for_a_full_line_is_refused(full: Bench) -> None:
    """Where the orders say who lives where, they are held to it too."""
    for number in range(2):
        assert full.order("amend", f"A{number}", port=PORT).record.state == "applied"
    record = full.order("amend", "A2", port=PORT).record
    assert (record.state, record.reason) == ("refused", "PORT_FULL")
    assert full.order("amend", "A0", port=PORT).record.state == "applied"  # it is there already


def test_a_relay_qualifies_unnamed_lines(full: Bench) -> None:
    """Line 7 of one node is not line 7 of another."""
    for mac in MACS[:2]:
        assert full.bind(mac, agent=circuit("ge 1/0/7"))
    assert told(full.hear(discover(MACS[2], agent=circuit("ge 1/0/7"))))[1] == "PORT_FULL"
    assert told(full.hear(discover(MACS[2], agent=circuit("ge 1/0/7"), giaddr=GIADDR + 7)))[0] == "DHCPOFFER"
