"""Boxes that were let in: a tally beside the world.

Of RADIUS each last time is kept, and the same box at the same place is news once an hour. Of DHCP the lease tells when
that was, to the second; what is kept here is which came later where a box was refused shortly before.
"""

from itertools import islice
from typing import Final

from gatekeeper.model import Event, make
from gatekeeper.state.bounded import bounded
from gatekeeper.state.evidence import Admitted
from gatekeeper.wire.text import mac_text

MAX_MET: Final = 500_000
MAX_NEWS: Final = 4_096
MAX_WAITING: Final = 65_536
MAX_DOUBTED: Final = 8_192
_NEWS_EVERY_S: Final = 3600

_Key = tuple[bytes, str]


def admission_event(admitted: Admitted) -> Event:
    """A box was let in."""
    mac, account, where, port, at, _, _, ms, _ = admitted
    return Event(at * 1000 + ms, "Access-Accept", mac_text(mac), account, 0, port, f"at {where}")


class Admissions:
    """Who was let in last, where and when; and those of them that nobody has drained yet."""

    def __init__(self) -> None:
        self._met: dict[bytes, Admitted] = {}
        self._news: list[Admitted] = []
        self._waiting: dict[_Key, Admitted] = {}
        # MACs refused since the last drain, and before it.
        self._doubted: set[bytes] = set()
        self._doubted_before: set[bytes] = set()

    def meet(self, mac: bytes, account: str, where: str, port: str, now: float) -> None:
        """RADIUS let a box in at this NAS and port."""
        met = self._met.get(mac)
        at = int(now)
        ms = int((now - at) * 1000)
        self._keep(make(Admitted, (mac, account, where, port, at, "radius", 0, ms, False)))
        if met and met.where == where and met.port == port and now < met.at + _NEWS_EVERY_S and met.account == account:
            return
        found = Admitted(mac, account, where, port, at, ms=ms)
        bounded(self._met, MAX_MET)[mac] = found
        if len(self._news) < MAX_NEWS:
            self._news.append(found)

    def doubt(self, mac: bytes) -> None:
        """A box was refused."""
        if len(self._doubted) < MAX_DOUBTED:
            self._doubted.add(mac)

    def meet_lease(self, mac: bytes, account: str, where: str, port: str, address: int, now: float) -> None:
        """DHCP acknowledged an address to a box."""
        if mac in self._doubted or mac in self._doubted_before:
            at = int(now)
            self._keep(Admitted(mac, account, where, port, at, "dhcp", address, int((now - at) * 1000), news=False))

    def _keep(self, admitted: Admitted) -> None:
        bounded(self._waiting, MAX_WAITING)[admitted.mac, admitted.protocol] = admitted

    def drain(self) -> list[Admitted]:
        """Who was let in since the last time: what is news, then the last of each box; of these so many at most, the
        rest next time."""
        news, self._news = self._news, []
        self._doubted_before, self._doubted = self._doubted, set()
        return news + [self._waiting.pop(key) for key in list(islice(self._waiting, MAX_NEWS))]
