"""How many packets are let in: token buckets per MAC, line, sender and in total. The time is passed in.

A bucket is one number: the time at which it is full again if nothing comes. One that is full already is as good as
none, which is what lets idle ones go and keeps the tables bounded.
"""

from collections.abc import Hashable
from typing import Final

BURST_S: Final = 2.0  # a full bucket holds what its rate gives in this time …
MAC_TOKENS: Final = 8.0  # … and that of a MAC a DORA with its retries at least
MAX_KEYS: Final = 32_768
_SWEEP_S: Final = 0.1
_LONG_AGO: Final = float("-inf")
_CLOCK_SLACK_S: Final = 1.0
_ROUNDING: Final = 1e-3


class Buckets:
    """The buckets of one kind, by key, all of one rate.

    Inside, time goes in tokens: the seconds times the rate. So a token is 1, and adding it up is exact.
    """

    __slots__ = ("_burst", "_full_at", "_per_s", "_slack", "_swept_at", "name")

    def __init__(self, name: str, per_s: int, at_least: float = 0.0) -> None:
        """name: the key of [limits]. at_least: tokens that a full bucket holds whatever the rate."""
        self.name = f"{name}={per_s}"
        self._per_s = per_s
        self._burst = max(BURST_S * per_s, at_least) + _ROUNDING
        self._slack = self._burst + 1 + _CLOCK_SLACK_S * per_s
        self._full_at: dict[Hashable, float] = {}
        self._swept_at = _LONG_AGO

    def __len__(self) -> int:
        return len(self._full_at)

    def draw(self, key: Hashable, now: float) -> float | None:
        """When the bucket would be full again if it gave a token now; None if it has none. Changes nothing."""
        now *= self._per_s
        full_at = self._full_at.get(key, _LONG_AGO)
        if full_at <= now:
            return now + 1
        full_at += 1
        if full_at <= now + self._burst:
            return full_at
        # No bucket takes longer to fill than that: the clock went back, and what was noted by it is void.
        return None if full_at <= now + self._slack else now + 1

    def take(self, key: Hashable, full_at: float, now: float) -> None:
        """Take the token that was drawn."""
        if len(self._full_at) < MAX_KEYS or key in self._full_at or self._sweep(now):
            self._full_at[key] = full_at

    def _sweep(self, now: float) -> bool:
        """Let the full ones go; True if that made room.

        If not, all of them are in use. None of them may go, for that would fill it; a new key goes uncounted instead,
        and the wider buckets hold what comes by it.
        """
        if self._swept_at <= now < self._swept_at + _SWEEP_S:
            return False
        self._swept_at, at = now, now * self._per_s
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > at}
        return len(self._full_at) < MAX_KEYS


class Throttle:
    """Decides packet by packet. Whom a packet is counted for: its MAC on its line, its line, its sender, all."""

    __slots__ = ("_line", "_mac", "_sender", "_since", "_total")

    def __init__(self, per_mac: int, per_port: int, per_nas: int, total: int) -> None:
        """Packets per second; total may be 0, no limit."""
        self._mac = Buckets("per_mac_per_s", per_mac, MAC_TOKENS)
        self._line = Buckets("per_port_per_s", per_port)
        self._sender = Buckets("per_nas_per_s", per_nas)
        self._total = Buckets("total_per_s", total) if total else None
        # Unix seconds are too coarse to add up a thousandth of a millisecond; seconds since the first packet are not.
        self._since = 0.0

    def charge(self, mac: bytes, line: Hashable, sender: Hashable, now: float) -> str:
        """Let the packet in and return "", or return the name of the limit that it is over.

        mac: b"" = none. line: the access line, None where nobody named it. sender: relay, NAS or interface.

        The narrowest bucket is asked first, and a packet that is refused takes nothing from any: a flood on one line
        leaves to the others what is theirs, and leaves nothing behind in the tables. The bucket of a MAC is that of the
        MAC on its line, so that nobody silences a box by sending in its name from another one.
        """
        since = self._since
        if not since:
            since = self._since = now
        now -= since
        box = (mac, sender if line is None else line)
        of_mac = self._mac.draw(box, now) if mac else 0.0
        if of_mac is None:
            return self._mac.name
        of_line = self._line.draw(line, now) if line is not None else 0.0
        if of_line is None:
            return self._line.name
        of_sender = self._sender.draw(sender, now)
        if of_sender is None:
            return self._sender.name
        if self._total is not None:
            of_all = self._total.draw(None, now)
            if of_all is None:
                return self._total.name
            self._total.take(None, of_all, now)
        self._sender.take(sender, of_sender, now)
        if line is not None:
            self._line.take(line, of_line, now)
        if mac:
            self._mac.take(box, of_mac, now)
        return ""
