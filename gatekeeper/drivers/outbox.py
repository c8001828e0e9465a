"""Answers of one round: gathered while it is decided, and sent at its end, where their door takes several at once.
Answers of one length to one receiver leave with one call then (UDP_SEGMENT, udp(7)): of sixteen each costs a fifth of
what a call of its own does. Others leave as they come.

That is tried and not looked up: where a run cannot be sent so, and one of it alone can, the door sends one by one from
then on.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from gatekeeper.drivers.trials import Trials
from gatekeeper.heart.told import Told

_MOST_SEGMENTS: Final = 64  # UDP_MAX_SEGMENTS of older kernels
_MOST_OCTETS: Final = 65_507  # of one call: what a UDP datagram may have
_LONGEST: Final = 1232  # a segment is not fragmented; so much fits any link that IPv6 can use


class Outbox:
    """Raises nothing: an answer that cannot be sent costs no other."""

    def __init__(self, not_sent: Callable[[Told, OSError], None]) -> None:
        """not_sent: hears of each answer that did not leave."""
        self._not_sent = not_sent
        self._told: list[Told] = []
        self.trials = Trials()

    def put(self, told: Told) -> None:
        """One whose outcome has an answer."""
        if told.door.segments:
            self._told.append(told)
        else:
            self._send(told)

    def flush(self) -> None:
        """Send all that is still here."""
        told = self._told
        if not told:
            return
        if len(told) == 1:
            self._send(told[0])
        else:
            self._send_runs(told)
        told.clear()

    def _send_runs(self, told: list[Told]) -> None:
        runs: dict[tuple[Any, ...], list[Told]] = {}
        for one in told:
            outcome, door = one.outcome, one.door
            to, via, length = outcome.to, outcome.via, len(outcome.answer)
            assert to and via
            if length > _LONGEST:
                self._send(one)
                continue
            key = door, to.address, to.port, via.local, length
            run = runs.get(key)
            if run is None:
                runs[key] = [one]
            else:
                run.append(one)
        for run in runs.values():
            most = min(_MOST_SEGMENTS, _MOST_OCTETS // len(run[0].outcome.answer))
            if run[0].door.on_trial and len(run) > 1:
                allowed = self.trials.allowed(run)
                self._send_each(run[allowed:])
                run = run[:allowed]
            for at in range(0, len(run), most):
                self._send_run(run[at : at + most])

    def _send_run(self, run: list[Told]) -> None:
        first = run[0]
        if len(run) == 1 or not first.door.segments:
            self._send_each(run)
            return
        outcome = first.outcome
        try:
            first.door.send_run([one.outcome.answer for one in run], outcome.to, outcome.via)
        except BlockingIOError:
            self._send_each(run)  # there was no room for all at once
        except OSError:
            if self._send_each(run):
                first.door.refuse_runs()

    def _send_each(self, run: Iterable[Told]) -> int:
        """How many have left."""
        return sum(map(self._send, run))

    def _send(self, one: Told) -> bool:
        outcome = one.outcome
        try:
            one.door.send(outcome.answer, outcome.to, outcome.via)
        except OSError as error:
            self._not_sent(one, error)
            return False
        return True
