"""What reports make of sessions on record, many at once: which rows are other ones then, what the journal is told, and
what of CoA and Disconnect is shown to have worked (RFC 5176). What one report means is said by ``policy.sessions``."""

from collections.abc import Iterable, Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Event, SessionReported
from gatekeeper.policy.sessions import (
    Course,
    begin_event,
    begun,
    broken_off,
    continued,
    end_event,
    is_another,
    only_counts,
    still_online_event,
)
from gatekeeper.value import Value

# An end that was acknowledged and did not come: a NAS may take a moment to end a session, and may have sent a report
# before it did. What it dates to later than that says that the box is still online.
_ENDING_S: Final = 10


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Said(Value):
    """A report. place: its number in the sequence of all; at_ms: when it was decided, 0 = to the second, as it says."""

    __slots__ = ("place", "at_ms", "report")

    def __init__(self, place: int, at_ms: int, report: SessionReported) -> None:
        self.place: Final = place
        self.at_ms: Final = at_ms
        self.report: Final = report


class Asked:
    """A CoA or Disconnect on record that accounting has not shown to have worked; ``verified`` is set when it has, and
    ``still_online`` when a session goes on whose end was acknowledged. Unix seconds, 0 = not."""

    __slots__ = ("ended", "kind", "number", "order", "state", "still_online", "verified")

    def __init__(self, number: int, kind: str, order: str, state: str, ended: int, still_online: int) -> None:
        self.number = number
        self.kind = kind
        self.order = order
        self.state = state
        self.ended = ended
        self.still_online = still_online
        self.verified = 0


class Plan:
    """What reports make of sessions, gathered: rows by their numbers, begun ones by the place of the report that they
    began with, events, those of one session in their sequence, and which of what was asked has another standing."""

    __slots__ = ("asked", "begun", "changed", "counted", "events", "moved")

    def __init__(self) -> None:
        # Each with ``rest``, that of the last report.
        self.counted: list[tuple[int, Course, bytes]] = []  # nothing but counters and times is different
        self.changed: list[tuple[int, Course, bytes]] = []
        self.moved: list[tuple[int, Course]] = []  # of those changed, which have another MAC, address or beginning
        self.begun: list[tuple[int, Course, bytes]] = []
        self.events: list[Event] = []
        self.asked: list[Asked] = []


def follow(
    plan: Plan, row: int, course: Course | None, asked: Sequence[Asked], reports: Iterable[Said], rest: bytes
) -> None:
    """Add to the plan what these make of one name. course: of the last session that has it, row: its number; None =
    there is none; asked: of that session; rest: what tells the last report from others that do not only count."""
    before, begun_at = course, -1
    for one in reports:
        report = one.report
        if course is None or is_another(course, report):
            if course is not None:
                if course.state == "active":
                    course = broken_off(course)
                    _show(plan, asked, "", report.heard, ended=True)
                _keep(plan, row, begun_at, before, course, b"")
            course, before, begun_at, asked = begun(report), None, one.place, ()
            event = begin_event(report.session) if course.state == "active" else None
        else:
            after = continued(course, report)
            event = _news(plan, course, after, asked, report) if asked or after.state == "closed" else None
            course = after
        if event:
            plan.events.append(dated(event, one.at_ms))
    if course is not None:
        _keep(plan, row, begun_at, before, course, rest)


def _keep(plan: Plan, row: int, begun_at: int, before: Course | None, course: Course, rest: bytes) -> None:
    if before is None:
        plan.begun.append((begun_at, course, rest))
    elif only_counts(before, course):
        plan.counted.append((row, course, rest))
    else:
        plan.changed.append((row, course, rest))
        old, said = before.session, course.session
        if old.mac != said.mac or old.address != said.address or old.started != said.started:
            plan.moved.append((row, course))


def _news(plan: Plan, known: Course, after: Course, asked: Sequence[Asked], report: SessionReported) -> Event | None:
    """What is to be told of a session that goes on, or is over; and what that shows."""
    said, over = report.session, after.state == "closed"
    _show(plan, asked, said.order, report.heard, over)
    if over:
        return end_event(said, after.session.cause) if known.state != "closed" else None
    since = min(said.last_seen, report.heard)
    still = [one for one in asked if _goes_on(one, since)]
    for one in still:
        one.still_online = since
        plan.asked.append(one)
    return still_online_event(said) if still else None


def _show(plan: Plan, asked: Sequence[Asked], order: str, now: int, ended: bool) -> None:
    """A Disconnect is shown to have worked by the session's end, a CoA by a report that bears the order's Class."""
    for one in asked:
        if one.verified:
            continue
        if (one.state != "refused" and ended) if one.kind == "disconnect" else (order and one.order == order):
            one.verified = now
            plan.asked.append(one)


def _goes_on(one: Asked, since: int) -> bool:
    unanswered = not one.verified and not one.still_online
    return one.kind == "disconnect" and one.state == "acknowledged" and unanswered and one.ended < since - _ENDING_S


def dated(event: Event, decided_ms: int) -> Event:
    """The event of what was decided then: what a NAS dates to another second stays there."""
    if not 0 <= decided_ms - event.at_ms < 1000:
        return event
    return Event(decided_ms, event.kind, event.mac, event.account, event.address, event.port, event.detail)
