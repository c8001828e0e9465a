"""DHCPLEASEQUERY: RFC 4388 by address, MAC and client identifier; RFC 6148 by remote-id."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.engine.leasequery import LeaseQuestion
from gatekeeper.heart.life import DHCP
from gatekeeper.model import Datagram, Destination, Lease, LeaseBound, Outcome, Via
from gatekeeper.policy.leasequery import ADDRESS, CLIENT_ID, FOREIGN, MAC, REMOTE, Sought, read_sought
from gatekeeper.report.line import outcome_line
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import LEASEQUERY, DhcpMessage, decode, encode, message
from gatekeeper.wire.text import ip_text, parse_ip
from tests.config.book import load_text, problems
from tests.engine.bench import (
    BOX,
    CONFIG,
    DIRECT,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    RELAYED,
    SERVER,
    THIRD,
    Bench,
    discover,
    release,
    renewing,
    selecting,
    told,
)

ASKING = CONFIG.replace("[dhcp]\n", '[dhcp]\nleasequery = ["10.20.0.1", "192.0.2.0/24"]\n')
CLIENT = b"\x00iptv-box-1"
# A circuit-id, a remote-id, a sub-option that nobody knows.
AGENT = b"\x01\x08ge 1/0/7" + b"\x02\x07olt-7/3" + b"\xfe\x01\x00"


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Bench]:
    """A gate that answers GIADDR, with one box, MAC BOX."""
    gate = Bench(tmp_path, ASKING)
    gate.store.keep_lease_keys(True)
    gate.install()
    yield gate
    gate.store.close()


def query(mac: bytes = b"", options: dict[int, bytes] | None = None, **header: int) -> bytes:
    """DHCPLEASEQUERY; what it does not name is zero (RFC 4388 6.2)."""
    htype = header.pop("htype", 1 if mac else 0)
    made = message(LEASEQUERY, mac, 0x4388, options, **{"giaddr": GIADDR} | header)
    return encode(made._replace(htype=htype))


def hear(
    bench: Bench, data: bytes, now: int = NOW, source: int = GIADDR, via: Via = RELAYED, port: int = 67
) -> Outcome:
    """What the packet loop does with a lease query."""
    return bench.handle(DHCP, Datagram(data, source, port, via), now)


def answer(outcome: Outcome) -> DhcpMessage:
    """The answer on the wire."""
    assert outcome.answer, outcome
    return decode(outcome.answer)


def bind(bench: Bench, mac: bytes = BOX, client_id: bytes = CLIENT, agent: bytes = AGENT, now: int = NOW) -> int:
    """DISCOVER and REQUEST of a box that sends these."""
    offer = bench.hear(discover(mac, {61: client_id}, agent), now=now)
    bench.hear(selecting(mac, offer.verdict.address, options={61: client_id}, agent=agent), now=now)
    return offer.verdict.address


def number(value: bytes) -> int:
    return int.from_bytes(value, "big")


FORMS = {
    "6.2 query by IP address": {"ciaddr": FIRST},
    "6.2 query by MAC address": {"mac": BOX},
    "6.2 query by client identifier": {"options": {61: CLIENT}},
    "RFC 6148 query by remote-id": {"options": {82: b"\x02\x07olt-7/3"}},
}


@pytest.mark.parametrize("form", FORMS)
def test_an_active_lease_is_found_by_each_form(asked: Bench, form: str) -> None:
    """RFC 4388 6.4.2: ciaddr and chaddr are the lease's, xid and giaddr the query's; by unicast to giaddr."""
    assert bind(asked) == FIRST
    outcome = hear(asked, query(**FORMS[form]))  # type: ignore[arg-type]
    assert (told(outcome), outcome.to, outcome.durable) == (("DHCPLEASEACTIVE", ""), Destination(GIADDR, 67), False)
    got = answer(outcome)
    assert (got.op, got.xid, got.giaddr, got.ciaddr, got.yiaddr) == (2, 0x4388, GIADDR, FIRST, 0)
    assert (got.htype, got.mac) == (1, BOX)
    assert got.options[54] == SERVER.to_bytes(4, "big")
    assert (got.options[61], got.options[82]) == (CLIENT, AGENT)


def test_6_4_2_times_are_what_is_left_of_them(asked: Bench) -> None:
    """Options 51, 58, 59: remaining; 91: seconds since the box spoke. What is over is left out."""
    bind(asked)
    codes = (51, 58, 59, 91)
    for later, expected in (
        (0, [3600, 1800, 3150, 0]),
        (600, [3000, 1200, 2550, 600]),
        (2000, [1600, None, 1150, 2000]),
        (3200, [400, None, None, 3200]),
    ):
        options = answer(hear(asked, query(ciaddr=FIRST), NOW + later)).options
        assert [number(options[code]) if code in options else None for code in codes] == expected


def test_6_4_2_configured_renewal_times_are_counted_from_when_the_box_spoke(tmp_path: Path) -> None:
    """Options 58 and 59 of the subnet instead of half and seven eighths."""
    gate = Bench(tmp_path, ASKING.replace("options = {", "options = { dhcp-renewal-time = 1000, 59 = 3000,"))
    gate.install()
    bind(gate)
    options = answer(hear(gate, query(ciaddr=FIRST), NOW + 100)).options
    assert [number(options[code]) for code in (51, 58, 59)] == [3500, 900, 2900]
    gate.store.close()


def test_6_4_2_a_renewal_is_a_transaction(asked: Bench) -> None:
    """And the Option 82 that came with the lease is still told, though the renewal has none (RFC 3046 2.1)."""
    bind(asked)
    asked.hear(renewing(BOX, FIRST), now=NOW + 1800)
    got = answer(hear(asked, query(mac=BOX), NOW + 1900)).options
    assert [number(got[code]) for code in (51, 58, 91)] == [3500, 1700, 100]
    assert got[82] == AGENT


def test_6_2_option_55_chooses_what_is_told(asked: Bench) -> None:
    """In the sequence asked for; type, server and client identifier come always, Option 82 stands last."""
    bind(asked)
    got = answer(hear(asked, query(mac=BOX, options={55: bytes((82, 60, 91, 51, 3))})))
    assert list(got.options) == [53, 54, 61, 91, 51, 82]
    assert list(answer(hear(asked, query(mac=BOX, options={55: b"\x33"}))).options) == [53, 54, 61, 51]
    everything = answer(hear(asked, query(mac=BOX))).options
    assert list(everything) == [53, 54, 61, 51, 58, 59, 91, 82]


def test_6_4_1_of_several_leases_the_latest_answers_and_names_the_others(asked: Bench) -> None:
    """Two boxes with one client identifier; option 92 has the other one's address. By address it has none."""
    asked.install(OTHER)
    first, second = bind(asked, BOX), bind(asked, OTHER, now=NOW + 10)
    got = answer(hear(asked, query(options={61: CLIENT}), NOW + 20))
    assert (got.ciaddr, got.mac, got.options[92]) == (second, OTHER, first.to_bytes(4, "big"))
    asked.hear(renewing(BOX, first), now=NOW + 1800)
    # A renewal without the identifier keeps the lease's, and is the latest transaction.
    got = answer(hear(asked, query(options={61: CLIENT}), NOW + 1810))
    assert (got.ciaddr, got.options[92]) == (first, second.to_bytes(4, "big"))
    got = answer(hear(asked, query(options={82: b"\x02\x07olt-7/3"}), NOW + 40))
    assert (got.ciaddr, got.options[92]) == (first, second.to_bytes(4, "big"))
    assert 92 not in answer(hear(asked, query(ciaddr=second), NOW + 40)).options


def test_6_1_an_address_of_ours_that_nobody_holds_is_unassigned(asked: Bench) -> None:
    """In a pool, fixed by an order, or once leased; the answer has type and server, and the address asked for."""
    asked.order("amend", address="10.20.9.9")
    asked.world.pools.fix(asked.store.fixed_addresses())
    past = Lease(FIRST + 99, THIRD, "gone", "", "released", NOW - 60, NOW - 90, NOW - 60, b"", b"")
    assert not asked.store.commit([LeaseBound(past)])
    for address in (FIRST + 3, parse_ip("10.20.9.9"), parse_ip("10.30.0.20"), past.address):
        outcome = hear(asked, query(ciaddr=address))
        assert told(outcome) == ("DHCPLEASEUNASSIGNED", "")
        got = answer(outcome)
        assert (got.ciaddr, got.mac, got.htype, list(got.options)) == (address, b"", 0, [53, 54])


@pytest.mark.parametrize("form", FORMS)
def test_6_1_a_lease_that_is_over_is_none(asked: Bench, form: str) -> None:
    """Released or run out: the address is unassigned, of the box nothing is known."""
    bind(asked)
    expected = "DHCPLEASEUNASSIGNED" if "ciaddr" in FORMS[form] else "DHCPLEASEUNKNOWN"
    data = query(**FORMS[form])  # type: ignore[arg-type]
    assert hear(asked, data, NOW + 3599).reply == "DHCPLEASEACTIVE"
    assert hear(asked, data, NOW + 3600).reply == expected
    asked.hear(release(BOX, FIRST), now=NOW + 60)
    assert hear(asked, data, NOW + 61).reply == expected


@pytest.mark.parametrize(
    "data",
    [
        query(ciaddr=parse_ip("10.20.77.7")), query(ciaddr=parse_ip("198.51.100.7")), query(mac=THIRD),
        query(options={61: b"\x00nobody"}), query(options={82: b"\x02\x04none"}), query(mac=BOX, htype=6),
        query(mac=BOX + b"\0\0"),
    ],
    ids=["in a subnet, in no pool", "elsewhere", "MAC", "client-id", "remote-id", "token ring", "8 octets"],
)  # fmt: skip
def test_6_1_what_this_server_does_not_know_is_unknown(asked: Bench, data: bytes) -> None:
    """What was asked for comes back, and nothing else but the server."""
    bind(asked)
    outcome = hear(asked, data)
    assert told(outcome) == ("DHCPLEASEUNKNOWN", "")
    got, sent = answer(outcome), decode(data)
    assert (got.ciaddr, got.htype, got.mac) == (sent.ciaddr, sent.htype, sent.mac)
    assert got.options == sent.options | {53: b"\x0c", 54: SERVER.to_bytes(4, "big")}


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("6.3 no giaddr", query(mac=BOX, giaddr=0)),
        ("6.2 address and MAC", query(mac=BOX, ciaddr=FIRST)),
        ("6.2 address and client-id", query(ciaddr=FIRST, options={61: CLIENT})),
        ("6.2 MAC and client-id", query(mac=BOX, options={61: CLIENT})),
        ("6.2 nothing", query()),
        ("an empty client-id", query(options={61: b""})),
        ("RFC 6148 Option 82 without a remote-id", query(options={82: b"\x01\x08ge 1/0/7"})),
        ("RFC 6148 an empty remote-id", query(options={82: b"\x02\x00"})),
    ],
)
def test_a_query_that_names_not_one_thing_gets_no_answer(asked: Bench, what: str, data: bytes) -> None:
    """RFC 4388 6.2, 6.3: silence with a reason."""
    assert told(hear(asked, data)) == ("silent", "MALFORMED")


def test_a_query_in_a_broadcast_gets_no_answer(asked: Bench) -> None:
    """Who asks is a relay or a BRAS, and those speak by unicast."""
    for data in (query(mac=BOX), query(mac=BOX, giaddr=0)):
        assert told(hear(asked, data, via=DIRECT)) == ("silent", "MALFORMED")


def test_rfc4388_7_only_those_configured_are_answered(asked: Bench) -> None:
    """Source and giaddr must both be named; a refused query is nothing that the box did."""
    bind(asked)
    bras = parse_ip("192.0.2.9")
    assert told(hear(asked, query(mac=BOX, giaddr=bras), source=bras)) == ("DHCPLEASEACTIVE", "")
    for source, giaddr in ((FIRST, GIADDR), (GIADDR, FIRST), (0, GIADDR)):
        outcome = hear(asked, query(mac=BOX, giaddr=giaddr), source=source)
        assert (told(outcome), outcome.mac) == (("silent", "UNSUPPORTED"), b"")
        assert f"{ip_text(FIRST if source else 0)} is not in [dhcp] leasequery" in outcome_line(outcome)


def test_rfc4388_7_nobody_is_answered_unless_configured(bench: Bench) -> None:
    """[dhcp] leasequery is empty by default."""
    bench.install()
    bind(bench)
    assert bench.book.leasequery == ()
    assert told(hear(bench, query(ciaddr=FIRST))) == ("silent", "UNSUPPORTED")


def test_rfc8357_5_1_the_answer_goes_to_the_port_that_the_relay_asks_for(asked: Bench) -> None:
    """Sub-option 19 of Option 82."""
    bind(asked)
    data = query(mac=BOX, options={82: b"\x13\x00"})
    assert hear(asked, data, port=50067).to == Destination(GIADDR, 50067)


def test_a_store_that_cannot_be_read_means_silence(asked: Bench) -> None:
    """Never UNKNOWN: the asker would throw a customer out."""
    read = asked.dhcp.read(Datagram(query(mac=BOX), GIADDR, 67, RELAYED), NOW)
    assert isinstance(read, LeaseQuestion)
    assert told(asked.dhcp.answer_query(read, None, NOW)) == ("silent", "STORE_UNAVAILABLE")


def test_the_log_says_what_was_asked_and_told(asked: Bench) -> None:
    """The beginning is dhcpd's."""
    bind(asked)
    lines = [outcome_line(hear(asked, query(**form))) for form in FORMS.values()]  # type: ignore[arg-type]
    told_of = f"to 10.20.0.1: 10.20.1.0 of {BOX.hex(':')}"
    sought = ("address 10.20.1.0", f"MAC {BOX.hex(':')}", f"client-id {CLIENT.hex(':')}", "remote-id olt-7/3")
    assert lines == [f"DHCPLEASEACTIVE for {text} {told_of}" for text in sought]
    assert outcome_line(hear(asked, query(mac=OTHER))) == f"DHCPLEASEUNKNOWN for MAC {OTHER.hex(':')} to 10.20.0.1"


def test_an_answer_fits_a_frame(asked: Bench) -> None:
    """A whole access node behind one remote-id: the boxes that spoke last are named, and Option 82 stays."""
    leases = []
    for at in range(400):
        mac = (0x020000000000 + at).to_bytes(6, "big")
        leases.append(Lease(FIRST + at, mac, "A", "", "active", NOW + 3600, NOW - at, NOW - at, AGENT, b"\1" + mac))
    assert not asked.store.commit([LeaseBound(lease) for lease in leases])
    outcome = hear(asked, query(options={82: b"\x02\x07olt-7/3"}))
    got = answer(outcome)
    assert len(outcome.answer) <= 1472
    assert (got.ciaddr, got.options[82]) == (FIRST, AGENT)
    others = got.options[92]
    assert [number(others[at : at + 4]) for at in range(0, len(others), 4)] == [FIRST + at for at in range(1, 256)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (query(ciaddr=FIRST), Sought(ADDRESS, FIRST.to_bytes(4, "big"))),
        (query(mac=BOX), Sought(MAC, BOX)),
        (query(mac=BOX, options={82: AGENT}), Sought(MAC, BOX)),
        (query(mac=bytes(6), options={61: CLIENT}), Sought(CLIENT_ID, CLIENT)),
        (query(options={82: AGENT}), Sought(REMOTE, b"olt-7/3")),
        (query(mac=BOX, htype=6), Sought(FOREIGN, BOX)),
    ],
)
def test_6_2_what_a_query_looks_for(data: bytes, expected: Sought) -> None:
    """Option 82 decides only where nothing else does: relays add it to what passes them."""
    assert read_sought(decode(data)) == expected


def test_a_cut_option_82_is_no_question() -> None:
    """RFC 3046 2.0."""
    with pytest.raises(Malformed):
        read_sought(decode(query(options={82: b"\x02\x09olt"})))


def test_leasequery_is_a_list_of_networks(tmp_path: Path) -> None:
    """Addresses or networks; a wrong one is told with its line."""
    book = load_text(tmp_path, ASKING).book
    assert book.leasequery == ((GIADDR, 0xFFFFFFFF), (parse_ip("192.0.2.0"), 0xFFFFFF00))
    wrong = problems(tmp_path, CONFIG.replace("[dhcp]\n", '[dhcp]\nleasequery = ["10.20.0.1/16"]\n'))
    assert [text for _, text in wrong] == [
        "dhcp.leasequery[0]: 10.20.0.1/16 has bits behind its mask: did you mean 10.20.0.0/16?"
    ]


def test_lease_queries_are_packets_of_their_sender(tmp_path: Path) -> None:
    """[limits]: one bucket for all that a relay sends, what it asks and what it relays; others have their own."""
    gate = Bench(tmp_path, ASKING + "\n[limits]\nper_mac_per_s = 1000\nper_port_per_s = 1000\nper_nas_per_s = 5\n")
    gate.install()
    bras = parse_ip("192.0.2.7")
    outcomes = [hear(gate, query(ciaddr=FIRST)) for _ in range(12)]
    assert [one.verdict.bound for one in outcomes].count("per_nas_per_s=5") == 2
    assert (told(outcomes[-1]), outcomes[-1].answer) == (("silent", "RATE_LIMITED"), b"")
    assert told(gate.hear(discover(), source=GIADDR)) == ("silent", "RATE_LIMITED")
    assert told(hear(gate, query(ciaddr=FIRST, giaddr=bras), source=bras)) == ("DHCPLEASEUNASSIGNED", "")
    assert told(hear(gate, query(ciaddr=FIRST), NOW + 1)) == ("DHCPLEASEUNASSIGNED", "")
    gate.store.close()


def test_a_query_that_is_not_answered_anyway_takes_nothing_from_anybody(tmp_path: Path) -> None:
    """Else words with a forged source would silence the relay of that address."""
    gate = Bench(tmp_path, ASKING + "\n[limits]\nper_mac_per_s = 1000\nper_port_per_s = 1000\nper_nas_per_s = 5\n")
    gate.install()
    for _ in range(50):
        assert told(hear(gate, query(ciaddr=FIRST, giaddr=0))) == ("silent", "MALFORMED")
    assert told(gate.hear(discover(), source=GIADDR)) == ("DHCPOFFER", "")
    gate.store.close()
