"""What came of a run: exchanges that ended well, those that did not, and what was wrong with answers."""

from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from gatekeeper.bench.histogram import Histogram

Clock = Callable[[], int]
CLOCK: Final[Clock] = monotonic_ns


class Tally:
    """Counts of one run. Of exchanges that began while ``counting`` is off, only what was wrong is counted."""

    def __init__(self) -> None:
        self.counting = False
        self.done = 0
        self.lost = 0  # no answer in time
        self.refused = 0  # DHCPNAK, or Access-Reject of a box that is known
        self.overrun = 0  # of an open loop: nothing was sent, as the whole window was outstanding
        self.strays = 0  # answers to nothing that is outstanding
        self.sent = 0  # datagrams, warm-up included
        self.heard = 0
        self.wrong: dict[str, int] = {}
        self.first_wrong = ""
        self.took = Histogram()
        self.steps: dict[str, Histogram] = {}  # of an exchange with more than one question

    def wrong_answer(self, what: str, who: bytes) -> None:
        """An answer that is not what it must be. who: the box's MAC."""
        if not self.first_wrong:
            self.first_wrong = f"{what} (box {who.hex(':')})"
        self.wrong[what] = self.wrong.get(what, 0) + 1

    def failed(self) -> int:
        """Exchanges that did not come about."""
        return self.lost + self.refused + self.overrun

    def wrong_answers(self) -> int:
        return sum(self.wrong.values())
