"""ARP probes: an address that is offered for the first time is asked for on the link before the offer leaves."""

import socket
from typing import Final

from gatekeeper.drivers.hearing import BATCH
from gatekeeper.drivers.sockets import DoorError
from gatekeeper.wire import Malformed
from gatekeeper.wire.arp import claimed_address, probe_frame
from gatekeeper.wire.frame import ARP

_FRAME: Final = 128


class ArpProbe:
    """Asks on one interface. Who waits for the answers, and for how long, is the heart's business."""

    def __init__(self, interface: str, our_mac: bytes) -> None:
        """Raises DoorError."""
        self.name = interface
        self.open(our_mac)

    def open(self, our_mac: bytes) -> None:
        """A new packet socket for ARP."""
        self._mac = our_mac
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            opened.setblocking(False)
            opened.bind((self.name, ARP))
        except OSError as error:
            opened.close()
            raise DoorError(f"interface {self.name}: {error.strerror}") from None
        self._socket = opened

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, address: int) -> bool:
        """Ask for the address. False: that cannot be done."""
        try:
            self._socket.send(probe_frame(self._mac, address))
        except OSError:
            return False
        return True

    def claims(self) -> list[tuple[int, bytes]]:
        """(address, MAC) of others who have just said that an address is theirs; BATCH frames are read at most."""
        found: list[tuple[int, bytes]] = []
        for _ in range(BATCH):
            try:
                frame = self._socket.recv(_FRAME)
            except OSError:  # nothing more, or the link is down
                break
            try:
                address, mac = claimed_address(frame)
            except Malformed:
                continue
            if mac != self._mac:
                found.append((address, mac))
        return found
