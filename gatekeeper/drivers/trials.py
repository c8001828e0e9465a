"""Whether a relay gets several answers that leave in one call: seen by what it relays next, where links do not tell.

Between two ends of one kernel a run stays one frame. A socket gets it cut; who listens to frames, as ISC's dhcrelay
does, takes it for one datagram and drops it. So the first two offers that are alike to a relay leave together, and the
box that the second one was for decides: it asks for the address, or it has heard nothing and looks for a server again.
Until then, and where it has heard nothing, answers leave one by one. It is asked again and again: a relay may be
another one tomorrow.
"""

from collections.abc import Sequence
from typing import Final

from gatekeeper.heart.told import Told
from gatekeeper.model import Outcome
from gatekeeper.state.bounded import bounded

Receiver = tuple[int, int]  # address and port

_MOST: Final = 4_096  # receivers that are remembered
_UNKNOWN: Final = -1
_STRIKES: Final = 2  # boxes one behind the other that did not hear, of a receiver that others have heard by
_SOONEST_S: Final = 1.0  # that a box looks for a server again
_PATIENCE_S: Final = 15.0  # a box that has not come back by then tells nothing (RFC 2131 4.1: it asks after 4 s)
_OFFER: Final = "DHCPOFFER"
_HEARD: Final = "DHCPREQUEST"
_NOT_HEARD: Final = "DHCPDISCOVER"


class Trials:
    """Of the receivers of one packet process. Times in Unix seconds."""

    def __init__(self) -> None:
        self.watched: dict[bytes, tuple[Receiver, float]] = {}  # boxes by MAC: whose answer was not the first of a run
        self._asked: dict[Receiver, bytes] = {}  # which box is watched for this receiver
        self._strikes: dict[Receiver, int] = {}  # 0 = it gets runs, _STRIKES = it does not; absent = not known

    def allowed(self, run: Sequence[Told]) -> int:
        """How many of these answers to one receiver, from the first on, may leave in one call; 1 = none."""
        last, now = run[-1], run[-1].at
        to = last.outcome.to
        assert to
        receiver = to.address, to.port
        strikes = self._strikes.get(receiver, _UNKNOWN)
        if strikes == _STRIKES:
            return 1
        idle = self._is_idle(receiver, now)
        if strikes == _UNKNOWN:
            second = run[1]
            return 2 if idle and self._watch(receiver, second.outcome, now) else 1
        if idle:
            self._watch(receiver, last.outcome, now)
        return len(run)

    def _is_idle(self, receiver: Receiver, now: float) -> bool:
        """True if no box is watched for this receiver."""
        mac = self._asked.get(receiver)
        if mac is None:
            return True
        if 0 <= now - self.watched[mac][1] < _PATIENCE_S:
            return False
        self._forget(mac)
        return True

    def _watch(self, receiver: Receiver, outcome: Outcome, now: float) -> bool:
        if outcome.reply != _OFFER or outcome.mac in self.watched:
            return False
        if len(self._asked) >= _MOST:
            self._forget(next(iter(self.watched)))
        self.watched[outcome.mac] = receiver, now
        self._asked[receiver] = outcome.mac
        return True

    def look(self, told: Told) -> None:
        """What a box that is watched has asked next."""
        outcome = told.outcome
        receiver, since = self.watched[outcome.mac]
        if outcome.message == _NOT_HEARD:
            if 0 <= told.at - since < _SOONEST_S:
                return  # the same one, by another relay
            strikes = self._strikes.get(receiver, _STRIKES - 1) + 1
        elif outcome.message == _HEARD and outcome.to and (outcome.to.address, outcome.to.port) == receiver:
            strikes = 0
        else:
            return
        bounded(self._strikes, _MOST)[receiver] = strikes
        self._forget(outcome.mac)

    def _forget(self, mac: bytes) -> None:
        receiver, _ = self.watched.pop(mac)
        del self._asked[receiver]
