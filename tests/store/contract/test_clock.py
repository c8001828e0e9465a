"""A wall clock is confirmed: what that makes of times on record, in one transaction with the heartbeat."""

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import AddressDeclined
from gatekeeper.policy.orders import OrderRules
from gatekeeper.state.clock import Beat, Move
from gatekeeper.store import StoreError
from gatekeeper.store.ports import Store
from tests.store.contract.conftest import Opens
from tests.store.ledger import ADDRESS, BOX, NOW, OTHER, THIRD, bound, lease, released, report

HOUR = 3600
JUMPED_AT = NOW + 600
GATE = NOW + 1000
FORWARD = Move(2 * HOUR, GATE, JUMPED_AT, older=True)
PASSED = FORWARD._replace(older=False)
BACK = Move(-2 * HOUR, GATE, JUMPED_AT, older=True)
DECLINED = ADDRESS + 1
GONE = ADDRESS + 2
RETURNED = ADDRESS + 3
LATE = ADDRESS + 4


@pytest.fixture
def moving(store: Store) -> Store:
    """A lease and a quarantine from before the jump, one lease that is over, one given back, one given since."""
    quarantine = lease(OTHER, DECLINED)._replace(state="declined")
    over = bound(THIRD, GONE, NOW - 2 * HOUR)
    store.commit([bound(), AddressDeclined(quarantine), over, bound(BOX, RETURNED, NOW - 9)])
    store.commit([released(BOX, RETURNED, NOW)])
    store.commit([bound(THIRD, LATE, JUMPED_AT + 7)])
    return store


def times(store: Store) -> dict[int, tuple[int, int, int]]:
    """Of each address when its lease ends, when it was given, and when renewed, in seconds from NOW."""
    found = {one.address: (one.expires_at, one.first_seen, one.last_seen) for one in store.all_leases()}
    return {address: (end - NOW, first - NOW, last - NOW) for address, (end, first, last) in found.items()}


def test_a_clock_that_is_ahead_takes_all_that_lives_with_it(moving: Store) -> None:
    """No holder loses a second, nothing that is over comes back, and what was given since the jump is dated so too."""
    assert moving.set_clock(FORWARD, Beat(GATE + 2 * HOUR, GATE + 2 * HOUR)) == 3
    assert times(moving) == {
        ADDRESS: (3 * HOUR, 0, 0),
        DECLINED: (3 * HOUR, 0, 0),
        GONE: (-HOUR, -2 * HOUR, -2 * HOUR),
        RETURNED: (0, -9, 0),
        LATE: (607 + 3 * HOUR, 607 + 2 * HOUR, 607 + 2 * HOUR),
    }


def test_time_that_did_pass_ends_what_was_given_before_it(moving: Store) -> None:
    """What was given since keeps its time."""
    assert moving.set_clock(PASSED, Beat(GATE + 2 * HOUR, GATE + 2 * HOUR)) == 1
    assert [times(moving)[address][0] for address in (ADDRESS, DECLINED)] == [HOUR, HOUR]
    assert times(moving)[LATE] == (607 + 3 * HOUR, 607 + 2 * HOUR, 607 + 2 * HOUR)


def test_a_clock_that_is_set_back_prolongs_nothing(moving: Store) -> None:
    """Each lease has left what it had; nothing is dated later than now, and a lease that was over is over."""
    assert moving.set_clock(BACK, Beat(GATE - 2 * HOUR, GATE - 2 * HOUR)) == 3
    now = 1000 - 2 * HOUR
    assert times(moving) == {
        ADDRESS: (-HOUR, now, now),
        DECLINED: (-HOUR, now, now),
        GONE: (-3 * HOUR, -2 * HOUR, -2 * HOUR),
        RETURNED: (-2 * HOUR, now, now),
        LATE: (607 - HOUR, now, now),
    }


def test_of_two_leases_of_a_box_the_right_one_counts_after_a_clock_was_set_back(store: Store) -> None:
    """The last one, which the clock of before has dated to times that come again."""
    store.commit([bound(BOX, ADDRESS, NOW - 30)])
    store.commit([bound(BOX, ADDRESS + 1, NOW + 700, ended=ADDRESS)])
    store.set_clock(BACK, Beat(GATE - 2 * HOUR, GATE - 2 * HOUR))
    found = store.facts([BOX])[BOX].lease
    assert found and (found.address, found.state) == (ADDRESS + 1, "active")


def test_a_lease_of_a_clock_that_was_ten_years_ahead_blocks_no_address_for_ten_years(store: Store) -> None:
    """Its holder has what it would have if it were given now."""
    ahead = 10 * 365 * 86_400
    store.commit([bound(at=NOW + ahead), bound(OTHER, DECLINED)])
    assert store.cut_leases(NOW) == 1
    assert times(store) == {ADDRESS: (HOUR, 0, 0), DECLINED: (HOUR, 0, 0)}
    assert store.cut_leases(NOW) == 0


@pytest.mark.parametrize(("move", "heard"), [(FORWARD, 2 * HOUR), (PASSED, 0), (BACK, 1000 - 2 * HOUR)])
def test_a_running_session_is_taken_to_be_over_by_the_time_that_passed(store: Store, move: Move, heard: int) -> None:
    """Not heard of for an hour: that is over by the wall clock alone only where the time did pass."""
    store.commit([report(BOX, "A")])
    store.set_clock(move, Beat(GATE + move.by_s, GATE + move.by_s))
    assert store.close_stale({}, HOUR, 10**9, NOW + heard + HOUR) == 0
    assert store.close_stale({}, HOUR, 10**9, NOW + heard + HOUR + 1) == 1


@pytest.mark.parametrize(("move", "ends"), [(FORWARD, 3 * HOUR), (PASSED, HOUR), (BACK, -HOUR)])
def test_a_held_order_waits_for_as_long_as_it_was_to_wait(store: Store, move: Move, ends: int) -> None:
    fields = {"order": "later", "kind": "suspend", "account": "nobody"}
    assert OrderDesk(store, OrderRules(2, hold_s=HOUR)).hand_in(fields, NOW).record.state == "held"
    store.set_clock(move, Beat(GATE + move.by_s, GATE + move.by_s))
    states = [store.order("later", NOW + at)["state"] for at in (ends - 1, ends)]  # type: ignore[index]
    assert states == ["held", "refused"]


def test_a_clock_is_set_wholly_or_not_at_all(moving: Store, opens: Opens) -> None:
    """The heartbeat goes with it: were it another one, the leases would be moved again at the next start."""
    moving.note((), {}, beat=Beat(GATE, GATE))
    other = opens()
    beat = Beat(GATE + 2 * HOUR, GATE + 2 * HOUR, "boot", 7.5)
    before = times(other)
    with pytest.raises(StoreError):
        moving.set_clock(FORWARD, beat._replace(boot=object()))
    assert (times(other), other.beat()) == (before, Beat(GATE, GATE))
    moving.set_clock(FORWARD, beat)
    assert other.beat() == beat
