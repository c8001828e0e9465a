"""An ordered address is one box's at a time: of whom DHCP has given it, or RADIUS has told it and whose session runs.

The account has two boxes (RFC 2865 5.8 Framed-IP-Address, RFC 2866 5.1 Acct-Status-Type).
"""

from pathlib import Path

import pytest

from gatekeeper.drivers.memory import look_up, whole_world
from gatekeeper.policy.explain import explain_radius
from gatekeeper.wire import radius as radius_wire
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import (
    BOX,
    BRAS,
    CONFIG,
    FIRST,
    H3C,
    NOW,
    OTHER,
    Bench,
    access_request,
    accounting_request,
    discover,
    release,
    selecting,
    told,
)

FIXED = parse_ip("10.20.9.9")
START, STOP, INTERIM, ON = 1, 2, 3, 7
DAY = 86_400


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Account A has BOX and OTHER, and one address; bras1 is told of a pool."""
    made = Bench(tmp_path, CONFIG.replace('nas = "huawei"', 'nas = "huawei"\nframed_pool = "itv"'))
    made.install(address="10.20.9.9")
    made.install(OTHER)
    return made


class _Nas:
    """A NAS that asks and reports, with a fresh identifier each time."""

    def __init__(self, bench: Bench, source: int = BRAS) -> None:
        self.bench, self.source, self.sent = bench, source, 0

    def address(self, mac: bytes, now: int = NOW) -> int:
        """Framed-IP-Address for this box, 0 where it is told the pool instead."""
        self.sent += 1
        data = access_request(mac.hex(), password=mac.hex(), identifier=self.sent)
        outcome = self.bench.ask(data, self.source, now)
        assert outcome.reply == "Access-Accept"
        attributes = radius_wire.decode(outcome.answer).attributes
        if self.source == BRAS:
            assert (8 in attributes) != (88 in attributes)
        return int.from_bytes(attributes.get(8, b""), "big")

    def report(self, status: int, mac: bytes, session: str, now: int = NOW, address: int = FIXED) -> None:
        self.sent += 1
        numbers = {8: address} if address else {}
        data = accounting_request(status, session, mac.hex(), numbers, self.sent)
        assert told(self.bench.report(data, self.source, now)) == ("Accounting-Response", "")


@pytest.fixture
def nas(bench: Bench) -> _Nas:
    return _Nas(bench)


def test_the_first_box_is_told_the_address_and_the_other_one_the_pool(nas: _Nas) -> None:
    """Also when the first one asks again; and when the other one asked first it would be the other way round."""
    assert [nas.address(mac) for mac in (BOX, OTHER, BOX, OTHER)] == [FIXED, 0, FIXED, 0]


def test_the_address_is_free_when_its_session_has_ended(nas: _Nas) -> None:
    """Not before; and a Stop that names no address ends it as well."""
    nas.address(BOX)
    nas.report(START, BOX, "1")
    nas.report(INTERIM, BOX, "1", NOW + 600)
    assert nas.address(OTHER, NOW + 700) == 0
    nas.report(STOP, BOX, "1", NOW + 800, address=0)
    assert nas.address(OTHER, NOW + 801) == FIXED
    assert nas.address(BOX, NOW + 802) == 0


def test_a_session_that_is_not_heard_of_any_more_is_over(nas: _Nas) -> None:
    """[radius] stale_session_s, from its last report on; so is one that was never reported."""
    nas.address(BOX)
    assert [nas.address(OTHER, NOW + at) for at in (DAY - 1, DAY)] == [0, FIXED]
    nas.report(START, OTHER, "2", NOW + DAY + 10)
    nas.report(INTERIM, OTHER, "2", NOW + DAY + 1000)
    assert [nas.address(BOX, NOW + 2 * DAY + at) for at in (999, 1000)] == [0, FIXED]


def test_the_stop_of_the_session_before_takes_nothing_away(nas: _Nas) -> None:
    """A box that comes back is let in before the NAS has given its old session up."""
    nas.address(BOX)
    nas.report(START, BOX, "1")
    nas.address(BOX, NOW + 500)
    nas.report(STOP, BOX, "1", NOW + 501)
    assert nas.address(OTHER, NOW + 502) == 0
    nas.report(START, BOX, "2", NOW + 503)
    nas.report(STOP, BOX, "1", NOW + 504)
    assert nas.address(OTHER, NOW + 600) == 0


def test_a_box_that_asks_again_in_its_session_keeps_the_address_no_longer_than_that(nas: _Nas) -> None:
    """Its session is over, and no other one has begun within a minute of the Accept."""
    nas.address(BOX)
    nas.report(START, BOX, "1")
    nas.address(BOX, NOW + 500)
    nas.report(STOP, BOX, "1", NOW + 510)
    assert [nas.address(OTHER, NOW + 500 + at) for at in (59, 60)] == [0, FIXED]


def test_of_two_sessions_with_one_address_the_first_one_has_it(nas: _Nas) -> None:
    """The second box has it by its own doing; what it reports takes nothing away, and nor does its end."""
    nas.address(BOX)
    nas.report(START, BOX, "1")
    nas.report(START, OTHER, "2", NOW + 10)
    assert (nas.address(BOX, NOW + 20), nas.address(OTHER, NOW + 20)) == (FIXED, 0)
    nas.report(STOP, OTHER, "2", NOW + 100)
    assert nas.address(OTHER, NOW + 101) == 0


@pytest.mark.parametrize(("runs", "told_to_other"), [(False, FIXED), (True, 0)])
def test_a_lease_that_is_cleared_by_hand_frees_what_no_session_has(
    bench: Bench, nas: _Nas, runs: bool, told_to_other: int
) -> None:
    """``gatekeeper clear lease``; a session that runs is ended by ``clear session``."""
    nas.address(BOX)
    bench.bind(BOX)
    if runs:
        nas.report(START, BOX, "1")
    assert bench.store.clear_lease(FIXED, NOW)
    assert nas.address(OTHER) == told_to_other


def test_when_a_nas_starts_anew_its_sessions_are_over(nas: _Nas) -> None:
    """RFC 2866 5.1 Accounting-On. Another NAS's are not."""
    nas.address(BOX)
    nas.report(START, BOX, "1")
    other = _Nas(nas.bench, H3C)
    nas.bench.report(accounting_request(ON, None, None, identifier=200), H3C)
    assert other.address(OTHER) == 0
    nas.bench.report(accounting_request(ON, None, None, identifier=201), now=NOW + 1)
    assert other.address(OTHER, NOW + 2) == FIXED


def test_after_a_restart_what_accounting_reported_counts_and_what_was_only_told_is_forgotten(nas: _Nas) -> None:
    """The first is on disk, the second was in memory."""
    nas.address(BOX)
    nas.bench.start()
    assert nas.address(OTHER) == FIXED
    nas.report(START, OTHER, "2")
    nas.bench.start()
    assert nas.address(BOX, NOW + 1) == 0
    nas.report(STOP, OTHER, "2", NOW + 2)
    assert nas.address(BOX, NOW + 3) == FIXED


def test_dhcp_gives_no_box_an_address_that_radius_has_told_another(bench: Bench, nas: _Nas) -> None:
    """The other box gets one of the pool; the one whose session it is gets the address from both."""
    nas.address(BOX)
    assert bench.bind(OTHER) == FIRST
    assert told(bench.hear(selecting(OTHER, FIXED))) == ("DHCPNAK", "WRONG_ADDRESS")
    assert bench.bind(BOX) == FIXED
    nas.report(START, BOX, "1")
    assert bench.hear(discover(OTHER), now=NOW + 5000).verdict.address == FIRST


def test_radius_tells_no_box_an_address_that_dhcp_has_given_another(bench: Bench, nas: _Nas) -> None:
    """While the lease or the offer lasts."""
    assert bench.hear(discover(OTHER)).verdict.address == FIXED
    assert nas.address(BOX) == 0
    assert bench.bind(OTHER) == FIXED
    assert (nas.address(BOX), nas.address(OTHER)) == (0, FIXED)


def test_a_lease_given_back_frees_nothing_while_the_session_runs(bench: Bench, nas: _Nas) -> None:
    """And a session that has ended frees nothing while the lease lasts."""
    nas.address(BOX)
    bench.bind(BOX)
    nas.report(START, BOX, "1")
    bench.hear(release(BOX, FIXED))
    assert nas.address(OTHER, NOW + 1) == 0
    bench.bind(BOX, now=NOW + 2)
    nas.report(STOP, BOX, "1", NOW + 100)
    assert nas.address(OTHER, NOW + 200) == 0


def test_an_order_that_takes_the_box_off_its_account_frees_what_was_only_told(bench: Bench, nas: _Nas) -> None:
    """A swap works at the next packet; a session that runs is first ended by its Disconnect."""
    nas.address(BOX)
    new = bytes.fromhex("d4c1c8000009")
    assert bench.order("swap", old_mac=BOX.hex(), mac=new.hex()).record.state == "applied"
    assert nas.address(new) == FIXED
    nas.report(START, new, "1")
    assert bench.order("swap", old_mac=new.hex(), mac=BOX.hex()).sessions == 1
    assert nas.address(BOX) == 0
    nas.report(STOP, new, "1", NOW + 100)
    assert nas.address(BOX, NOW + 101) == FIXED


def test_an_address_that_is_ordered_for_another_account_is_told_when_its_session_has_ended(
    bench: Bench, nas: _Nas
) -> None:
    """Orders change nothing about who has it now; what was only told to a box says no more."""
    new = bytes.fromhex("d4c1c8000009")
    nas.address(BOX)
    nas.report(START, BOX, "1")
    bench.order("amend", address="10.20.9.10")
    nas.report(INTERIM, BOX, "1", NOW + 10)
    bench.install(new, "B", address="10.20.9.9")
    assert nas.address(new, NOW + 20) == 0
    nas.report(STOP, BOX, "1", NOW + 100)
    assert nas.address(new, NOW + 101) == FIXED
    bench.order("amend", "B", address="10.20.9.11")
    bench.order("amend", "A", address="10.20.9.9")
    assert nas.address(BOX, NOW + 102) == FIXED


def test_explain_says_why_no_address_is_told(bench: Bench, nas: _Nas) -> None:
    nas.address(BOX)
    nas.report(START, BOX, "1")
    world = whole_world(bench.book, bench.store)
    look_up(world, bench.store, OTHER, None, counts_boxes=False)
    found = explain_radius(bench.book, world, OTHER, None, bench.book.clients[0], NOW)
    assert found.gives.endswith("; no Framed-IP-Address: another box has 10.20.9.9")
