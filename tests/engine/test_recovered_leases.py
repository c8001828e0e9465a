"""Addresses that a recovery of the store keeps: the box that had one gets it again, and nobody else does.

RFC 2131 4.3.2 has a box that renews, rebinds or reboots say its address; a DISCOVER only wishes for one.
"""

from pathlib import Path

import pytest

from gatekeeper.store.sqlite import SqliteStore
from tests.engine.bench import (
    BOX,
    CONFIG,
    FIRST,
    NOW,
    OTHER,
    THIRD,
    Bench,
    decline,
    discover,
    init_reboot,
    renewing,
    told,
)

HOUR = 3600


@pytest.fixture
def kept(tmp_path: Path) -> Bench:
    """BOX had FIRST by a commit that is lost with the log; the mark knows it. The others know nothing."""
    return recovered(tmp_path, with_mark=True)


@pytest.fixture
def unclaimed(tmp_path: Path) -> Bench:
    """The mark is lost too: all four addresses of the pool are kept for whoever renews them."""
    return recovered(tmp_path, with_mark=False)


def recovered(folder: Path, with_mark: bool) -> Bench:
    path = folder / "gatekeeper.db"
    bench = Bench(folder, CONFIG, str(path))
    for mac, account in ((BOX, "A"), (OTHER, "B"), (THIRD, "C")):
        bench.install(mac, account)
    bench.store.begin_serving()
    main = path.read_bytes()
    bench.bind()
    mark = path.with_name("gatekeeper.db-mark").read_bytes()
    bench.store.close()
    for file in folder.glob("gatekeeper.db*"):
        file.unlink()
    path.write_bytes(main)
    if with_mark:
        path.with_name("gatekeeper.db-mark").write_bytes(mark)
    store = SqliteStore(str(path), mend=True)
    store.recover([(FIRST, FIRST + 3)], HOUR, NOW, lambda _: None)
    store.close()
    return Bench(folder, CONFIG, str(path))


def test_its_box_renews_it_and_has_an_ordinary_lease(kept: Bench) -> None:
    assert told(kept.hear(renewing(BOX, FIRST), now=NOW + 1)) == ("DHCPACK", "")
    assert [(row["state"], row["mac"]) for row in kept.store.view("leases", NOW + 1)] == [("active", BOX.hex(":"))]


def test_its_box_reboots_into_it_or_finds_it_again(kept: Bench) -> None:
    assert told(kept.hear(init_reboot(BOX, FIRST))) == ("DHCPACK", "")
    assert kept.bind() == FIRST


def test_another_box_gets_it_when_its_time_is_over(kept: Bench) -> None:
    wish = {50: FIRST.to_bytes(4, "big")}
    assert kept.hear(discover(OTHER, wish)).verdict.address != FIRST
    assert told(kept.hear(renewing(OTHER, FIRST))) == ("DHCPNAK", "WRONG_ADDRESS")
    assert kept.hear(discover(OTHER, wish), now=NOW + HOUR + 1).verdict.address == FIRST


@pytest.mark.parametrize("way", [renewing, init_reboot])
def test_whoever_says_first_that_an_unclaimed_one_is_his_has_it(unclaimed: Bench, way: type) -> None:
    assert told(unclaimed.hear(way(BOX, FIRST))) == ("DHCPACK", "")
    assert told(unclaimed.hear(renewing(OTHER, FIRST))) == ("DHCPNAK", "WRONG_ADDRESS")
    assert told(unclaimed.hear(init_reboot(OTHER, FIRST))) == ("silent", "NO_LEASE")
    assert told(unclaimed.hear(renewing(BOX, FIRST), now=NOW + 60)) == ("DHCPACK", "")


def test_rebinding_is_enough(unclaimed: Bench) -> None:
    """A relayed request with ciaddr alone (RFC 2131 4.3.2, table 4)."""
    assert told(unclaimed.hear(renewing(BOX, FIRST, giaddr=FIRST - 255))) == ("DHCPACK", "")


def test_nobody_is_newly_given_an_unclaimed_one_before_its_time_is_over(unclaimed: Bench) -> None:
    assert told(unclaimed.hear(discover(OTHER, {50: FIRST.to_bytes(4, "big")}))) == ("silent", "POOL_EXHAUSTED")
    assert told(unclaimed.hear(discover(OTHER))) == ("silent", "POOL_EXHAUSTED")
    assert unclaimed.bind(OTHER, now=NOW + HOUR + 1) == FIRST


def test_a_box_that_has_one_is_given_no_second_one(unclaimed: Bench) -> None:
    assert told(unclaimed.hear(renewing(BOX, FIRST))) == ("DHCPACK", "")
    assert told(unclaimed.hear(renewing(BOX, FIRST + 1))) == ("DHCPNAK", "WRONG_ADDRESS")


def test_one_that_is_declined_is_nobodys(unclaimed: Bench) -> None:
    assert told(unclaimed.hear(renewing(BOX, FIRST))) == ("DHCPACK", "")
    unclaimed.hear(decline(BOX, FIRST))
    assert told(unclaimed.hear(init_reboot(OTHER, FIRST))) == ("silent", "NO_LEASE")
