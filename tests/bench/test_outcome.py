"""What a run came to, and whether that is a failure."""

import pytest

from gatekeeper.bench.outcome import bad_percent, figures
from gatekeeper.bench.tally import Tally


def _tally(done: int = 0, lost: int = 0, refused: int = 0, overrun: int = 0, wrong: int = 0) -> Tally:
    tally = Tally()
    tally.done, tally.lost, tally.refused, tally.overrun = done, lost, refused, overrun
    for _ in range(wrong):
        tally.wrong_answer("the Response Authenticator is not right", bytes(6))
    return tally


def test_a_rate_is_of_what_was_done_in_the_time_that_counts() -> None:
    row = figures(_tally(done=300, lost=100), 2.0, 0.5, 0.0)
    assert (row["per_s"], row["failed_percent"], row["idle_percent"]) == (150, 25, 25)


@pytest.mark.parametrize(
    ("tally", "bad"),
    [(_tally(100), 0), (_tally(99, lost=1), 1), (_tally(99, refused=1), 1), (_tally(99, overrun=1), 1),
     (_tally(100, wrong=2), 2), (_tally(100, wrong=200), 100), (_tally(), 100)],
)  # fmt: skip
def test_what_is_lost_refused_never_sent_or_wrong_is_bad_and_so_is_nothing_at_all(tally: Tally, bad: float) -> None:
    assert bad_percent(figures(tally, 1, 0, 0)) == pytest.approx(bad)


def test_the_first_wrong_answer_says_whose_it_was() -> None:
    row = figures(_tally(1, wrong=3), 1, 0, 0)
    assert row["first_wrong"] == "the Response Authenticator is not right (box 00:00:00:00:00:00)"
    assert row["wrongs"] == {"the Response Authenticator is not right": 3}
