"""Boxes that were let in: a tally beside the world.

Of RADIUS each last time is kept, and the same box at the same place is news once an hour. Of DHCP the lease tells when
that was, to the second; what is kept here is which came later where a box was refused shortly before.
"""

from itertools import islice
from typing import Final

from gatekeeper.model import Event, Outcome
from gatekeeper.state.bounded import bounded
from gatekeeper.state.evidence import Admitted
from gatekeeper.wire.text import mac_text

MAX_MET: Final = 500_000
MAX_NEWS: Final = 4_096
MOST_LAST: Final = 1_024  # a second: writing more of them at once would be felt by packets
MAX_WAITING: Final = 65_536
MAX_DOUBTED: Final = 8_192
_NEWS_EVERY_S: Final = 3600


def admission_event(admitted: Admitted) -> Event:
    """A box was let in."""
    at_ms, mac, detail = admitted.at * 1000 + admitted.ms, mac_text(admitted.mac), f"at {admitted.where}"
    return Event(at_ms, "Access-Accept", mac, admitted.account, 0, admitted.port, detail)


class Admissions:
    """Who was let in last, where and when; and those of them that nobody has drained yet."""

    def __init__(self) -> None:
        self._met: dict[bytes, Admitted] = {}
        self._news: list[Admitted] = []
        self._last: dict[bytes, tuple[str, str, str, float]] = {}  # account, where, port, when
        self._leases: dict[bytes, Admitted] = {}
        # MACs refused since the last drain, and before it.
        self._doubted: set[bytes] = set()
        self._doubted_before: set[bytes] = set()

    def meet(self, mac: bytes, account: str, where: str, port: str, now: float) -> None:
        """RADIUS let a box in at this NAS and port."""
        last = self._last if len(self._last) < MAX_WAITING else bounded(self._last, MAX_WAITING)
        last[mac] = account, where, port, now
        met = self._met.get(mac)
        if met and met.where == where and met.port == port and now < met.at + _NEWS_EVERY_S and met.account == account:
            return
        found = _admitted(mac, account, where, port, now)
        bounded(self._met, MAX_MET)[mac] = found
        if len(self._news) < MAX_NEWS:
            self._news.append(found)

    def doubt(self, mac: bytes) -> None:
        """A box was refused."""
        if len(self._doubted) < MAX_DOUBTED:
            self._doubted.add(mac)

    def meet_lease(self, outcome: Outcome, now: float) -> None:
        """DHCP acknowledged an address to a box."""
        mac, binding = outcome.mac, outcome.binding
        if binding and (mac in self._doubted or mac in self._doubted_before):
            port = outcome.port.text if outcome.port else ""
            found = _admitted(mac, binding.account, outcome.where, port, now)
            leased = found._replace(protocol="dhcp", address=outcome.verdict.address, news=False)
            bounded(self._leases, MAX_WAITING)[mac] = leased

    def drain(self) -> list[Admitted]:
        """Who was let in since the last time: what is news, then the last of each box; of these so many at most, the
        rest next time."""
        news, self._news = self._news, []
        self._doubted_before, self._doubted = self._doubted, set()
        macs = list(islice(self._last, MOST_LAST))
        last = [_admitted(mac, *self._last.pop(mac), news=False) for mac in macs]
        leases = [self._leases.pop(mac) for mac in list(islice(self._leases, MAX_NEWS))]
        return news + last + leases


def _admitted(mac: bytes, account: str, where: str, port: str, now: float, news: bool = True) -> Admitted:
    at = int(now)
    return Admitted(mac, account, where, port, at, ms=int((now - at) * 1000), news=news)
