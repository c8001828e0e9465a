"""How the store is written: which trouble is told when, what gathers behind a slow disk, and what is kept meanwhile."""

import pytest

from gatekeeper.drivers.handing_in import Gathering, HandingIn
from gatekeeper.drivers.notes import MOST, Notes, Unwritten, merged
from gatekeeper.drivers.writing import HANGS_S, LOCKED_S, SLOW_S, Writing
from gatekeeper.heart.needs import Batch
from gatekeeper.state.clock import Beat
from gatekeeper.state.evidence import Admitted
from gatekeeper.state.nas import NasSeen

NOW = 1000.0
WORDS = ("dhcp", "DHCPREQUEST", "DHCPACK", "ok")


def counted(count: int, beat: Beat | None = None) -> Notes:
    return Notes((), {WORDS: count}, (), (), (), beat=beat)


def test_a_store_that_another_process_holds_is_told_before_patience_with_it_ends() -> None:
    """SQLite is patient for five seconds, whoever asks for two."""
    writing = Writing()
    writing.begin(NOW)
    assert writing.failure(NOW, NOW + LOCKED_S - 0.01) == ("", "")
    assert writing.failure(NOW, NOW + LOCKED_S + 0.01)[0] == "store-locked"
    assert writing.slowness(NOW, NOW + 60) == ""
    writing.end(5.0, "store-locked", "database is locked", NOW + 5)
    assert writing.failure(0, NOW + 6) == ("store-locked", "database is locked")
    writing.end(0.001, "", "", NOW + 7)
    assert writing.failure(0, NOW + 7) == ("", "")


def test_two_slow_commits_in_succession_are_a_slow_disk_and_three_seconds_without_one_are_none() -> None:
    """A single one happens to every disk."""
    writing = Writing()
    writing.end(SLOW_S, "", "", NOW)
    assert not writing.slowness(0, NOW)
    writing.end(0.001, "", "", NOW + 1)
    for second in (2, 3):
        writing.end(SLOW_S, "", "", NOW + second)
    writing.end(0.001, "", "", NOW + 4)
    assert writing.slowness(0, NOW + 4) == "the last slow one took 75 ms"
    writing.end(0.001, "", "", NOW + 6)
    assert not writing.slowness(0, NOW + 6)


def test_a_commit_that_hangs_is_told_before_it_ends() -> None:
    """Nobody knows whether it will."""
    writing = Writing()
    writing.begin(NOW)
    assert not writing.slowness(0, NOW + HANGS_S - 0.01)
    assert writing.slowness(0, NOW + 2) == "one has taken 2.0 s so far"


@pytest.mark.parametrize(
    ("gathered", "later", "goes_on"), [(9, 0.0, True), (10, 0.0, False), (9, 0.014, True), (9, 0.016, False)]
)
def test_a_batch_is_waited_for_until_as_many_have_come_as_were_told(gathered: int, later: float, goes_on: bool) -> None:
    """Seven waited when three were told; their commit took 100 ms, so 15 are spent on waiting."""
    gathering = Gathering()
    gathering.begin(told=3, gathered=7, took_s=0.1, now=NOW)
    assert gathering.goes_on(gathered, NOW + later) is goes_on


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0])
def test_a_clock_that_is_set_ends_the_wait(jump_s: float) -> None:
    """Nothing may wait for an hour for a clock's sake."""
    gathering = Gathering()
    gathering.begin(told=3, gathered=0, took_s=10.0, now=NOW)
    assert gathering.goes_on(0, NOW + 0.019) and not gathering.goes_on(0, NOW + jump_s)


class Idle:
    """A commit thread that is handed batches, and ends none."""

    def submit(self, *work: object) -> None:
        pass


def handed(now: float) -> HandingIn:
    """A batch was handed in then, and is back."""
    handing = HandingIn(Idle())  # type: ignore[arg-type]
    handing.hand_in(Batch(1, [], [], 1, [0]), now)
    handing.under_way = None
    handing.pressed = True
    return handing


def test_while_packets_wait_one_commit_begins_each_millisecond() -> None:
    """The loop looks for packets at once; what has gathered goes when its time has come."""
    handing = handed(NOW)
    assert handing.waits(5, NOW + 0.0005)
    assert handing.next_due(deaf=False) == 0
    assert not handing.waits(5, NOW + 0.0011)
    assert handing.next_due(deaf=False) > NOW


def test_a_box_that_asks_alone_waits_for_nobody() -> None:
    """No packet came in this round; nor does anybody wait at the end, or by a clock that was set back."""
    handing = handed(NOW)
    handing.pressed = False
    assert not handing.waits(1, NOW + 0.0005)
    assert not handed(NOW).waits(0, NOW + 0.0005)
    assert not handed(NOW).waits(1, NOW - 3600)
    ending = handed(NOW)
    ending.hurry()
    assert not ending.waits(1, NOW + 0.0005)


def test_notes_that_cannot_be_written_are_kept_and_count_meanwhile() -> None:
    """What came behind them is added; the last heartbeat counts."""
    unwritten = Unwritten()
    unwritten.add(counted(2, Beat(1, 1.0)), NOW)
    assert unwritten.take() == counted(2, Beat(1, 1.0))._replace(nas=[], refused=[], rogues=[], admitted=[], secrets=[])
    unwritten.add(counted(3, Beat(2, 2.0)), NOW + 1)
    assert unwritten.counts() == {WORDS: 5}
    unwritten.put_back(NOW + 2)
    taken = unwritten.take()
    assert taken and (taken.counts, taken.beat) == ({WORDS: 5}, Beat(2, 2.0))
    unwritten.written()
    assert not unwritten and unwritten.take() is None and unwritten.counts() == {}


def test_a_beat_by_a_time_that_is_over_is_not_written() -> None:
    """The clock was confirmed while notes could not be written."""
    unwritten = Unwritten()
    unwritten.add(counted(1, Beat(1, 1.0)), NOW)
    unwritten.forget_beat()
    taken = unwritten.take()
    assert taken and taken.beat is None and taken.counts == {WORDS: 1}


def test_a_store_that_is_away_for_long_costs_the_oldest_notes_and_says_how_many() -> None:
    """Memory is bounded; each NAS is one row."""
    rows = [Admitted(bytes(6), "A", "bras1", "", n) for n in range(MOST + 3)]
    seen = NasSeen("bras1", 5, 4, 1, 3, 2, "192.0.2.10", 100)
    both = merged(Notes((), {}, (), [seen], rows[:5]), Notes((), {}, (), [seen._replace(unsealed_from="")], rows[5:]))
    assert list(both.admitted) == rows[3:]
    assert both.counts == {("notes", "dropped"): 3}
    assert both.nas == [NasSeen("bras1", 10, 8, 2, 6, 4, "192.0.2.10", 100)]
    labels = Notes((), {("radius", "nas", str(n), "x"): 1 for n in range(MOST)}, (), (), ())
    assert merged(labels, counted(2)).counts[("notes", "dropped")] == 2
