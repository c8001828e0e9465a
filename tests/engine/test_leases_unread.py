"""A gate that serves before the leases on record are read: an answer may come later by that, and never be another."""

from math import inf

import pytest

from gatekeeper.drivers.memory import Ahead
from gatekeeper.wire.text import ip_text
from tests.engine.bench import (
    BOX,
    FIRST,
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

UNREAD = ("silent", "LEASES_UNREAD")


@pytest.fixture
def started(bench: Bench) -> Bench:
    """BOX had the first address, and OTHER has none; nothing is read yet."""
    for mac, account in ((BOX, "A"), (OTHER, "B")):
        bench.install(mac, account)
    assert bench.bind(BOX) == FIRST
    bench.start(reads_first=False)
    return bench


@pytest.mark.parametrize("question", [discover(BOX), init_reboot(BOX, FIRST), renewing(BOX, FIRST)])
def test_a_box_goes_on_with_the_lease_that_is_on_record(started: Bench, question: bytes) -> None:
    """RFC 2131 4.3.2. The record proves that the address is its own: an address has one."""
    outcome = started.hear(question)
    assert outcome.reply in ("DHCPOFFER", "DHCPACK")
    assert outcome.verdict.address == FIRST


@pytest.mark.parametrize("question", [discover(OTHER), selecting(OTHER, FIRST + 1), renewing(OTHER, FIRST + 1)])
def test_a_box_without_a_lease_waits_in_silence_and_then_gets_what_it_would_have_got(
    started: Bench, question: bytes
) -> None:
    """Never a NAK: whose the address is will be known soon."""
    assert told(started.hear(question)) == UNREAD
    started.reader.read_on(inf)
    outcome = started.hear(question)
    assert outcome.reply in ("DHCPOFFER", "DHCPACK")
    assert outcome.verdict.address == FIRST + 1


def test_an_address_that_is_not_anybodys_own_is_refused_at_once(started: Bench) -> None:
    """RFC 2131 4.3.2: on the wrong net NAK. No lease on record changes that."""
    assert started.hear(init_reboot(BOX, FIRST + 0x10000)).reply == "DHCPNAK"


def test_what_is_cleared_while_leases_are_read_is_free_when_they_are(started: Bench) -> None:
    """The feed tells of an address that is not read yet."""
    assert started.store.clear_lease(FIRST, NOW)
    assert told(started.hear(discover(OTHER))) == UNREAD
    started.reader.read_on(inf)
    assert started.world.pools.is_free_for(FIRST, OTHER, NOW)


def test_a_lease_that_changes_while_leases_are_read_stays_as_it_is(started: Bench) -> None:
    """What is on disk is older."""
    assert started.hear(renewing(BOX, FIRST), now=NOW + 600).reply == "DHCPACK"
    started.reader.read_on(inf)
    assert not started.world.pools.is_free_for(FIRST, OTHER, NOW + 3600)


def test_an_order_that_fixes_an_address_meanwhile_learns_who_has_it(started: Bench) -> None:
    """An address is fixed for an account, whose other box has it."""
    started.install(THIRD, "A", boxes="2")
    assert started.order("amend", address=ip_text(FIRST)).record.state == "applied"
    started.hear(discover(OTHER))  # the feed is read
    assert not started.world.pools.is_free_for(FIRST, THIRD, NOW)
    assert started.world.pools.is_free_for(FIRST, BOX, NOW)


def test_boxes_are_looked_up_ahead_and_what_is_known_stays(started: Bench) -> None:
    """Those that nobody has asked about yet."""
    started.hear(renewing(BOX, FIRST), now=NOW + 60)
    lease = started.world.facts(BOX).lease
    while Ahead(started.store, started.world).look_on(inf):
        pass
    assert started.world.facts(BOX).lease is lease
    assert started.world.knows(OTHER)
