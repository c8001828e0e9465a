"""Refused boxes, counted: a tally beside the world. What one refusal does to an older one of the same box, in memory as
on disk, is said here once."""

from typing import Final

from gatekeeper.model import Event, Reason, Refused, make
from gatekeeper.state.bounded import bounded
from gatekeeper.wire.text import mac_text

MAX_REFUSALS: Final = 4_096
# No further box is listed just because of these: a flood of invented MACs leaves room for others.
MAX_LIMITED: Final = 1_024
_OF_FLOODS: Final = frozenset({Reason.RATE_LIMITED, Reason.MALFORMED})
_FRESH_S: Final = 60
_NEWS_EVERY_S: Final = 3600


def joined(older: Refused, newer: Refused) -> Refused:
    """Both as one row: counted together, told as the newer one was.

    But why a box is refused says more than that it asks too often, for as long as that is fresh.
    """
    limited = newer.reason is Reason.RATE_LIMITED and older.reason is not newer.reason
    kept = older if limited and newer.last_seen < older.last_seen + _FRESH_S else newer
    _, protocol, reason, port, _, _, last_seen, bound = kept
    values = older.mac, protocol, reason, port, older.times + newer.times, older.first_seen, last_seen, bound
    return make(Refused, values)


def is_news(refused: Refused, before: Refused | None) -> bool:
    """True if the journal is to be told of a box that an order knows: it is refused for another reason than before, or
    the last time is an hour ago. before: as it is on record, None = not at all."""
    if before is None or joined(before, refused).reason is not before.reason:
        return True
    return before.last_seen < refused.first_seen - _NEWS_EVERY_S


def refusal_event(refused: Refused, account: str) -> Event:
    """A box of this account was refused."""
    should = f", should be {refused.bound}" if refused.bound else ""
    told = f"{refused.protocol} {refused.reason}, {refused.times} times{should}"
    return Event(int(refused.first_seen * 1000), "refused", mac_text(refused.mac), account, 0, refused.port, told)


def last_refusal_event(refused: Refused, account: str) -> Event:
    """An order has come for a box that was refused until then, however often."""
    told = f"{refused.protocol} {refused.reason}, {refused.times} times until then"
    return Event(int(refused.last_seen * 1000), "refused", mac_text(refused.mac), account, 0, refused.port, told)


class Refusals:
    """Those since the last drain, one row a box."""

    def __init__(self) -> None:
        self._refused: dict[bytes, Refused] = {}

    def count(self, mac: bytes, protocol: str, reason: Reason, port: str, now: float, bound: str = "") -> None:
        """A box was refused on this port; bound: what should have been, the port that it is bound to or the limit."""
        newer = make(Refused, (mac, protocol, reason, port, 1, now, now, bound))
        found = self._refused.get(mac)
        if found:
            self._refused[mac] = joined(found, newer)
        elif reason not in _OF_FLOODS or len(self._refused) < MAX_LIMITED:
            bounded(self._refused, MAX_REFUSALS)[mac] = newer

    def drain(self) -> list[Refused]:
        """What was refused since the last time."""
        drained = list(self._refused.values())
        self._refused.clear()
        return drained
