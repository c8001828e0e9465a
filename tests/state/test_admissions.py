"""The tally of boxes that RADIUS let in: once an hour at the same place, and bounded."""

import pytest

from gatekeeper.state.admissions import MAX_NEWS, Admissions

BOX = b"\x02\0\0\0\0\x01"


@pytest.mark.parametrize(
    ("account", "where", "port", "after_s", "news"),
    [("A", "bras1", "p", 3599, False), ("A", "bras1", "p", 3600, True), ("B", "bras1", "p", 1, True),
     ("A", "bras2", "p", 1, True), ("A", "bras1", "q", 1, True)],
    ids=["again", "an hour later", "another account", "another NAS", "another port"],
)  # fmt: skip
def test_the_same_box_at_the_same_place_is_news_once_an_hour(
    account: str, where: str, port: str, after_s: int, news: bool
) -> None:
    """A BRAS asks again with every session."""
    met = Admissions()
    met.meet(BOX, "A", "bras1", "p", 1000.5)
    assert met.drain() == [(BOX, "A", "bras1", "p", 1000.5)]
    met.meet(BOX, account, where, port, 1000.5 + after_s)
    assert bool(met.drain()) == news
    assert met.drain() == []


def test_news_that_nobody_drains_are_bounded() -> None:
    """A store that cannot be written costs no memory."""
    met = Admissions()
    for number in range(MAX_NEWS + 10):
        met.meet(number.to_bytes(6, "big"), "A", "bras1", "p", 1000)
    assert len(met.drain()) == MAX_NEWS
