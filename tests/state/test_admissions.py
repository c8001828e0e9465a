"""The tally of boxes that were let in: news once an hour at the same place, the last time of each, and bounded."""

import pytest

from gatekeeper.model import Action, Binding, Outcome, Rate, Verdict
from gatekeeper.state.admissions import MAX_NEWS, MAX_WAITING, MOST_LAST, Admissions
from gatekeeper.state.evidence import Admitted
from gatekeeper.wire.line_id import port_from_text

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
    """A BRAS asks again with every session. When it was last is kept each time."""
    met = Admissions()
    met.meet(BOX, "A", "bras1", "p", 1000.5)
    first = Admitted(BOX, "A", "bras1", "p", 1000, ms=500)
    assert met.drain() == [first, first._replace(news=False)]
    met.meet(BOX, account, where, port, 1000.5 + after_s)
    last = Admitted(BOX, account, where, port, 1000 + after_s, ms=500)
    assert met.drain() == [*([last] if news else []), last._replace(news=False)]
    assert met.drain() == []


def test_of_one_box_the_last_time_is_kept_and_what_is_news_of_it_before() -> None:
    met = Admissions()
    for second in (1000, 1001, 1002):
        met.meet(BOX, "A", "bras1", "p", second)
    assert [(one.at, one.news) for one in met.drain()] == [(1000, True), (1002, False)]


@pytest.mark.parametrize(("drains", "kept"), [(0, 1), (1, 1), (2, 0)])
def test_a_lease_is_kept_where_its_box_was_refused_shortly_before(drains: int, kept: int) -> None:
    """The lease itself tells the second; only then it is not known which of two came later."""
    met = Admissions()
    met.doubt(BOX)
    for _ in range(drains):
        met.drain()
    binding = Binding("A", "", "", "active", Rate(0, 0), None, "unlearned", 0, "", "#1")
    line = port_from_text("p")
    ack = Outcome("dhcp", "DHCPREQUEST", "DHCPACK", BOX, Verdict(Action.ACK, address=7), "10.20.0.1", line, binding)
    met.meet_lease(ack, 1000.25)
    met.meet_lease(ack._replace(mac=b"\x02\0\0\0\0\x02"), 1000.25)
    assert met.drain() == [Admitted(BOX, "A", "10.20.0.1", "p", 1000, "dhcp", 7, 250, False)] * kept


def test_what_nobody_drains_is_bounded() -> None:
    """A store that cannot be written costs no memory; what is not news waits, and so many go at a time."""
    met = Admissions()
    for number in range(MAX_WAITING + 10):
        met.meet(number.to_bytes(6, "big"), "A", "bras1", "p", 1000)
    first = met.drain()
    assert [sum(one.news for one in first), len(first)] == [MAX_NEWS, MAX_NEWS + MOST_LAST]
    drained = 1
    while met.drain():
        drained += 1
    assert MAX_WAITING * 15 // 16 // MOST_LAST - 2 < drained <= MAX_WAITING // MOST_LAST + 1
