"""Boxes that RADIUS let in: a tally beside the world. The same box at the same place is news once an hour."""

from typing import Final

from gatekeeper.model import Admitted, Event
from gatekeeper.state.bounded import bounded
from gatekeeper.wire.text import mac_text

MAX_MET: Final = 500_000
MAX_NEWS: Final = 4_096
_NEWS_EVERY_S: Final = 3600


def admission_event(admitted: Admitted) -> Event:
    """A box was let in."""
    mac, account, where, port, at = admitted
    return Event(int(at * 1000), "Access-Accept", mac_text(mac), account, 0, port, f"at {where}")


class Admissions:
    """Who was let in last, where and when; and those of them that nobody has drained yet."""

    def __init__(self) -> None:
        self._met: dict[bytes, Admitted] = {}
        self._news: list[Admitted] = []

    def meet(self, mac: bytes, account: str, where: str, port: str, now: float) -> None:
        """A box was let in at this NAS and port."""
        met = self._met.get(mac)
        if met and met.where == where and met.port == port and now < met.at + _NEWS_EVERY_S and met.account == account:
            return
        found = Admitted(mac, account, where, port, now)
        bounded(self._met, MAX_MET)[mac] = found
        if len(self._news) < MAX_NEWS:
            self._news.append(found)

    def drain(self) -> list[Admitted]:
        """Who was let in that is news since the last time."""
        drained, self._news = self._news, []
        return drained
