"""Refused boxes, counted: a tally beside the world. What one refusal does to an older one of the same box, protocol and
reason, in memory as on disk, is said here once."""

from typing import Final

from gatekeeper.model import Event, Reason, make
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
        Reason.BAD_AUTHENTICATOR,
        Reason.NO_MESSAGE_AUTHENTICATOR,
        Reason.PROXY_STATE_LIMITED,
    }
)
_NEWS_EVERY_S: Final = 3600


def joined(older: Refused, newer: Refused) -> Refused:
    """Both as one row, of one box, protocol and reason: counted together, told as the newer one was."""
    mac, protocol, reason, port, times, _, *evidence = newer
    return make(Refused, (mac, protocol, reason, port, older.times + times, older.first_seen, *evidence))


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


_Key = tuple[bytes, str, Reason]


class Refusals:
    """Those since the last drain, one row a box, protocol and reason."""

    def __init__(self) -> None:
        self._ours: dict[_Key, Refused] = {}
        # Strangers apart, so that a flood of invented MACs pushes out strangers only.
        self._strangers: dict[_Key, Refused] = {}

    def count(self, refused: Refused, ours: bool) -> None:
        """A box was refused. ours: an order names it."""
        table = self._ours if ours else self._strangers
        key = refused.mac, refused.protocol, refused.reason
        found = table.get(key)
        if found:
            table[key] = joined(found, refused)
        elif refused.reason not in UNPROVEN or len(table) < MAX_UNPROVEN:
            bounded(table, MAX_REFUSALS)[key] = refused

    def drain(self) -> list[Refused]:
        """What was refused since the last time."""
        drained = [*self._strangers.values(), *self._ours.values()]
        self._strangers.clear()
        self._ours.clear()
        return drained
