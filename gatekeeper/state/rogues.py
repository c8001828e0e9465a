"""DHCP servers that are not ours: counted, and told once a window each."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value

WINDOW_S: Final = 60.0
# Servers with invented addresses fill neither memory nor log: what comes beyond is not counted before the next drain.
MAX_ROGUES: Final = 256


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class ForeignServer(Value):
    """One answer of a DHCP server that is not ours, as it was heard."""

    __slots__ = ("server", "mac", "interface", "reply", "address", "box")

    def __init__(
        self,
        server: int,
        mac: bytes,
        interface: str,
        reply: str,  # DHCPOFFER DHCPACK DHCPNAK
        address: int,  # what it gives
        box: bytes,
    ) -> None:
        self.server: Final = server
        self.mac: Final = mac
        self.interface: Final = interface
        self.reply: Final = reply
        self.address: Final = address
        self.box: Final = box


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Rogue(Value):
    """One DHCP server that is not ours, counted."""

    __slots__ = ("server", "mac", "interface", "offers", "first_seen", "last_seen")

    def __init__(self, server: int, mac: bytes, interface: str, offers: int, first_seen: int, last_seen: int) -> None:
        self.server: Final = server
        self.mac: Final = mac
        self.interface: Final = interface
        self.offers: Final = offers
        self.first_seen: Final = first_seen
        self.last_seen: Final = last_seen


_Key = tuple[int, bytes, str]


class Rogues:
    """Those heard since the last drain."""

    def __init__(self) -> None:
        self._heard: dict[_Key, Rogue] = {}
        self._told_until: dict[_Key, float] = {}

    def hear(self, foreign: ForeignServer, now: float) -> bool:
        """Count it. True if it is to be told now: once a window for each server, MAC and interface."""
        key = foreign.server, foreign.mac, foreign.interface
        found = self._heard.get(key)
        if found:
            self._heard[key] = found._replace(offers=found.offers + 1, last_seen=int(now))
        elif len(self._heard) < MAX_ROGUES:
            self._heard[key] = Rogue(*key, 1, int(now), int(now))
        if now < self._told_until.get(key, 0.0) <= now + WINDOW_S:
            return False
        if len(self._told_until) >= MAX_ROGUES:
            self._told_until = {one: until for one, until in self._told_until.items() if until > now}
            if len(self._told_until) >= MAX_ROGUES:
                return False
        self._told_until[key] = now + WINDOW_S
        return True

    def drain(self) -> list[Rogue]:
        """What was heard since the last time."""
        drained = list(self._heard.values())
        self._heard.clear()
        return drained
