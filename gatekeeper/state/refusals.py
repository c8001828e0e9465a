"""Refused boxes, counted: a tally beside the world. What one refusal does to an older one of the same box, protocol and
reason, in memory as on disk, is said here once."""

from typing import Final

from gatekeeper.model import Asked, Event, Outcome, Reason
from gatekeeper.state.bounded import bounded
from gatekeeper.state.evidence import Refused
from gatekeeper.wire.text import mac_text

MAX_REFUSALS: Final = 4_096
# No further row is made just because of these: a flood of invented MACs leaves room for others.
MAX_UNPROVEN: Final = 1_024
# Reasons that say nothing of the box: it asks too often, or nobody vouches for what the packet says, its MAC included.
UNPROVEN: Final = frozenset(
    {
        Reason.RATE_LIMITED,
        Reason.MALFORMED,
        Reason.UNKNOWN_RELAY,
        Reason.BAD_AUTHENTICATOR,
        Reason.NO_MESSAGE_AUTHENTICATOR,
        Reason.PROXY_STATE_LIMITED,
    }
)
# Anybody may send these in any name: they are told of boxes that an order knows, and make no row of strangers.
OF_KNOWN_BOXES: Final = frozenset({Reason.UNKNOWN_RELAY})
_NEWS_EVERY_S: Final = 3600
# Where a packet is refused before its line is read, or what it says of one is not believed.
_UNREAD: Final = frozenset(
    {
        Reason.MALFORMED,
        Reason.BAD_AUTHENTICATOR,
        Reason.UNSUPPORTED,
        Reason.UNTRUSTED_OPTION_82,
        Reason.UNKNOWN_RELAY,
        Reason.UNKNOWN_NAS,
    }
)
# What is sent by unicast passes the relay by, and names no line (RFC 3046 2.1).
_UNICAST: Final = frozenset({"renewing", "inform", "release"})
_NOTHING_ASKED: Final = Asked("", 0, 0)


def joined(older: Refused, newer: Refused) -> Refused:
    """Both as one row, of one box, protocol and reason: counted together, told as the newer one was."""
    return newer._replace(times=older.times + newer.times, first_seen=older.first_seen)


def is_news(refused: Refused, before: Refused | None) -> bool:
    """True if the journal is to be told of a box that an order knows: it was not refused for this reason, or the last
    time is an hour ago. before: as it is on record, None = not at all."""
    return before is None or before.last_seen < refused.first_seen - _NEWS_EVERY_S


def refusal_event(refused: Refused, account: str) -> Event:
    """A box of this account was refused."""
    should = f", should be {refused.bound}" if refused.bound else ""
    told = f"{refused.protocol} {refused.reason}, {refused.times} times{should}"
    return Event(_first_ms(refused), "refused", mac_text(refused.mac), account, 0, refused.port or "", told)


def last_refusal_event(refused: Refused, account: str) -> Event:
    """An order has come for a box that was refused until then, however often."""
    told = f"{refused.protocol} {refused.reason}, {refused.times} times until then"
    at_ms = refused.last_seen * 1000 + refused.ms
    return Event(at_ms, "refused", mac_text(refused.mac), account, 0, refused.port or "", told)


def _first_ms(refused: Refused) -> int:
    """Of what was refused within one second and later, the millisecond of the last one alone is known."""
    return refused.first_seen * 1000 + (refused.ms if refused.times == 1 else 0)


def refused_by(outcome: Outcome, reason: Reason, times: int, first: float, last: float) -> Refused:
    """So many refusals, first and last at these times, told as this last one was."""
    verdict = outcome.verdict
    asked = outcome.asked or _NOTHING_ASKED
    port = outcome.port.text if outcome.port else None if reason in _UNREAD or asked.state in _UNICAST else ""
    second = int(last)
    return Refused(
        outcome.mac,
        outcome.protocol,
        reason,
        port,
        times,
        int(first),
        second,
        verdict.bound,
        verdict.seen,
        outcome.where,
        outcome.message,
        outcome.reply,
        verdict.address or asked.address,
        asked.state,
        asked.link,
        int((last - second) * 1000),
    )


_Key = tuple[bytes, str, Reason]


class _Counted:
    """The last one, how many there were, and when; what is kept of it is made when it is drained."""

    __slots__ = ("first", "last", "outcome", "reason", "times")

    def __init__(self, outcome: Outcome, reason: Reason, at: float) -> None:
        self.outcome = outcome
        self.reason = reason
        self.times = 1
        self.first = self.last = at


class Refusals:
    """Those since the last drain, one row a box, protocol and reason."""

    def __init__(self) -> None:
        self._ours: dict[_Key, _Counted] = {}
        # Strangers apart, so that a flood of invented MACs pushes out strangers only.
        self._strangers: dict[_Key, _Counted] = {}

    def count(self, outcome: Outcome, reason: Reason, at: float) -> None:
        """A box was refused."""
        table = self._ours if outcome.binding else self._strangers
        key = outcome.mac, outcome.protocol, reason
        found = table.get(key)
        if found:
            found.outcome = outcome
            found.times += 1
            found.last = at
        elif reason not in UNPROVEN or len(table) < MAX_UNPROVEN:
            bounded(table, MAX_REFUSALS)[key] = _Counted(outcome, reason, at)

    def drain(self) -> list[Refused]:
        """What was refused since the last time."""
        counted = [*self._strangers.values(), *self._ours.values()]
        self._strangers.clear()
        self._ours.clear()
        return [refused_by(one.outcome, one.reason, one.times, one.first, one.last) for one in counted]
