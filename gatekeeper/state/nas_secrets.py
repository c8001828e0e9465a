"""What the packets of each RADIUS source show of its shared secret: right, wrong, perhaps wrong, or that it has none.

Authentication and accounting are told apart, for a NAS has a secret for each and people mistype one of them. What the
last packets showed counts: a right one ends a row of wrong ones. Bounded; drained into the store every second or so.
"""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Reason
from gatekeeper.value import Value

RIGHT: Final = ""
AUTHENTICATION: Final = "authentication"
ACCOUNTING: Final = "accounting"
# Sources in one drain: of clients, whose addresses can be forged too, and of nobody's clients.
MAX_SOURCES: Final = 1_024
MAX_UNKNOWN: Final = 64
MAX_RIGHT: Final = 65_536
# On record.
MAX_KEPT: Final = 4_096
MAX_UNKNOWN_KEPT: Final = 256


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class SecretSeen(Value):
    """What packets of one source showed. name: the client, "" = it is none.

    reason: RIGHT, BAD_AUTHENTICATOR, UNKNOWN_NAS; BAD_PASSWORD where the password that the secret uncovers is no text.
    """

    __slots__ = ("source", "port", "name", "reason", "times", "first_seen", "last_seen")

    def __init__(
        self,
        source: int,
        port: str,  # AUTHENTICATION or ACCOUNTING
        name: str,
        reason: str,
        times: int,
        first_seen: int,
        last_seen: int,
    ) -> None:
        self.source: Final = source
        self.port: Final = port
        self.name: Final = name
        self.reason: Final = reason
        self.times: Final = times
        self.first_seen: Final = first_seen
        self.last_seen: Final = last_seen


class Secrets:
    """Those since the last drain."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str], SecretSeen] = {}
        self._before: list[SecretSeen] = []  # what was shown in the same time and is over
        self._unknown = 0
        self.right: dict[str, set[int]] = {AUTHENTICATION: set(), ACCOUNTING: set()}  # sources that need not be told

    def is_right(self, name: str, source: int, port: str, now: float) -> None:
        """A packet bore out the secret of this client."""
        right = self.right[port]
        if source not in right:
            if len(right) >= MAX_RIGHT:
                right.clear()
            right.add(source)
            self._note(name, source, port, RIGHT, now)

    def is_wrong(self, name: str, source: int, port: str, reason: Reason, now: float) -> None:
        """A packet did not."""
        self.right[port].discard(source)
        self._note(name, source, port, reason, now)

    def _note(self, name: str, source: int, port: str, reason: str, now: float) -> None:
        key, at = (source, port), int(now)
        found = self._seen.get(key)
        if found and (found.name, found.reason) == (name, reason):
            self._seen[key] = found._replace(times=found.times + 1, last_seen=at)
            return
        if found is None and not self._has_room(name):
            return
        if found and len(self._before) < MAX_SOURCES:
            self._before.append(found)
        self._seen[key] = SecretSeen(source, port, name, str(reason), 1, at, at)

    def _has_room(self, name: str) -> bool:
        """A flood of forged sources that are no clients leaves room for those that are."""
        if not name:
            self._unknown += 1
            return self._unknown <= MAX_UNKNOWN
        return len(self._seen) < MAX_SOURCES

    def drain(self) -> list[SecretSeen]:
        """What was shown since the last time, of each source in its sequence."""
        drained = [*self._before, *self._seen.values()]
        self._seen.clear()
        self._before.clear()
        self._unknown = 0
        return drained
