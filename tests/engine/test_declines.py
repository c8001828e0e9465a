"""A DHCPDECLINE (RFC 2131 4.3.3) is believed so often, and takes so much of a pool: no box can empty it by words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.model import Datagram
from tests.engine.bench import (
    BOX,
    CONFIG,
    DIRECT,
    FIRST,
    NOW,
    OTHER,
    Bench,
    decline,
    discover,
    release,
    renewing,
    selecting,
    told,
)

WIDE = CONFIG.replace("10.20.1.0-10.20.1.3", "10.20.1.0-10.20.1.63")


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[Bench]:
    """A pool of 64, and orders for two boxes."""
    gate = Bench(tmp_path, WIDE)
    gate.install()
    gate.install(OTHER, "B")
    yield gate
    gate.store.close()


def boxes(count: int) -> list[bytes]:
    return [bytes((2, 0, 0, 0, 1, number)) for number in range(count)]


def quarantined(bench: Bench) -> list[int]:
    return [lease.address for lease in bench.store.all_leases() if lease.state == "declined"]


def test_the_fourth_decline_within_an_hour_is_refused_and_the_box_keeps_its_address(wide: Bench) -> None:
    """It is offered that again, and may go on with it; the pool is left to the others."""
    for number in range(3):
        address = wide.bind(now=NOW + number)
        assert told(wide.hear(decline(BOX, address), now=NOW + number)) == ("silent", "")
    for later in (3, 4, 3599):
        assert wide.bind(now=NOW + later) == FIRST + 3
        refused = wide.hear(decline(BOX, FIRST + 3), now=NOW + later)
        assert told(refused) == ("silent", "TOO_MANY_DECLINES")
        assert (refused.verdict.bound, refused.verdict.seen) == ("3 an hour at most", "3 in the last hour")
    assert told(wide.hear(renewing(BOX, FIRST + 3), now=NOW + 3599)) == ("DHCPACK", "")
    assert quarantined(wide) == [FIRST, FIRST + 1, FIRST + 2]
    # Another box is believed all the same; and this one is again as its hour goes on.
    assert told(wide.hear(decline(OTHER, wide.bind(OTHER, now=NOW + 9)), now=NOW + 9)) == ("silent", "")
    assert told(wide.hear(decline(BOX, FIRST + 3), now=NOW + 3600)) == ("silent", "")


def test_what_it_was_offered_it_cannot_decline_again_and_again_either(wide: Bench) -> None:
    """A box may probe before it takes an address (RFC 2131 4.4.1)."""
    offers = []
    for _ in range(6):
        offers.append(wide.hear(discover()).verdict.address)
        wide.hear(decline(BOX, offers[-1]))
    assert offers == [FIRST, FIRST + 1, FIRST + 2, FIRST + 3, FIRST + 3, FIRST + 3]


def test_it_is_configured_how_often(tmp_path: Path) -> None:
    """[dhcp] declines_per_hour."""
    bench = Bench(tmp_path, WIDE.replace("[dhcp]\n", "[dhcp]\ndeclines_per_hour = 1\n"))
    bench.install()
    assert told(bench.hear(decline(BOX, bench.bind()))) == ("silent", "")
    assert told(bench.hear(decline(BOX, bench.bind()))) == ("silent", "TOO_MANY_DECLINES")


def test_a_release_in_between_does_not_begin_the_count_anew(wide: Bench) -> None:
    """Nor does a NAK, or an hour that is another box's."""
    for _ in range(3):
        wide.hear(decline(BOX, wide.bind()))
    wide.hear(release(BOX, wide.bind()))
    assert told(wide.hear(decline(BOX, wide.bind()))) == ("silent", "TOO_MANY_DECLINES")


def test_many_boxes_bring_no_more_than_a_fifth_of_a_pool_into_quarantine(wide: Bench) -> None:
    """12 of 64, whoever declines; the others keep what they were given, and all 52 have one."""
    crowd = boxes(52)
    for number, mac in enumerate(crowd):
        wide.install(mac, f"N{number}")
    outcomes = [told(wide.hear(decline(mac, wide.bind(mac)))) for mac in crowd]
    assert outcomes == [("silent", "")] * 12 + [("silent", "QUARANTINE_FULL")] * 40
    assert quarantined(wide) == list(range(FIRST, FIRST + 12))
    refused = wide.hear(decline(crowd[-1], wide.bind(crowd[-1])))
    assert (refused.verdict.bound, refused.verdict.seen) == ("12 of 64 at most", "12 in quarantine")
    assert sorted(map(wide.bind, crowd)) == list(range(FIRST + 12, FIRST + 64))


def test_a_fifth_is_a_fifth_after_a_restart_too(wide: Bench) -> None:
    """The store knows what is in quarantine; and ends it with its time."""
    crowd = boxes(14)
    for number, mac in enumerate(crowd):
        wide.install(mac, f"N{number}")
    for mac in crowd[:12]:
        wide.hear(decline(mac, wide.bind(mac)))
    wide.start()
    assert told(wide.hear(decline(crowd[12], wide.bind(crowd[12])))) == ("silent", "QUARANTINE_FULL")
    later = NOW + 3600
    wide.start()
    assert told(wide.hear(decline(crowd[13], wide.bind(crowd[13], now=later)), now=later)) == ("silent", "")


def test_a_quarantine_that_a_person_ends_gives_its_room_back(bench: Bench) -> None:
    """'gatekeeper clear lease', heard by the change feed."""
    bench.install()
    bench.install(OTHER, "B")
    bench.hear(decline(BOX, bench.bind()))
    assert told(bench.hear(decline(OTHER, bench.bind(OTHER)))) == ("silent", "QUARANTINE_FULL")
    assert bench.store.clear_lease(FIRST, NOW)
    assert told(bench.hear(decline(OTHER, bench.bind(OTHER)))) == ("silent", "")


def test_a_wider_pool_has_more_room_from_a_reload_on(bench: Bench) -> None:
    """What is in quarantine then counts as before."""
    third = boxes(1)[0]
    for number, mac in enumerate((BOX, OTHER, third)):
        bench.install(mac, f"N{number}")
    bench.hear(decline(BOX, bench.bind()))
    assert told(bench.hear(decline(OTHER, bench.bind(OTHER)))) == ("silent", "QUARANTINE_FULL")
    bench.reload((FIRST, FIRST + 9))
    assert told(bench.hear(decline(OTHER, bench.bind(OTHER)))) == ("silent", "")
    assert told(bench.hear(decline(third, bench.bind(third)))) == ("silent", "QUARANTINE_FULL")


def test_a_decline_by_way_of_another_relay_counts_where_its_address_belongs(bench: Bench) -> None:
    """From a link of another subnet, and from one of none, the same box and pool are meant."""
    for number, mac in enumerate((BOX, OTHER)):
        bench.install(mac, f"N{number}")
    bench.hear(decline(BOX, bench.bind()))
    for giaddr in (0x0A1E0001, 0xC6336401):
        assert told(bench.hear(decline(OTHER, bench.bind(OTHER), giaddr=giaddr))) == ("silent", "QUARANTINE_FULL")


def test_what_our_own_probe_finds_counts_into_the_share_and_to_no_box(wide: Bench) -> None:
    """It is our word, and never refused: 13 addresses of 64 are found taken, and none may be declined then."""
    wide.start(probing=frozenset({DIRECT.name}))
    squatter = b"\x02\0\0\0\0\x66"
    for number in range(13):
        wide.supply.probe = lambda probe, now: True
        wide.heart.receive("dhcp", [Datagram(discover(giaddr=0), 0, 68, DIRECT, BOX)], None, NOW)
        wide.supply.meet(NOW)
        wide.heart.claimed(FIRST + number, squatter, NOW)
        assert [told(outcome) for outcome in wide.commit()] == [("silent", "ADDRESS_CONFLICT")]
    assert quarantined(wide) == list(range(FIRST, FIRST + 13))
    assert wide.world.pools.declines.said(BOX, NOW) == 0
    address = wide.hear(discover()).verdict.address
    wide.hear(selecting(BOX, address))
    assert told(wide.hear(decline(BOX, address))) == ("silent", "QUARANTINE_FULL")
