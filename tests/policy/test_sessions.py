"""RFC 2866: what a report makes of a session on record."""

import pytest

from gatekeeper.model import Session, SessionReported
from gatekeeper.policy.sessions import Course, begun, broken_off, continued, is_another

BOX, NOW = b"\x02\0\0\0\0\x01", 1000
SESSION = Session("1", "bras1", "d", 7, BOX, "A", "p", 10, "#1", NOW, NOW + 100, 50, 60, "", b"k")
EMPTY = Session("1", "bras1", "d", 8, b"", "", "", 0, "", NOW + 5, NOW + 90, 40, 70, "", b"")


def _said(status: str, started: int, last_seen: int, heard: int | None = None) -> SessionReported:
    said = SESSION._replace(started=started, last_seen=last_seen)
    return SessionReported(said, status, last_seen if heard is None else heard)


@pytest.mark.parametrize(
    ("state", "status", "started", "last_seen", "heard", "another"),
    [
        ("active", "start", NOW, NOW + 110, None, False),  # sent again
        ("active", "start", NOW + 110, NOW + 110, None, False),  # whole seconds, and some more
        ("active", "start", NOW + 111, NOW + 111, None, True),
        ("active", "interim", NOW + 500, NOW + 500, None, False),  # only a Start begins one while one runs
        ("closed", "interim", NOW + 102, NOW + 200, None, False),
        ("closed", "interim", NOW + 103, NOW + 200, None, True),
        ("closed", "start", NOW + 100, NOW + 100, NOW + 100, True),  # in the very second, and not delayed
        ("closed", "start", NOW + 100, NOW + 100, NOW + 101, False),  # it was on its way for a second
        ("closed", "start", NOW + 99, NOW + 100, NOW + 100, False),
    ],
)
def test_a_nas_counts_from_one_again(
    state: str, status: str, started: int, last_seen: int, heard: int | None, another: bool
) -> None:
    """The name alone does not tell two sessions apart; when they began does (RFC 2866 5.2, 5.5)."""
    known = Course(SESSION, state, NOW + 100)
    assert is_another(known, _said(status, started, last_seen, heard)) is another


@pytest.mark.parametrize(
    ("before", "status", "last_seen", "after"),
    [
        ("active", "interim", NOW + 200, "active"),
        ("active", "stop", NOW + 200, "closed"),
        ("closed", "interim", NOW + 101, "active"),  # it was closed for want of news
        ("closed", "interim", NOW + 100, "closed"),  # it is older than the end
        ("closed", "stop", NOW + 200, "closed"),
    ],
)
def test_a_session_lives_while_there_are_news_of_it(before: str, status: str, last_seen: int, after: str) -> None:
    """A late report of what has ended does not revive it."""
    assert continued(Course(SESSION, before, NOW), _said(status, NOW, last_seen)).state == after


def test_a_report_that_lacks_something_takes_nothing_away() -> None:
    """And counters do not go back; where it reports from is where it is."""
    after = continued(Course(SESSION, "active", NOW), SessionReported(EMPTY, "interim", NOW + 95)).session
    assert after == SESSION._replace(source=8, bytes_out=70)


def test_a_session_began_when_its_earliest_report_says() -> None:
    """And is there until its latest."""
    late = SESSION._replace(started=NOW - 9, last_seen=NOW + 300)
    after = continued(Course(SESSION, "active", NOW), SessionReported(late, "interim", NOW + 300)).session
    assert (after.started, after.last_seen) == (NOW - 9, NOW + 300)


@pytest.mark.parametrize(
    ("before", "status", "cause"), [("closed", "stop", "told"), ("active", "stop", ""), ("closed", "interim", "")]
)
def test_why_a_session_ended_is_kept_while_it_stays_ended(before: str, status: str, cause: str) -> None:
    """One that lives again has not ended."""
    known = Course(SESSION._replace(cause="told"), before, NOW)
    said = SESSION._replace(last_seen=NOW + 200)
    assert continued(known, SessionReported(said, status, NOW + 200)).session.cause == cause


def test_what_is_heard_of_first_may_be_the_end() -> None:
    """Its Start was lost."""
    assert begun(_said("stop", NOW, NOW + 1)).state == "closed"
    assert begun(_said("interim", NOW, NOW + 1)).state == "active"


def test_a_session_whose_name_another_one_has_is_over() -> None:
    """Nobody will report on it any more."""
    over = broken_off(Course(SESSION, "active", NOW))
    assert (over.state, over.session.cause, over.heard) == ("closed", "another one has its name", NOW)
