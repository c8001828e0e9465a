"""The table of effects: what each kind does in memory, tells the journal, and gets lost for."""

from typing import get_args

import pytest

from gatekeeper.model import (
    AddressDeclined,
    AddressOffered,
    AddressTold,
    Effect,
    ExtensionDeferred,
    Facts,
    Lease,
    LeaseBound,
    LeaseReleased,
    OfferForgotten,
    PortId,
    PortLearned,
    Reason,
    Session,
    SessionReported,
    SessionsEnded,
    StbidDiffers,
    TwoMakes,
)
from gatekeeper.state.effects import EFFECTS, lost_reason, run_out
from gatekeeper.state.pools import Pools
from gatekeeper.state.world import World

BOX, OTHER = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"
NOW = 1000
LEASE = Lease(10, BOX, "A", "p", "active", NOW + 60, NOW, NOW, b"", b"")
RENEWED = LEASE._replace(last_seen=NOW + 30, expires_at=NOW + 90)
LEARNED = PortLearned("A", BOX, PortId("n|1", "1", "n"), "dhcp", NOW)
SESSION = Session("s", "bras1", "d", 1, BOX, "A", "p", 10, "", NOW, NOW, 0, 0, "", b"")

# One of each kind, and the kinds of event that it tells.
ONE_OF_EACH: dict[Effect, list[str]] = {
    LeaseBound(LEASE): ["lease"],
    LeaseReleased(LEASE._replace(state="released")): ["released"],
    AddressDeclined(LEASE._replace(state="declined")): ["declined"],
    LEARNED: ["port learned"],
    StbidDiffers(LEASE, "wanted", "said"): ["STBID differs"],
    TwoMakes(LEASE, ("udhcp 1.36.1", "SCITV")): ["option 60 twice"],
    # What is news of a session depends on what is on record of it (policy.sessions).
    SessionReported(SESSION, "start", NOW): [],
    SessionsEnded("bras1", "d", NOW): [],
    ExtensionDeferred(BOX, NOW + 30, NOW): [],
    AddressOffered(BOX, 10, NOW + 30): [],
    AddressTold(BOX, 11, NOW + 30): [],
    OfferForgotten(BOX): [],
}


def _world() -> World:
    world = World(Pools([[(10, 13)]]))
    world.take_facts({BOX: Facts(None, None), OTHER: Facts(None, None)})
    return world


def test_there_is_one_of_each_here() -> None:
    """A kind that is added gets its lines in these tests."""
    assert {type(effect) for effect in ONE_OF_EACH} == set(get_args(Effect))


@pytest.mark.parametrize("effect", ONE_OF_EACH, ids=lambda effect: type(effect).__name__)
def test_what_each_tells_the_journal(effect: Effect) -> None:
    """Kinds of events as the timeline shows them, of its own box."""
    events = EFFECTS[type(effect)].events(effect)
    assert [event.kind for event in events] == ONE_OF_EACH[effect]
    assert all((event.mac, event.account) == ("02:00:00:00:00:01", "A") for event in events)


@pytest.mark.parametrize("effect", ONE_OF_EACH, ids=lambda effect: type(effect).__name__)
def test_each_can_be_applied_and_settled_or_lost(effect: Effect) -> None:
    """What is lost leaves nothing that hides what the store says."""
    for ends in (lambda world: world.settle((effect,)), lambda world: world.lose((effect,), set())):
        world = _world()
        world.apply((effect,), 0, NOW)
        ends(world)
        world.take_facts({BOX: Facts(None, RENEWED)})
        assert world.facts(BOX).lease == RENEWED


def test_a_renewal_tells_nothing_and_a_change_of_address_two_things() -> None:
    """A box renews a hundred times for each thing that happens to it."""
    told = EFFECTS[LeaseBound].events
    assert told(LeaseBound(RENEWED)) == ()
    assert [(one.kind, one.address) for one in told(LeaseBound(LEASE, ended=12))] == [
        ("lease ended", 12),
        ("lease", 10),
    ]
    assert [one.address for one in told(LeaseBound(RENEWED, ended=12))] == [12]


def test_a_lease_that_ran_out_ended_then() -> None:
    """And not when that was noticed."""
    assert (run_out(LEASE).at_ms, run_out(LEASE).kind) == ((NOW + 60) * 1000, "lease ended")


@pytest.mark.parametrize(
    ("lost", "reason"),
    [({0}, Reason.ADDRESS_CONFLICT), ({1}, Reason.PORT_MISMATCH), ({0, 1}, Reason.PORT_MISMATCH),
     (set(), Reason.STORE_UNAVAILABLE)],
    ids=["address", "port", "both", "store failed"],
)  # fmt: skip
def test_why_an_outcome_is_not_answered(lost: set[int], reason: Reason) -> None:
    """That the port is another's says more; where nothing was taken, the store has failed."""
    assert lost_reason((LeaseBound(LEASE), LEARNED), lost) is reason


def test_only_the_place_that_was_taken_blocks_its_address() -> None:
    """Two effects may be alike: each is lost on its own."""
    world = _world()
    effects = (LeaseBound(LEASE), LeaseBound(LEASE._replace(address=11)))
    world.apply(effects, 0, NOW)
    world.lose(effects, {1})
    assert world.pools.is_free_for(10, BOX, NOW)
    assert not world.pools.is_free_for(11, BOX, NOW)


def test_a_younger_lease_on_its_way_is_not_settled_with_the_older_one() -> None:
    """What the store says meanwhile is old."""
    world = _world()
    world.apply((LeaseBound(LEASE), LeaseBound(RENEWED)), 0, NOW)
    world.settle((LeaseBound(LEASE),))
    world.take_facts({BOX: Facts(None, LEASE)})
    assert world.facts(BOX).lease == RENEWED


def test_what_differs_is_a_warning_of_the_log_line() -> None:
    """Keys as the log spells them."""
    assert EFFECTS[StbidDiffers].warnings(StbidDiffers(LEASE, "w", "s")) == (("stbid", "s"), ("should_be", "w"))
