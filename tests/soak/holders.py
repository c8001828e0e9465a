"""What the boxes were promised: by time that passes, as a box counts it, whatever any clock says."""

import time
from typing import Final, NamedTuple

from gatekeeper.wire.text import ip_text

# A lease ends at a whole second of the server's, and its ACK was under way for a while.
SLACK_S: Final = 3.0


class Promise(NamedTuple):
    """An address until then (monotonic seconds), less SLACK_S."""

    address: int
    until: float


class Holders:
    """The ledger of all promises. Raises AssertionError where two boxes hold one address."""

    def __init__(self) -> None:
        self.of: dict[str, Promise] = {}
        self._holder: dict[int, str] = {}
        self.promises = 0

    def promise(self, mac: str, address: int, lease_s: int, asked_at: float) -> None:
        """An ACK came. asked_at: when its request left."""
        now = time.monotonic()
        other = self._holder.get(address)
        if other and other != mac and other in self.of:
            held = self.of[other]
            left = held.until - now
            assert held.address != address or left <= 0, (
                f"{ip_text(address)} was given to {mac} while {other} holds it for {left:.1f} s more"
            )
        self.end(mac)
        self.of[mac] = Promise(address, asked_at + lease_s - SLACK_S)
        self._holder[address] = mac
        self.promises += 1

    def end(self, mac: str) -> None:
        """The box gave it back, or was told that it is over."""
        promise = self.of.pop(mac, None)
        if promise and self._holder.get(promise.address) == mac:
            del self._holder[promise.address]

    def standing(self, at_least_s: float) -> dict[str, int]:
        """Who holds which address for so long yet, or longer."""
        end = time.monotonic() + at_least_s
        return {mac: promise.address for mac, promise in self.of.items() if promise.until > end}
