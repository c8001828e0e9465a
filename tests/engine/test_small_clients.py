"""Clients in firmware that misplace options 50 and 54, or fill in ciaddr too early ([dhcp] lenient).

Kea 2.2.0 and dnsmasq 2.90 answer a renewal with option 54. Reported of such clients: nispor/mozim#18,
newAM/w5500-rs#268, d2g/dhcp4client#25.
"""

from pathlib import Path

import pytest

from gatekeeper.wire import dhcp as dhcp_wire
from gatekeeper.wire.text import parse_ip
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
    Bench,
    circuit,
    discover,
    told,
)

STRANGER = parse_ip("10.20.0.66")
EVERYBODY = 0xFFFFFFFF
SILENT = ("silent", "UNSUPPORTED")
ACK = ("DHCPACK", "")


def _ask(
    kind: int = 3, server: int | None = None, asked: int = 0, agent: bytes = b"", mac: bytes = BOX, **header: int
) -> bytes:
    options = {82: agent} if agent else {}
    if server is not None:
        options[54] = server.to_bytes(4, "big")
    if asked:
        options[50] = asked.to_bytes(4, "big")
    return dhcp_wire.encode(dhcp_wire.message(kind, mac, 7, options, **header))


def _strict(folder: Path) -> Bench:
    return Bench(folder, CONFIG.replace("[dhcp]\n", "[dhcp]\nlenient = false\n"))


RENEWALS = [
    # option 54, option 50, giaddr, broadcast, what it is taken for
    (SERVER, 0, 0, False, "lenient: a renewal with option 54"),
    (SERVER, FIRST, 0, False, "lenient: a renewal with option 54"),
    (0, 0, 0, False, "lenient: a renewal with option 54"),
    (EVERYBODY, FIRST, 0, False, "lenient: a renewal with option 54"),
    (SERVER, 0, GIADDR, False, "lenient: ciaddr before the address is bound"),
    (SERVER, FIRST, GIADDR, False, "lenient: ciaddr before the address is bound"),
    (SERVER, 0, 0, True, "lenient: ciaddr before the address is bound"),
    (EVERYBODY, 0, 0, True, "lenient: option 54 names no server"),
]


@pytest.mark.parametrize(("server", "asked", "giaddr", "broadcast", "note"), RENEWALS)
def test_a_renewal_that_names_us_or_nobody_is_acknowledged(
    bench: Bench, server: int, asked: int, giaddr: int, broadcast: bool, note: str
) -> None:
    """It is our box and our address. The log says what was let pass."""
    bench.install()
    assert bench.bind() == FIRST
    door = DIRECT if broadcast else RELAYED
    ack = bench.hear(_ask(server=server, asked=asked, ciaddr=FIRST, giaddr=giaddr), door, now=NOW + 1800)
    assert (told(ack), ack.verdict.address, ack.verdict.seen) == (ACK, FIRST, note)
    lease = bench.store.facts([BOX])[BOX].lease
    assert lease is not None and lease.expires_at == NOW + 1800 + 3600


@pytest.mark.parametrize(("giaddr", "broadcast"), [(0, False), (GIADDR, False), (0, True)])
@pytest.mark.parametrize("asked", [0, FIRST])
def test_a_renewal_that_names_another_server_is_not_answered(
    bench: Bench, asked: int, giaddr: int, broadcast: bool
) -> None:
    """RFC 2131 4.3.2: the box speaks to that one."""
    bench.install()
    bench.bind()
    sent = _ask(server=STRANGER, asked=asked, ciaddr=FIRST, giaddr=giaddr)
    assert told(bench.hear(sent, DIRECT if broadcast else RELAYED)) == ("silent", "OTHER_SERVER")


def test_a_renewal_with_option_54_needs_no_line_and_a_relayed_one_is_judged_by_its_line(bench: Bench) -> None:
    """As without option 54 (RFC 3046 2.1)."""
    bench.install()
    bench.bind(agent=circuit("ge 1/0/7"))
    assert told(bench.hear(_ask(server=SERVER, ciaddr=FIRST))) == ACK
    moved = _ask(server=SERVER, ciaddr=FIRST, giaddr=GIADDR, agent=circuit("ge 1/0/8"))
    assert bench.hear(moved).verdict.reason == "PORT_MISMATCH"


def test_a_request_without_option_50_gets_what_was_offered(bench: Bench) -> None:
    """Kea acknowledges it. A box that was offered nothing is told to start afresh."""
    bench.install()
    bench.install(OTHER, "B")
    offered = bench.hear(discover()).verdict.address
    ack = bench.hear(_ask(server=SERVER, giaddr=GIADDR))
    assert (told(ack), ack.verdict.address, ack.verdict.seen) == (ACK, offered, "lenient: no option 50")
    assert told(bench.hear(_ask(server=SERVER, giaddr=GIADDR, mac=OTHER))) == ("DHCPNAK", "WRONG_ADDRESS")
    assert told(bench.hear(_ask(server=STRANGER, giaddr=GIADDR))) == ("silent", "OTHER_SERVER")


def test_a_request_without_option_50_gets_the_lease_or_the_ordered_address_after_a_restart(bench: Bench) -> None:
    """The offer was in memory; what is on record is not."""
    bench.install()
    bench.install(OTHER, "B", address="10.20.9.9")
    bench.bind()
    bench.hear(discover(OTHER))
    bench.start()
    found = [bench.hear(_ask(server=SERVER, giaddr=GIADDR, mac=mac)).verdict.address for mac in (BOX, OTHER)]
    assert found == [FIRST, parse_ip("10.20.9.9")]


@pytest.mark.parametrize("ciaddr", [FIRST, FIRST + 2])
def test_what_a_box_selects_stands_in_option_50_whatever_ciaddr_says(bench: Bench, ciaddr: int) -> None:
    """RFC 2131 table 5 has 0 there; some fill in what they were offered, others what they had before."""
    bench.install()
    bench.hear(discover())
    ack = bench.hear(_ask(server=SERVER, asked=FIRST, ciaddr=ciaddr, giaddr=GIADDR))
    assert (told(ack), ack.verdict.address) == (ACK, FIRST)


@pytest.mark.parametrize("server", [None, 0, EVERYBODY])
def test_a_box_that_names_no_server_gets_its_lease_and_its_offer_confirmed(bench: Bench, server: int | None) -> None:
    """INIT-REBOOT with an option 54 that is nobody's; or SELECTING by a client that leaves it out. What was neither
    leased nor offered here stays silence (RFC 2131 4.3.2)."""
    bench.install()
    bench.install(OTHER, "B")
    bench.hear(discover())
    assert told(bench.hear(_ask(server=server, asked=FIRST, giaddr=GIADDR))) == ACK
    bench.start()
    assert told(bench.hear(_ask(server=server, asked=FIRST, giaddr=GIADDR))) == ACK
    assert told(bench.hear(_ask(server=server, asked=FIRST + 1, giaddr=GIADDR, mac=OTHER))) == ("silent", "NO_LEASE")


@pytest.mark.parametrize("server", [None, 0, EVERYBODY])
def test_a_decline_needs_no_servers_name_where_the_address_is_the_boxs(bench: Bench, server: int | None) -> None:
    """Only what it was given can it decline; one that names another server is that one's."""
    bench.install()
    bench.bind()
    assert told(bench.hear(_ask(4, server, FIRST + 1, giaddr=GIADDR))) == ("silent", "NO_LEASE")
    assert told(bench.hear(_ask(4, STRANGER, FIRST, giaddr=GIADDR))) == ("silent", "OTHER_SERVER")
    assert bench.hear(_ask(4, server, FIRST, giaddr=GIADDR)).verdict.action == "quarantine"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (_ask(server=SERVER, ciaddr=FIRST), "UNSUPPORTED"),
        (_ask(server=SERVER, ciaddr=FIRST, giaddr=GIADDR), "UNSUPPORTED"),
        (_ask(server=SERVER, giaddr=GIADDR), "UNSUPPORTED"),
        (_ask(server=EVERYBODY, asked=FIRST, giaddr=GIADDR), "OTHER_SERVER"),
        (_ask(4, None, FIRST, giaddr=GIADDR), "UNSUPPORTED"),
        (_ask(4, 0, FIRST, giaddr=GIADDR), "OTHER_SERVER"),
    ],
)
def test_a_strict_server_is_silent_where_rfc_2131_has_no_row(tmp_path: Path, sent: bytes, reason: str) -> None:
    """[dhcp] lenient = false. A renewal by the book is answered all the same."""
    bench = _strict(tmp_path)
    bench.install()
    bench.bind()
    assert told(bench.hear(sent)) == ("silent", reason)
    assert told(bench.hear(_ask(ciaddr=FIRST))) == ACK


def test_what_names_neither_address_nor_server_stays_silence(bench: Bench) -> None:
    """It can mean anything."""
    bench.install()
    bench.hear(discover())
    assert told(bench.hear(_ask(giaddr=GIADDR))) == SILENT
    assert told(bench.hear(_ask(server=EVERYBODY, giaddr=GIADDR))) == SILENT
    assert told(bench.hear(_ask(4, None, giaddr=GIADDR))) == SILENT
