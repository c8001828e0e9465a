"""Tables in memory, filled to their bound and one further: design 5.11, everything is bounded, and at what it says."""

from gatekeeper.model import Binding, Facts, PortId, Rate
from gatekeeper.state.admissions import MAX_MET, MAX_NEWS, Admissions
from gatekeeper.state.grants import MAX_ACCEPTED, Grants
from gatekeeper.state.pools import Pools
from gatekeeper.state.replies import MAX_KEPT, Replies
from gatekeeper.state.world import MAX_CROWDS, MAX_KNOWN, World
from gatekeeper.wire.aaa import AaaQuestion, Grant

BINDING = Binding("A", "", "", "active", Rate(0, 0), None, "unlearned", 0, "", "#1")
BOX = b"\x02\0\0\0\0\x01"


def _mac(number: int) -> bytes:
    return number.to_bytes(6, "big")


def _world() -> World:
    return World(Pools([]))


def test_aaa_s_answers_are_kept_for_so_many_boxes_and_the_oldest_goes() -> None:
    """Boxes that were let in, apart from those that were not."""
    kept, asked = Grants(), [AaaQuestion(_mac(number), "n", b"", b"") for number in range(MAX_ACCEPTED + 1)]
    for one in asked[:-1]:
        kept.keep(one, Grant(None), 1000)
    assert (len(kept), kept.find(asked[0], 0)) == (MAX_ACCEPTED, Grant(None))
    kept.keep(asked[-1], Grant(None), 1000)
    assert (len(kept), kept.find(asked[0], 0), kept.find(asked[1], 0)) == (MAX_ACCEPTED, None, Grant(None))


def test_answers_are_kept_for_so_many_requests_and_the_oldest_goes() -> None:
    """RFC 5080 2.2.2: one too few, and under a herd a duplicate is decided twice."""
    kept, keys = Replies(), [(number, 0, 0, "") for number in range(MAX_KEPT + 1)]
    for key in keys[:-1]:
        kept.keep(key, b"", b"answer", 0)
    assert kept.find(keys[0], b"", 0) == b"answer"
    kept.keep(keys[-1], b"", b"answer", 0)
    assert [kept.find(keys[at], b"", 0) for at in (0, 1, -1)] == [None, b"answer", b"answer"]


def test_facts_are_kept_for_so_many_boxes_and_the_oldest_go() -> None:
    """A sixteenth at once; and is_full says so before, as a node that is full is reported."""
    world, facts = _world(), Facts(BINDING, None)
    world.take_facts({_mac(number): facts for number in range(MAX_KNOWN - 1)})
    assert not world.is_full()
    world.take_facts({_mac(MAX_KNOWN): facts})
    assert world.is_full()
    assert world.knows(_mac(0))
    world.take_facts({_mac(MAX_KNOWN + 1): facts})
    assert [world.knows(_mac(at)) for at in (0, MAX_KNOWN // 16, MAX_KNOWN + 1)] == [False, True, True]


def test_lines_are_counted_up_to_so_many_and_then_afresh() -> None:
    """One that was counted is asked for again."""
    world, port = _world(), PortId("l", "l", "")
    world.take_facts({BOX: Facts(BINDING, None)})
    world.take_crowds({port.line(): 1} | {str(number): 1 for number in range(MAX_CROWDS - 2)})
    world.take_crowds({"last": 1})
    assert world.missing_crowd(BOX, port) is None
    world.take_crowds({"one more": 1})
    assert world.missing_crowd(BOX, port) == port.line()


def _news(met: Admissions) -> list[int]:
    return [one.at for one in met.drain() if one.news]


def test_who_was_let_in_is_news_again_after_an_hour_to_the_second() -> None:
    """And at once where it is another NAS."""
    met = Admissions()
    for where, now in (("bras1", 0), ("bras1", 3599), ("bras1", 3600), ("bras2", 3601)):
        met.meet(BOX, "A", where, "", now)
    assert _news(met) == [0, 3600, 3601]


def test_who_was_let_in_is_remembered_for_so_many_boxes_and_the_oldest_go() -> None:
    """Which are news again then."""
    met = Admissions()
    for number in range(MAX_MET):
        met.meet(_mac(number), "A", "bras1", "", 0)
    met.drain()
    met.meet(_mac(0), "A", "bras1", "", 1)
    assert _news(met) == []
    met.meet(_mac(MAX_MET), "A", "bras1", "", 1)
    met.meet(_mac(0), "A", "bras1", "", 2)
    assert _news(met) == [1, 2]


def test_so_many_admissions_are_news_between_two_drains() -> None:
    """A herd after a power cut must not fill memory while the store is away; and there is room again afterwards."""
    met = Admissions()
    for number in range(MAX_NEWS + 1):
        met.meet(_mac(number), "A", "bras1", "", 0)
    assert len(_news(met)) == MAX_NEWS
    met.meet(BOX, "A", "bras1", "", 9)
    assert _news(met) == [9]


def test_addresses_on_offer_are_passed_over_once_and_come_back_with_the_end_of_their_offer() -> None:
    """A herd of new boxes in a full pool is served to the last one, and each costs no walk over what others were
    offered."""
    pools = Pools([[(1, 100)]])
    for address in range(1, 101):
        pools.hold(0, address, _mac(address), 10)
    for number in range(100):
        address = pools.choose(0, _mac(1000 + number), (), 20)
        assert address == number + 1
        pools.offer(_mac(1000 + number), address, 60, 20)
    assert pools.choose(0, BOX, (), 20) == 0
    pools.forget_offer(_mac(1041))
    assert pools.choose(0, BOX, (), 20) == 42
    assert pools.choose(0, BOX, (), 60) == 1
