"""How questions end: told, kept, lost, given up, or by a bug of ours. Each of these ends one, once."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from gatekeeper.heart.batches import Promise
from gatekeeper.heart.ports import Mouth
from gatekeeper.heart.told import Bug, Told
from gatekeeper.heart.waiting import Waiting
from gatekeeper.model import Action, Outcome, Reason, Verdict
from gatekeeper.state.effects import given_anew, lost_reason
from gatekeeper.state.world import World


class Endings:
    """Each goes to whoever listens at once, so that what a packet took is free again before the next one; or else it is
    kept until it is fetched."""

    def __init__(self, world: World, listener: Callable[[Told], None] | None) -> None:
        """listener: raises nothing, and does not call the heart."""
        self._world = world
        self.mouths: dict[str, Mouth] = {}
        self.told: list[Told] = []
        self.bugs: list[Bug] = []
        self.hear: Callable[[Told], None] = listener or self.told.append

    def tell(self, mouth: Mouth, outcome: Outcome, door: Any, now: float) -> None:
        """It is decided, and what must be on disk is there."""
        if outcome.token and outcome.answer:
            mouth.sent(outcome, now)
        self.hear(Told(outcome, door, now))

    def keep(self, promises: Iterable[Promise], now: float) -> None:
        """These are on disk."""
        settle, mouths, hear = self._world.settle, self.mouths, self.hear
        for promise in promises:
            outcome = promise.outcome
            try:
                settle(outcome.effects)
                if outcome.token and outcome.answer:
                    mouths[promise.mouth].sent(outcome, now)
            except Exception as bug:
                self.meet_bug(promise.mouth, promise.question, bug, now)
            else:
                hear(Told(outcome, promise.door, promise.at))

    def settle(self, promise: Promise, now: float) -> None:
        """It is on disk; how it ended was told before."""
        try:
            self._world.settle(promise.outcome.effects)
        except Exception as bug:
            self.bugs.append(Bug(bug, promise.question.datagram, now))

    def drop(self, promise: Promise, taken: AbstractSet[int], now: float, unfit: str = "") -> None:
        """It is not on disk. taken: places of its effects that are another's; none = the store failed, or they are no
        rows. unfit: why not, "" = that is not it."""
        effects = promise.outcome.effects
        self._world.lose(effects, taken)
        if unfit:
            # That much is known: it is not on disk. A box that tries again and again would else empty its pool.
            self._world.pools.end(given_anew(effects), now)
        self.mouths[promise.mouth].forget(promise.question)

    def lose(self, promise: Promise, taken: AbstractSet[int], now: float, unfit: str = "") -> None:
        """It is not on disk, as above, and no answer may come of it."""
        self.drop(promise, taken, now, unfit)
        outcome = promise.outcome
        reason = Reason.BAD_RECORD if unfit else lost_reason(outcome.effects, taken)
        verdict = Verdict(Action.SILENT, reason, seen=unfit)
        lost = outcome._replace(reply="", verdict=verdict, effects=(), answer=b"", to=None, token=None)
        self.hear(Told(lost, promise.door, now))

    def give_up(self, guest: Waiting, reason: Reason, now: float) -> None:
        """No answer. DUPLICATE: the same box has asked again, and its younger question waits in this one's place."""
        mouth = self.mouths[guest.mouth]
        mouth.forget(guest.question)
        self.hear(Told(mouth.unanswered(guest.question, reason), guest.door, now))

    def meet_bug(self, name: str, question: Any, bug: Exception, now: float) -> None:
        """The packet is lost; the NAS's next try is a new request."""
        self.mouths[name].forget(question)
        self.bugs.append(Bug(bug, question.datagram, now))
