"""The boxes of a lease file, once each, however often the file names them.

Whoever got a lease is a box that exists. Its account is its MAC: a name in a lease is what the box said of itself. The
address is the one it holds by the last word of the file; an address that another box got later is that box's.
"""

from collections.abc import Iterator
from typing import NamedTuple

from gatekeeper.intake.entry import Entry


class _Held(NamedTuple):
    """The last lease of a box. address: "" = it is over."""

    number: int
    address: str


class Leases:
    """Leases in the sequence of the file."""

    def __init__(self) -> None:
        self._boxes: dict[bytes, _Held] = {}
        self._holders: dict[str, bytes] = {}

    def add(self, number: int, mac: bytes, address: str, current: bool) -> None:
        """One more lease. current: it is not over, as far as the file tells."""
        before = self._boxes.get(mac)
        if current:
            self._boxes[mac] = _Held(number, address)
            self._holders[address] = mac
        elif before is None or before.address in ("", address):
            self._boxes[mac] = _Held(number, "")

    def entries(self) -> Iterator[Entry]:
        """The boxes, in the sequence in which the file names them first."""
        for mac, held in self._boxes.items():
            mine = held.address if self._holders.get(held.address) == mac else ""
            yield Entry(held.number, (mac,), lease=mine)
