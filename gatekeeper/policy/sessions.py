"""What one report of a NAS makes of a session on record (RFC 2866), however often and however late it comes."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Event, Session, SessionReported
from gatekeeper.value import Value
from gatekeeper.wire.text import mac_text

# A second Start under the name of a running session is the same one sent again, if it is not younger than this.
_START_AGAIN_S: Final = 10
_ROUNDING_S: Final = 2


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Course(Value):
    """One session as it is on record. state: active closed; heard: when its last report came, Unix seconds."""

    __slots__ = ("session", "state", "heard")

    def __init__(self, session: Session, state: str, heard: int) -> None:
        self.session: Final = session
        self.state: Final = state
        self.heard: Final = heard


def begun(report: SessionReported) -> Course:
    """The course of a session that nothing is on record of. What is heard of first may be its end."""
    return Course(report.session, "closed" if report.status == "stop" else "active", report.heard)


def is_another(known: Course, report: SessionReported) -> bool:
    """True if a session has the name of an older one: NASes count from 1 again after a restart.

    A Start that is sent again says how long ago it was (RFC 2866 5.2), in whole seconds that need not add up.
    """
    said, last_seen = report.session, known.session.last_seen
    starts = report.status == "start"
    if known.state == "active":
        return starts and said.started > last_seen + _START_AGAIN_S
    fresh = starts and said.last_seen >= report.heard
    return said.started > last_seen + _ROUNDING_S or (fresh and said.started >= last_seen)


def broken_off(known: Course) -> Course:
    """Another session has its name; what became of this one nobody has said."""
    return known._replace(session=known.session._replace(cause="another one has its name"), state="closed")


def continued(known: Course, report: SessionReported) -> Course:
    """More of a session on record. A report that lacks something takes nothing away, and counters do not go back."""
    before, said = known.session, report.session
    # What was closed for want of news lives if there are news; a late report of what has ended does not revive it.
    alive = report.status != "stop" and (known.state == "active" or said.last_seen > before.last_seen)
    state = "active" if alive else "closed"
    both = (
        *(said.session, said.nas, said.device, said.source),
        *(said.mac or before.mac, said.account or before.account, said.port or before.port),
        *(said.address or before.address, said.order or before.order),
        *(min(before.started, said.started), max(before.last_seen, said.last_seen)),
        *(max(before.bytes_in, said.bytes_in), max(before.bytes_out, said.bytes_out)),
        said.cause or (before.cause if state == known.state == "closed" else ""),
        said.keys or before.keys,
    )
    return Course(Session(*both), state, report.heard)


def only_counts(before: Course, after: Course) -> bool:
    """True if nothing but counters and times is different, as in most reports."""
    old, new = before.session, after.session
    return (
        before.state == after.state
        and old.keys == new.keys
        and old.address == new.address
        and old.port == new.port
        and old.order == new.order
        and old.started == new.started
        and old.cause == new.cause
        and old.account == new.account
        and old.mac == new.mac
        and old.source == new.source
    )


def begin_event(said: Session) -> Event:
    """A session runs that nobody knew of."""
    return _event("session", said, f"{said.session} at {said.nas}")


def end_event(said: Session, cause: str) -> Event:
    """It is over, by this report."""
    return _event("session ended", said, f"{said.session} at {said.nas}: {cause}")


def still_online_event(said: Session) -> Event:
    """Its NAS has acknowledged a Disconnect, and goes on accounting for it."""
    return _event("Disconnect", said, f"session {said.session} at {said.nas}: acknowledged, still online")


def _event(kind: str, said: Session, told: str) -> Event:
    return Event(said.last_seen * 1000, kind, mac_text(said.mac), said.account, said.address, said.port, told)
