"""The rooms: one rule of time, one of overflow, and which answers of the store still count."""

from math import inf

from gatekeeper.engine.dhcp_question import DhcpQuestion
from gatekeeper.heart.lookups import LookupRoom, Lookups
from gatekeeper.heart.waiting import Room, Waiting
from gatekeeper.model import Datagram
from tests.engine.bench import GIADDR, NOW, RELAYED, Bench, discover


def guest(bench: Bench) -> Waiting:
    question = bench.dhcp.read(Datagram(discover(), GIADDR, 67, RELAYED), NOW)
    assert isinstance(question, DhcpQuestion)
    return Waiting("dhcp", question, None)


def test_those_who_came_first_leave_first(bench: Bench) -> None:
    """Whether they leave because of an answer or because their time is over."""
    room = Room("room", 8, 2.0)
    first, second, third = (guest(bench) for _ in range(3))
    for one, key in ((first, "a"), (second, "b"), (third, "a")):
        assert room.enter(one, key, NOW) is None
    assert room.leave("a") == [first, third]
    assert room.leave("a") == []
    assert room.overdue(NOW + 1.9, 9) == []
    assert room.overdue(NOW + 2.0, 9) == [second]
    assert (len(room), room.next_due()) == (0, inf)


def test_a_full_room_turns_the_newcomer_away(bench: Bench) -> None:
    """Those who wait already keep their places."""
    room = Room("room", 2, 2.0)
    waiting = [guest(bench), guest(bench)]
    for one in waiting:
        assert room.enter(one, "a", NOW) is None
    late = guest(bench)
    assert room.enter(late, "b", NOW) is late
    assert room.leave("b") == []
    assert room.leave("a") == waiting


def test_where_one_waits_for_a_key_the_youngest_does(bench: Bench) -> None:
    """A full room has a place for it all the same: that of the older one."""
    room = Room("room", 1, 2.0, single=True)
    old, young = guest(bench), guest(bench)
    assert room.enter(old, "a", NOW) is None
    assert room.enter(young, "a", NOW + 1) is old
    assert room.next_due() == NOW + 3
    assert room.leave("a") == [young]


def test_so_many_leave_at_once_and_no_more(bench: Bench) -> None:
    """Other packets are to have their turn; the rest is still due."""
    room = Room("room", 8, 2.0)
    for _ in range(3):
        room.enter(guest(bench), "a", NOW)
    assert len(room.overdue(NOW + 9, 2)) == 2
    assert room.next_due() <= NOW + 9
    assert len(room.overdue(NOW + 9, 2)) == 1


def test_what_is_asked_is_asked_once(bench: Bench) -> None:
    """However many wait for it."""
    room = LookupRoom("room", 8, 2.0)
    room.enter(guest(bench), "a", NOW)
    room.enter(guest(bench), "a", NOW)
    assert room.wanted(1) == ["a"]
    room.enter(guest(bench), "a", NOW)
    assert not room.to_ask
    assert room.answered(1, "a")
    assert not room.answered(1, "a")


def test_an_answer_that_was_read_before_a_change_does_not_count(bench: Bench) -> None:
    """It is asked again as soon as it is there."""
    room = LookupRoom("room", 8, 2.0)
    room.enter(guest(bench), "a", NOW)
    room.wanted(1)
    room.changed(["a"])
    assert not room.answered(1, "a")
    assert room.wanted(2) == ["a"]
    assert not room.answered(1, "a")
    assert room.answered(2, "a")


def test_an_answer_that_nobody_waited_for_any_more_counts_for_nobody(bench: Bench) -> None:
    """Who asks later has it read anew."""
    room = LookupRoom("room", 8, 2.0)
    room.enter(guest(bench), "a", NOW)
    room.wanted(1)
    assert len(room.overdue(NOW + 2, 9)) == 1
    room.enter(guest(bench), "a", NOW + 3)
    assert room.wanted(2) == ["a"]
    assert not room.answered(1, "a")
    assert room.answered(2, "a")


def test_what_nobody_waits_for_any_more_is_not_asked(bench: Bench) -> None:
    """Its place is free again."""
    room = LookupRoom("room", 1, 2.0)
    room.enter(guest(bench), "a", NOW)
    room.overdue(NOW + 2, 9)
    assert not room.to_ask
    assert room.enter(guest(bench), "b", NOW + 2) is None


def test_what_changed_and_could_not_be_read_is_not_asked_again_for_nobody(bench: Bench) -> None:
    """Those who waited for it have gone on without."""
    rooms = Lookups(8)
    waits = guest(bench)
    rooms.enter(waits, b"a mac.", NOW)
    asked = rooms.next()
    assert asked
    rooms.changed(None)
    assert rooms.lost(asked) == [waits]
    assert rooms.next() is None
