"""Pools and subnets after a reload: what boxes hold meanwhile, and what becomes of it."""

from pathlib import Path

import pytest

from gatekeeper.model import Verdict
from tests.engine.bench import (
    BOX,
    CONFIG,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    THIRD,
    Bench,
    discover,
    init_reboot,
    renewing,
    selecting,
    told,
)

NEW = FIRST + 0x100  # 10.20.2.0
LEASE_S = 3600


@pytest.fixture
def held(bench: Bench) -> Bench:
    """One box has the first address of a pool that is replaced by another."""
    bench.install()
    bench.install(OTHER, account="B")
    assert bench.bind() == FIRST
    bench.reload((NEW, NEW + 1))
    return bench


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(
    "asked",
    [renewing(BOX, FIRST), renewing(BOX, FIRST, giaddr=GIADDR), init_reboot(BOX, FIRST)],
    ids=["renewing", "rebinding", "init-reboot"],
)
def test_a_lease_outside_the_pools_is_not_prolonged(held: Bench, asked: bytes, restarted: bool) -> None:
    """The box is told so (RFC 2131 4.3.2: NAK), as by Kea and ISC dhcpd, and moves; a restart makes no difference."""
    if restarted:
        held.start()
        held.reload((NEW, NEW + 1))
    nak = held.hear(asked, now=NOW + 1800)
    assert told(nak) == ("DHCPNAK", "WRONG_ADDRESS")
    assert (nak.verdict.bound, nak.verdict.seen) == ("", "10.20.1.0")
    assert held.bind(now=NOW + 1801) == NEW


def test_what_is_held_in_a_range_that_is_gone_is_nobody_elses_until_its_end(held: Bench) -> None:
    """Also when the range comes back."""
    held.reload((FIRST, FIRST), now=NOW + 60)
    assert held.bind(OTHER, now=NOW + 61) == 0
    assert held.bind(OTHER, now=NOW + LEASE_S) == FIRST


def test_a_range_that_comes_back_in_time_prolongs_its_leases(held: Bench) -> None:
    """A slip that is mended before anybody renews costs nobody anything."""
    held.reload((FIRST, FIRST + 3), now=NOW + 60)
    assert told(held.hear(renewing(BOX, FIRST), now=NOW + 1800)) == ("DHCPACK", "")


def test_an_offer_stands_where_its_address_still_is_in_a_pool(bench: Bench) -> None:
    """Nobody else is offered it meanwhile; the other kind is taken back."""
    bench.install()
    bench.install(OTHER, account="B")
    assert bench.hear(discover()).verdict.address == FIRST
    bench.reload((FIRST, FIRST + 1))
    assert bench.hear(discover(OTHER)).verdict.address == FIRST + 1
    bench.reload((FIRST + 1, NEW))
    assert told(bench.hear(selecting(BOX, FIRST))) == ("DHCPNAK", "WRONG_ADDRESS")
    assert told(bench.hear(selecting(OTHER, FIRST + 1))) == ("DHCPACK", "")


def test_a_wider_pool_mends_one_that_was_exhausted(bench: Bench) -> None:
    """What POOL_EXHAUSTED says is enough."""
    for number, mac in enumerate((BOX, OTHER, THIRD)):
        bench.install(mac, account=f"A{number}")
    bench.reload((FIRST, FIRST + 1))
    assert [bench.bind(mac) for mac in (BOX, OTHER)] == [FIRST, FIRST + 1]
    assert told(bench.hear(discover(THIRD))) == ("silent", "POOL_EXHAUSTED")
    bench.reload((FIRST, FIRST + 2))
    assert bench.bind(THIRD) == FIRST + 2


def test_an_address_that_was_ordered_outside_the_pools_is_not_kept_without_its_order(bench: Bench) -> None:
    """Nobody gives it any longer: the box moves into the pool at its next renewal."""
    bench.install(address="10.20.9.9")
    fixed = bench.bind()
    assert told(bench.hear(renewing(BOX, fixed), now=NOW + 1800)) == ("DHCPACK", "")
    bench.order("cancel")
    bench.install()
    assert told(bench.hear(renewing(BOX, fixed), now=NOW + 3600)) == ("DHCPNAK", "WRONG_ADDRESS")
    assert bench.bind(now=NOW + 3601) == FIRST


SHARED = CONFIG.replace("lease_s = 3600\n", 'lease_s = 3600\nshared_network = "north"\n').replace(
    'routers = ["10.30.0.1"]\n', 'routers = ["10.30.0.1"]\nshared_network = "north"\n'
)


def test_boxes_of_a_shared_network_move_to_the_subnet_that_has_addresses(tmp_path: Path) -> None:
    """Renumbering: the old subnet has no pool any more, and its boxes, which remember and ask for it, are not stuck."""
    bench = Bench(tmp_path, SHARED)
    bench.install()
    assert bench.bind() == FIRST
    bench.reload()
    assert told(bench.hear(renewing(BOX, FIRST), now=NOW + 1800)) == ("DHCPNAK", "WRONG_ADDRESS")
    assert told(bench.hear(init_reboot(BOX, FIRST), now=NOW + 1800)) == ("DHCPNAK", "WRONG_ADDRESS")
    offer = bench.hear(discover(BOX, {50: FIRST.to_bytes(4, "big")}), now=NOW + 1801)
    assert offer.verdict == Verdict(offer.verdict.action, address=0x0A1E000A)
