"""What each RADIUS client sends, counted: who still sends no Message-Authenticator is to be seen (CVE-2024-3596)."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.state.nas_secrets import AUTHENTICATION, Secrets
from gatekeeper.value import Value
from gatekeeper.wire.text import ip_text


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class NasSeen(Value):
    """What came from one client since the last time it was told.

    requests: Access-Requests, forged ones apart; accepts, rejects: answers that left, repeated ones apart. sealed,
    unsealed: requests with a right Message-Authenticator, and with none, whether they were then believed or not.
    unsealed_from: address that the last of these came from, "" = none. last_seen: Unix seconds.
    """

    __slots__ = ("name", "requests", "accepts", "rejects", "sealed", "unsealed", "unsealed_from", "last_seen")

    def __init__(
        self,
        name: str,
        requests: int,
        accepts: int,
        rejects: int,
        sealed: int,
        unsealed: int,
        unsealed_from: str,
        last_seen: int,
    ) -> None:
        self.name: Final = name
        self.requests: Final = requests
        self.accepts: Final = accepts
        self.rejects: Final = rejects
        self.sealed: Final = sealed
        self.unsealed: Final = unsealed
        self.unsealed_from: Final = unsealed_from
        self.last_seen: Final = last_seen


# The fields of NasSeen after its name, as they are counted up.
_ACCEPTS: Final = 0
_REJECTS: Final = 1
_SEALED: Final = 2
_UNSEALED: Final = 3
_UNSEALED_FROM: Final = 4
_LAST_SEEN: Final = 5


class NasCounts:
    """Counts by client, bounded by the number of clients; drained into the store every second or so."""

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}
        self.secrets = Secrets()
        self._right = self.secrets.right[AUTHENTICATION]

    def asked(self, name: str, sealed: bool, source: int, now: float) -> None:
        """An Access-Request came, with a right Message-Authenticator or with none."""
        counts = self._counts.get(name) or self._new(name)
        if sealed:
            counts[_SEALED] += 1
            if source not in self._right:
                self.secrets.is_right(name, source, AUTHENTICATION, now)
        else:
            counts[_UNSEALED] += 1
            counts[_UNSEALED_FROM] = source
        counts[_LAST_SEEN] = int(now)

    def answered(self, name: str, accepted: bool) -> None:
        """An Access-Accept or Access-Reject has left."""
        counts = self._counts.get(name) or self._new(name)
        counts[_ACCEPTS if accepted else _REJECTS] += 1

    def alive(self, name: str, now: float) -> None:
        """A Status-Server came: it asks for nobody, but its sender is there."""
        counts = self._counts.get(name) or self._new(name)
        counts[_LAST_SEEN] = int(now)

    def _new(self, name: str) -> list[int]:
        return self._counts.setdefault(name, [0] * 6)

    def drain(self) -> list[NasSeen]:
        """What was counted since the last time. last_seen 0: only an answer left meanwhile."""
        drained = [
            NasSeen(name, sealed + unsealed, accepts, rejects, sealed, unsealed, ip_text(last) if last else "", seen_at)
            for name, (accepts, rejects, sealed, unsealed, last, seen_at) in self._counts.items()
        ]
        self._counts.clear()
        return drained
