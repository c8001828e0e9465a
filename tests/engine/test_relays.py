"""Whom a relayed message is believed from. A field report: with two packets a host on the access network locked its
neighbour's account to a line that does not exist, by a giaddr and an Option 82 of its own making."""

from pathlib import Path

import pytest

from gatekeeper.engine.relays import _MAX_PAIRS
from gatekeeper.model import Datagram, Outcome
from gatekeeper.state.framed import SessionKey
from gatekeeper.state.held import Part
from gatekeeper.wire.text import ip_text, parse_ip
from tests.engine.bench import (
    BOX,
    CONFIG,
    DIRECT,
    FAR,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    RELAYED,
    Bench,
    circuit,
    discover,
    renewing,
    selecting,
    told,
)

STRANGER = ("silent", "UNKNOWN_RELAY")
SERVED = ("DHCPOFFER", "")
FORGED = circuit("no such line 9/9")
CORE = parse_ip("192.0.2.17")  # in no subnet
REAL = parse_ip("10.20.0.3")  # of one of a pair; the virtual address is the router's


def _heard(bench: Bench, source: int, giaddr: int, agent: bytes = b"", now: int = NOW) -> Outcome:
    return bench.hear(discover(giaddr=giaddr, agent=agent), source=source, now=now)


@pytest.mark.parametrize(
    ("source", "giaddr", "who"),
    [
        (GIADDR, GIADDR, "the router is the relay"),
        (REAL, REAL, "a relay that is no router sends from its giaddr"),
        (GIADDR, REAL, "the virtual address of a pair sends, giaddr is the real one"),
        (FAR, GIADDR, "the router of another subnet"),
        (CORE, GIADDR, "a relay sends from its uplink, as dhcrelay does"),
        (parse_ip("127.0.0.1"), GIADDR, "a relay on this machine"),
    ],
)
def test_a_relay_is_believed_from_where_relays_are(bench: Bench, source: int, giaddr: int, who: str) -> None:
    bench.install()
    assert told(_heard(bench, source, giaddr)) == SERVED


@pytest.mark.parametrize(
    ("source", "giaddr", "who"),
    [
        (parse_ip("10.20.0.77"), GIADDR, "a host with an address of its own choice"),
        (REAL, GIADDR, "one of a pair whose giaddr is virtual must be named"),
        (FIRST + 1, GIADDR, "an address of a pool"),
        (FIRST + 1, FIRST + 1, "an address of a pool, also where it is giaddr"),
        (parse_ip("10.30.0.11"), GIADDR, "an address of another subnet's pool"),
        (0, GIADDR, "a box without an address"),
        (parse_ip("224.0.0.9"), GIADDR, "no host's address"),
    ],
)
def test_a_host_that_plays_relay_hears_nothing(bench: Bench, source: int, giaddr: int, who: str) -> None:
    """The reason, and both addresses, for whoever looks for it; no line, for none of what it says is true."""
    bench.install()
    outcome = bench.hear(discover(giaddr=giaddr, agent=FORGED), source=source) if source else _from_nowhere(bench)
    assert (told(outcome), outcome.port, outcome.answer, outcome.to) == (STRANGER, None, b"", None)
    assert outcome.verdict.seen == f"{ip_text(source)} for giaddr {ip_text(giaddr)}"
    assert (outcome.where, outcome.mac, outcome.message) == (ip_text(giaddr), BOX, "DHCPDISCOVER")


def _from_nowhere(bench: Bench) -> Outcome:
    """UDP hears such a one by broadcast only."""
    return bench.handle("dhcp", Datagram(discover(agent=FORGED), 0, 68, RELAYED))


def test_two_packets_do_not_lock_an_account_to_a_false_line(bench: Bench) -> None:
    """The neighbour is then bound to his own line, and nothing of the forged one is left."""
    bench.install(BOX, "A")
    bench.install(OTHER, "B")
    host = bench.bind(OTHER)
    for giaddr in (GIADDR, host):
        bench.hear(discover(giaddr=giaddr, agent=FORGED), source=host)
        bench.hear(selecting(BOX, FIRST, giaddr=giaddr, agent=FORGED), source=host)
    assert bench.store.facts([BOX])[BOX].lease is None
    assert bench.bind(agent=circuit("ge 1/0/7"))
    binding = bench.store.facts([BOX])[BOX].binding
    assert binding is not None and binding.port is not None and binding.port.text.endswith("ge 1/0/7")


@pytest.mark.parametrize("kind", ["ordered", "leased", "told by RADIUS"])
def test_an_address_that_a_box_has_is_no_relays_outside_the_pools_either(tmp_path: Path, kind: str) -> None:
    """It is a relay's until somebody is given it."""
    bench = Bench(tmp_path)
    bench.install()
    host, giaddr = (CORE, GIADDR) if kind == "ordered" else (REAL, REAL)
    assert told(_heard(bench, host, giaddr)) == SERVED
    if kind == "ordered":
        bench.install(OTHER, "B", address=ip_text(host))
    elif kind == "leased":
        bench.world.pools.take(Part((host,), OTHER, (NOW + 60,)))
    else:
        bench.world.pools.framed.report(SessionKey("bras1", "", "1"), OTHER, host, NOW + 60, NOW)
    assert told(_heard(bench, host, giaddr, now=NOW + 1)) == STRANGER
    if kind != "ordered":
        assert told(_heard(bench, host, giaddr, now=NOW + 61)) == SERVED


def test_a_router_in_the_range_of_a_pool_is_no_box(tmp_path: Path) -> None:
    """Nobody is given its address, so that it may relay."""
    bench = Bench(tmp_path, CONFIG.replace('pools = ["10.20.1.0-10.20.1.3"]', 'pools = ["10.20.0.0/23"]'))
    bench.install()
    assert told(_heard(bench, GIADDR, GIADDR)) == SERVED


NAMED = CONFIG.replace("[dhcp]\n", '[dhcp]\nrelays = ["192.0.2.16/28", "10.20.0.3", "10.20.1.2"]\n')


@pytest.mark.parametrize(
    ("source", "giaddr", "expected"),
    [
        (CORE, GIADDR, SERVED),
        (REAL, GIADDR, SERVED),
        (FIRST + 2, GIADDR, SERVED),  # in a pool: the operator's word counts alone
        (GIADDR, GIADDR, STRANGER),
        (parse_ip("192.0.2.32"), GIADDR, STRANGER),
        (parse_ip("127.0.0.1"), GIADDR, STRANGER),
    ],
)
def test_where_relays_are_named_these_alone_are_believed(
    tmp_path: Path, source: int, giaddr: int, expected: tuple[str, str]
) -> None:
    bench = Bench(tmp_path, NAMED)
    bench.install()
    assert told(_heard(bench, source, giaddr)) == expected


def test_boxes_that_no_relay_speaks_for_are_none_of_relays(tmp_path: Path) -> None:
    """Heard on an interface, or renewing by unicast."""
    bench = Bench(tmp_path, NAMED)
    bench.install()
    assert told(bench.hear(discover(giaddr=0), DIRECT)) == SERVED
    bench.hear(selecting(BOX, FIRST, giaddr=0), DIRECT)
    assert told(bench.hear(renewing(BOX, FIRST), source=FIRST)) == ("DHCPACK", "")


QUERIED = NAMED.replace("[dhcp]\n", '[dhcp]\nleasequery = ["10.20.0.1", "192.0.2.17"]\n')


@pytest.mark.parametrize(
    ("source", "expected"), [(CORE, ("DHCPLEASEACTIVE", "")), (GIADDR, STRANGER)], ids=["named", "not named"]
)
def test_a_lease_query_is_a_relayed_message(tmp_path: Path, source: int, expected: tuple[str, str]) -> None:
    """RFC 4388 7: who may ask is said beside; a refused query is nothing that the box did."""
    bench = Bench(tmp_path, QUERIED)
    bench.install()
    bench.hear(discover(), source=CORE)
    bench.hear(selecting(BOX, FIRST), source=CORE)
    query = discover(giaddr=source).replace(b"\x35\x01\x01", b"\x35\x01\x0a")
    outcome = bench.hear(query, source=source)
    assert told(outcome) == expected
    assert outcome.mac == (b"" if expected == STRANGER else BOX)


def test_a_flood_of_sources_is_remembered_within_bounds(bench: Bench) -> None:
    """Whoever forges sources finds the usual relay known all the same."""
    bench.install()
    bench.hear(discover(OTHER), source=CORE)
    relays = bench.dhcp._door.relays
    assert (CORE, GIADDR) in relays._known
    for source in range(CORE, CORE + _MAX_PAIRS + 100):
        relays.refusal(source, GIADDR, NOW)
    assert len(relays._known) <= _MAX_PAIRS
    assert told(_heard(bench, GIADDR, GIADDR)) == SERVED
