"""Ordered addresses that RADIUS has told, and the sessions that have them: an address is one running session's.

What was told in an Access-Accept is in memory alone. What accounting reports is on disk as well, and taken from there
at the start.
"""

from collections.abc import Iterable, Iterator
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value

# Between an Access-Accept and the report that the session has started, that of the one before it may still end.
STARTS_WITHIN_S: Final = 60


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class SessionKey(Value):
    """What a NAS calls a session, and which NAS it is."""

    __slots__ = ("nas", "device", "session")

    def __init__(self, nas: str, device: str, session: str) -> None:
        self.nas: Final = nas
        self.device: Final = device
        self.session: Final = session


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Framed(Value):
    """Who has an address. session: None = it was told, and no report has come yet; told: when, 0 = before the start."""

    __slots__ = ("mac", "until", "session", "told")

    def __init__(self, mac: bytes, until: int, session: SessionKey | None, told: int) -> None:
        self.mac: Final = mac
        self.until: Final = until
        self.session: Final = session
        self.told: Final = told


class FramedAddresses:
    """By address; bounded by the number of addresses that orders fix, and of sessions that still have one they did."""

    def __init__(self) -> None:
        self.by_address: dict[int, Framed] = {}
        self._of_box: dict[bytes, int] = {}
        self._latest = 0  # when anything was told or reported last

    def tell(self, mac: bytes, address: int, until: int, now: int) -> None:
        """An Access-Accept tells the box its address."""
        self._latest = now
        held = self.by_address.get(address)
        if held and held.mac == mac:
            self.by_address[address] = Framed(mac, until, held.session, now)
        else:
            self._put(address, Framed(mac, until, None, now))

    def report(self, session: SessionKey, mac: bytes, address: int, until: int, now: int) -> None:
        """The session runs, and has the address. Two that run with one address: it stays the first one's."""
        self._latest = now
        held = self.by_address.get(address)
        if held and held.mac != mac and held.session and held.until > now:
            return
        self._put(address, Framed(mac, until, session, held.told if held and held.mac == mac else 0))

    def end(self, session: SessionKey, mac: bytes, now: int) -> None:
        """The session is over. A box that was let in again meanwhile keeps the address for its next one."""
        address = self._of_box.get(mac, 0)
        held = self.by_address.get(address)
        if held is None or held.session not in (None, session):
            return
        ends = held.told + STARTS_WITHIN_S
        if ends > now:
            self._put(address, held._replace(session=None, until=min(held.until, ends)))
        else:
            self.free(address)

    def end_all(self, nas: str, device: str) -> None:
        """All sessions of a NAS are over."""
        for address, held in list(self.by_address.items()):
            session = held.session
            if session and session.nas == nas and session.device == device:
                self.free(address)

    def doubt(self, macs: Iterable[bytes] | None) -> None:
        """Orders changed something about these boxes (None = about all): what was only told to them says no more."""
        for address in list(self.by_address) if macs is None else self._addresses_of(macs):
            if self.by_address[address].session is None:
                self.free(address)

    def keep_only(self, addresses: Iterable[int]) -> None:
        """No order fixes any other address: what has another one and is no running session has it no longer."""
        for address in self.by_address.keys() - addresses:
            held = self.by_address[address]
            if held.session is None or held.until <= self._latest:
                self.free(address)

    def free(self, address: int) -> None:
        """Nobody has it."""
        held = self.by_address.pop(address, None)
        if held:
            self._of_box.pop(held.mac, None)

    def _put(self, address: int, held: Framed) -> None:
        self.free(address)
        self.free(self._of_box.get(held.mac, 0))
        self.by_address[address] = held
        self._of_box[held.mac] = address

    def _addresses_of(self, macs: Iterable[bytes]) -> Iterator[int]:
        for mac in macs:
            if mac in self._of_box:
                yield self._of_box[mac]
