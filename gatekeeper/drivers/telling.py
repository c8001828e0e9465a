"""How questions have ended, told to all who are to hear of it: whoever asked, the counts, the log."""

from collections import Counter
from collections.abc import Container, Iterable

from gatekeeper.drivers.log import Log
from gatekeeper.drivers.outbox import Outbox
from gatekeeper.heart.tallies import Tallies
from gatekeeper.heart.told import Bug, Told
from gatekeeper.model import Reason


class Telling:
    """Raises nothing: one that cannot be told costs no other."""

    def __init__(self, doors: Container[int], log: Log, tallies: Tallies, counts: Counter[tuple[str, ...]]) -> None:
        """doors: descriptors of those that are listened to."""
        self._doors, self._log, self._tallies, self._counts = doors, log, tallies, counts
        self._outbox = Outbox(self._not_sent)
        self._watched = self._outbox.trials.watched
        self.flush = self._outbox.flush  # send what was told since the last time

    def tell(self, told: Told) -> None:
        """What is to leave does, with the next ``flush`` at the latest; everybody reads how the question has ended."""
        outcome = told.outcome
        try:
            if outcome.mac in self._watched:
                self._outbox.trials.look(told)
            if outcome.answer:
                self._outbox.put(told)
            self._tallies.read(told)
            self._log.read(told)
        except Exception as bug:
            self._counts["bugs",] += 1
            self._log.alarm(f"bug: {bug!r} in telling {outcome.message} of {outcome.mac.hex(':')}", told.at)

    def tell_bugs(self, bugs: Iterable[Bug]) -> None:
        """Each is counted, and its place is in the log."""
        for bug in bugs:
            self._counts["bugs",] += 1
            self._log.read_bug(bug)

    def tell_unfit(self, why: list[str], now: float) -> None:
        """Of a batch these could not be written. why: one of each."""
        told = f"{Reason.BAD_RECORD}: {len(why)} of a batch cannot be written, the others are: {why[0]}"
        self._log.alarm(f"{told}: 'gatekeeper show refused' has the boxes", now)

    def _not_sent(self, told: Told, error: OSError) -> None:
        outcome = told.outcome
        self._counts[outcome.protocol, "not-sent"] += 1
        # An interface that went away while the answer waited is alarmed elsewhere; the box asks again.
        if told.door.fileno() in self._doors:
            self._log.alarm(f"{outcome.reply} to {outcome.mac.hex(':')} via {outcome.where} not sent: {error}", told.at)
