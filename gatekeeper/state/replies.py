"""Answers to RADIUS requests, kept for their duplicates (RFC 5080 2.2.2): the same request gets the same answer."""

from collections import OrderedDict
from typing import Final

KEEP_S: Final = 10
MAX_KEPT: Final = 65_536


# Source address and port, identifier, and the door that it came by. Another authenticator under the same identifier is
# another request. A plain tuple, as it is hashed four times a packet.
RequestKey = tuple[int, int, int, str]


class Replies:
    """Bounded by count and age. Requests that failed their checks must never get here."""

    def __init__(self) -> None:
        # An OrderedDict, because a dict whose front is always deleted must step over its holes to find the oldest.
        self._kept: OrderedDict[RequestKey, tuple[bytes, bytes, float]] = OrderedDict()

    def find(self, key: RequestKey, authenticator: bytes, now: float) -> bytes | None:
        """The answer already given, b"" while it is being made, None for a new request."""
        kept = self._kept.get(key)
        if kept and kept[0] == authenticator and kept[2] > now:
            return kept[1]
        return None

    def keep(self, key: RequestKey, authenticator: bytes, answer: bytes, now: float) -> None:
        """Remember the answer; b"" marks a request whose answer is being made."""
        self._kept[key] = (authenticator, answer, now + KEEP_S)
        self._kept.move_to_end(key)
        # Insertion is in sequence of time: two from the front for each one at the back keeps it swept.
        for _ in range(2):
            oldest = next(iter(self._kept))
            if self._kept[oldest][2] > now and len(self._kept) <= MAX_KEPT:
                break
            del self._kept[oldest]

    def answer(self, key: RequestKey, authenticator: bytes, answer: bytes, now: float) -> None:
        """The answer to a request that is being answered. It goes with its request, whose place it takes."""
        if key in self._kept:
            self._kept[key] = (authenticator, answer, now + KEEP_S)
        else:
            self.keep(key, authenticator, answer, now)

    def drop(self, key: RequestKey) -> None:
        """No answer came of it: the next one is a new request."""
        self._kept.pop(key, None)
