"""The tally of refused boxes: what is kept of one, what is news, and how it stays bounded."""

import pytest

from gatekeeper.model import Reason, Refused
from gatekeeper.state.refusals import MAX_LIMITED, MAX_REFUSALS, Refusals, is_news, joined

BOX, OTHER = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"


def _mac(number: int) -> bytes:
    return number.to_bytes(6, "big")


def test_rate_limited_does_not_hide_why_a_box_is_refused() -> None:
    """An unknown box in a loop is above all unknown."""
    refusals = Refusals()
    refusals.count(BOX, "dhcp", Reason.UNKNOWN_MAC, "p1", 1000)
    refusals.count(BOX, "radius", Reason.RATE_LIMITED, "p2", 1001)
    assert refusals.drain() == [(BOX, "dhcp", Reason.UNKNOWN_MAC, "p1", 2, 1000, 1000, "")]


def test_any_other_reason_takes_the_place_of_rate_limited() -> None:
    """Counted together."""
    refusals = Refusals()
    refusals.count(BOX, "dhcp", Reason.RATE_LIMITED, "p1", 1000)
    refusals.count(BOX, "dhcp", Reason.RATE_LIMITED, "p1", 1001)
    refusals.count(BOX, "dhcp", Reason.SUSPENDED, "p2", 1002)
    assert refusals.drain() == [(BOX, "dhcp", Reason.SUSPENDED, "p2", 3, 1000, 1002, "")]


@pytest.mark.parametrize("reason", [Reason.RATE_LIMITED, Reason.MALFORMED])
def test_a_flood_leaves_room_for_those_who_are_refused(reason: Reason) -> None:
    """It pushes nobody out, and lists no more of its invented MACs than that."""
    refusals = Refusals()
    for number in range(MAX_REFUSALS * 2):
        refusals.count(_mac(number), "dhcp", reason, "", 1000)
    for number in range(MAX_REFUSALS - MAX_LIMITED):
        refusals.count(_mac(100_000 + number), "dhcp", Reason.UNKNOWN_MAC, "", 1000)
    refusals.count(_mac(1), "dhcp", reason, "", 1000)
    listed = [refused.reason for refused in refusals.drain()]
    assert (listed.count(reason), len(listed)) == (MAX_LIMITED, MAX_REFUSALS)


def test_refusals_are_counted_by_box_with_the_latest_reason() -> None:
    """Drained once, then new."""
    refusals = Refusals()
    refusals.count(OTHER, "dhcp", Reason.UNKNOWN_MAC, "p1", 1000.5)
    refusals.count(OTHER, "radius", Reason.SUSPENDED, "p2", 1005.5)
    (refused,) = refusals.drain()
    assert refused == (OTHER, "radius", Reason.SUSPENDED, "p2", 2, 1000.5, 1005.5, "")
    assert refusals.drain() == []


def test_refusals_are_bounded() -> None:
    """A flood of invented MACs costs no memory."""
    refusals = Refusals()
    for number in range(MAX_REFUSALS + 100):
        refusals.count(_mac(number), "dhcp", Reason.UNKNOWN_MAC, "", 1000)
    drained = refusals.drain()
    assert MAX_REFUSALS * 7 // 8 < len(drained) <= MAX_REFUSALS
    assert drained[-1].mac == _mac(MAX_REFUSALS + 99)


def _refused(reason: Reason, at: int, times: int = 1, port: str = "p") -> Refused:
    return Refused(BOX, "dhcp", reason, port, times, at, at)


@pytest.mark.parametrize(
    ("reason", "after_s", "kept"),
    [(Reason.RATE_LIMITED, 59, True), (Reason.RATE_LIMITED, 60, False), (Reason.SUSPENDED, 1, False)],
)
def test_a_fresh_reason_says_more_than_that_the_box_asks_too_often(reason: Reason, after_s: int, kept: bool) -> None:
    """One rule for memory and store; counted together all the same, since the first time."""
    older, newer = _refused(Reason.UNKNOWN_MAC, 1000, 3), _refused(reason, 1000 + after_s, 2, "q")
    both = joined(older, newer)
    assert both == (older if kept else newer)._replace(times=5, first_seen=1000)


@pytest.mark.parametrize(
    ("before", "reason", "after_s", "news"),
    [
        (None, Reason.SUSPENDED, 0, True),
        (Reason.SUSPENDED, Reason.SUSPENDED, 3600, False),
        (Reason.SUSPENDED, Reason.SUSPENDED, 3601, True),
        (Reason.SUSPENDED, Reason.PORT_MISMATCH, 1, True),
        (Reason.SUSPENDED, Reason.RATE_LIMITED, 59, False),
        (Reason.SUSPENDED, Reason.RATE_LIMITED, 60, True),
        (Reason.RATE_LIMITED, Reason.RATE_LIMITED, 59, False),
    ],
)
def test_a_refusal_is_news_once_an_hour_and_when_its_reason_changes(
    before: Reason | None, reason: Reason, after_s: int, news: bool
) -> None:
    """A box of ours in a loop must not fill the journal: what does not change the list of the refused is no news."""
    known = _refused(before, 1000) if before else None
    assert is_news(_refused(reason, 1000 + after_s), known) is news
