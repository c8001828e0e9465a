"""ARP probes: an address that is offered for the first time is asked for on the link before the offer leaves."""

import socket
from typing import NamedTuple

from gatekeeper.drivers.sockets import DoorError
from gatekeeper.model import Outcome
from gatekeeper.wire import Malformed
from gatekeeper.wire.arp import ETHERTYPE, claimed_address, probe_frame

# RFC 5227 waits longer, for hosts that just woke up; a box waits 4 s at most for its first offer (RFC 2131 4.1).
WAIT_S = 0.4
_FRAME = 128
_MOST = 4096


class Held(NamedTuple):
    """An offer that waits for its probe."""

    outcome: Outcome
    until: float


class ArpProbe:
    """Probes on one interface. Bounded: beyond _MOST at once, offers leave unprobed."""

    def __init__(self, interface: str, our_mac: bytes) -> None:
        """Raises DoorError."""
        self.name = interface
        self._held: dict[int, Held] = {}
        self.open(our_mac)

    def open(self, our_mac: bytes) -> None:
        """A new packet socket for ARP."""
        self._mac = our_mac
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            opened.setblocking(False)
            opened.bind((self.name, ETHERTYPE))
        except OSError as error:
            opened.close()
            raise DoorError(f"interface {self.name}: {error.strerror}") from None
        self._socket = opened

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        """Offers that are still held are forgotten, so that nobody waits for their end; their boxes ask again."""
        self._held.clear()
        self._socket.close()

    def start(self, outcome: Outcome, now: float) -> bool:
        """Ask for the offered address and hold the offer. False: it cannot be asked, let the offer go."""
        address = outcome.verdict.address
        if len(self._held) >= _MOST:
            return False
        try:
            self._socket.send(probe_frame(self._mac, address))
        except OSError:
            return False
        self._held.pop(address, None)
        self._held[address] = Held(outcome, now + WAIT_S)
        return True

    def taken(self) -> list[Outcome]:
        """Offers whose address somebody else has just claimed."""
        found: list[Outcome] = []
        while True:
            try:
                frame = self._socket.recv(_FRAME)
            except OSError:  # nothing more, or the link is down
                return found
            try:
                address, mac = claimed_address(frame)
            except Malformed:
                continue
            held = self._held.get(address)
            # The box itself may still have the address from before.
            if held and mac not in (self._mac, held.outcome.mac):
                found.append(self._held.pop(address).outcome)

    def free(self, now: float) -> list[Outcome]:
        """Offers that nobody objected to in time."""
        found: list[Outcome] = []
        while self._held:
            address = next(iter(self._held))
            if self._held[address].until > now:
                break
            found.append(self._held.pop(address).outcome)
        return found

    def next_end(self) -> float:
        """When the next probe ends; infinity without one."""
        return next(iter(self._held.values())).until if self._held else float("inf")
