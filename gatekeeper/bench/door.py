"""A UDP socket of the generator: datagrams go out in batches and come in until there are no more.

Each datagram is delivered by itself, as those of many relays and NASes are. UDP_SEGMENT would be cheaper than sendmmsg;
but what then reaches a server that commits in batches comes in bursts, and it serves a quarter less. UDP_GRO would
spare the server's core the parting of what it sends, which no client does.
"""

import socket
from typing import Final

from gatekeeper.bench.messages import MOST, Receiving, Sending

_BUFFER: Final = 8 << 20
_FORCED: Final = ((33, socket.SO_RCVBUF), (32, socket.SO_SNDBUF))  # SO_RCVBUFFORCE, SO_SNDBUFFORCE


class Door:
    """One socket, and the one server that it sends to. It blocks where the kernel's buffer is full."""

    def __init__(self, local: tuple[str, int], server: tuple[str, int], connected: bool) -> None:
        """connected: hear that server alone, and learn that nobody listens there. Raises OSError."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.unheard = 0  # times that ICMP told so
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            for forced, asked in _FORCED:
                self._widen(forced, asked)
            self._socket.bind(local)
            if connected:
                self._socket.connect(server)
        except OSError:
            self._socket.close()
            raise
        self._number = self._socket.fileno()
        self._sending = Sending(None if connected else server)
        self._receiving = Receiving()

    def _widen(self, forced: int, asked: int) -> None:
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, forced, _BUFFER)
        except OSError:  # without CAP_NET_ADMIN net.core.rmem_max is the limit
            self._socket.setsockopt(socket.SOL_SOCKET, asked, _BUFFER)

    def fileno(self) -> int:
        return self._number

    def close(self) -> None:
        self._socket.close()

    def send(self, datagrams: list[bytes]) -> None:
        """Send them all. Raises OSError where the network does not take them."""
        count = len(datagrams)
        at = 0
        while at < count:
            size = len(datagrams[at])
            most = min(count, at + MOST)
            stop = at + 1
            while stop < most and len(datagrams[stop]) == size:
                stop += 1
            try:
                at += self._sending.send(self._number, datagrams[at:stop])
            except ConnectionRefusedError:
                # The kernel tells it once, of what was sent before.
                self.unheard += 1

    def receive(self) -> list[bytes]:
        """What waits, a bounded number. Raises OSError."""
        try:
            return self._receiving.receive(self._number)
        except ConnectionRefusedError:
            self.unheard += 1
            return []
