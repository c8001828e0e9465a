"""UDP sockets. A door receives datagrams and sends answers; it knows nothing of what they mean.

UdpDoor        a UDP listener on one address
AnyAddressDoor a UDP listener on 0.0.0.0: answers leave from the address that was asked

The third kind, frames, is in ``frames``.
"""

import array
import errno
import fcntl
import socket
import struct
from typing import Final, NamedTuple, Protocol

from gatekeeper.model import Datagram, Destination, Via, make
from gatekeeper.wire.text import ip_text, parse_ip

BATCH: Final = 64
_DATAGRAM: Final = 4096
_BUFFER: Final = 4 << 20
_MAX_PEERS: Final = 65_536
_SIOCGIFCONF: Final = 0x8912
_SIOCGIFADDR: Final = 0x8915
_SIOCGIFHWADDR: Final = 0x8927
_SIOCGIFFLAGS: Final = 0x8913
_SO_RCVBUFFORCE: Final = 33
_ETHERNET: Final = 1
_IFF_UP: Final = 1
_IP_PKTINFO: Final = getattr(socket, "IP_PKTINFO", 8)
_PKTINFO: Final = struct.Struct("=I4s4s")
_IFREQ: Final = 16 + struct.calcsize("LLHBBB0L")  # netdevice(7): a name, and a union whose largest member is ifr_map
_IN_IFREQ: Final = 20  # the address in its sockaddr_in, four octets


class DoorError(Exception):
    """A socket cannot be had: which, and what to do."""


class Door(Protocol):
    """Where datagrams come in and answers go out."""

    name: str

    def fileno(self) -> int: ...
    def receive(self) -> list[Datagram]: ...
    def send(self, answer: bytes, to: Destination, via: Via) -> None: ...
    def close(self) -> None: ...


class Link(NamedTuple):
    """An interface as it is now."""

    name: str
    mac: bytes
    address: int  # 0 = none


def find_link(name: str, bare: bool = False) -> Link:
    """MAC and IPv4 address of an interface; bare: it may do without the address. Raises DoorError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16s24x", name.encode())
        try:
            hardware = fcntl.ioctl(probe, _SIOCGIFHWADDR, request)
            flags = int.from_bytes(fcntl.ioctl(probe, _SIOCGIFFLAGS, request)[16:18], "little")
        except OSError as error:
            raise DoorError(f"interface {name}: {error.strerror}: name one that 'ip link' shows") from None
        if int.from_bytes(hardware[16:18], "little") != _ETHERNET:
            raise DoorError(f"interface {name} is not Ethernet")
        if not flags & _IFF_UP:
            raise DoorError(f"interface {name} is down: ip link set {name} up")
        try:
            address = fcntl.ioctl(probe, _SIOCGIFADDR, request)
        except OSError:
            if bare:
                return Link(name, hardware[18:24], 0)
            raise DoorError(f"interface {name} has no IPv4 address: ip address add ADDRESS/LENGTH dev {name}") from None
    return Link(name, hardware[18:24], int.from_bytes(address[20:24], "big"))


class OwnAddresses:
    """The IPv4 addresses of this machine, all interfaces together."""

    def __init__(self) -> None:
        self._told = b""
        self._found: frozenset[int] = frozenset()

    def look(self) -> frozenset[int]:
        """As they are now; as they were where the kernel does not say."""
        try:
            told = _interface_addresses()
        except OSError:
            return self._found
        if told != self._told:
            self._told = told
            rows = (told[at : at + 4] for at in range(_IN_IFREQ, len(told), _IFREQ))
            self._found = frozenset(int.from_bytes(row, "big") for row in rows) - {0}
        return self._found


def _interface_addresses() -> bytes:
    """SIOCGIFCONF: one ifreq an address. Raises OSError."""
    room = 64 * _IFREQ
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        while True:
            rows = array.array("B", bytes(room))
            told = fcntl.ioctl(probe, _SIOCGIFCONF, struct.pack("iL", room, rows.buffer_info()[0]))
            (length,) = struct.unpack_from("i", told)
            if length <= room - _IFREQ:  # else there may be more than it had room for
                return rows.tobytes()[:length]
            room *= 4


def grow(one: socket.socket) -> None:
    """A receive buffer for a whole district that asks at once, as far as the kernel lets us."""
    for option in (_SO_RCVBUFFORCE, socket.SO_RCVBUF):
        try:
            one.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
            return
        except OSError:
            continue


class UdpDoor:
    """A UDP listener on one address."""

    def __init__(self, address: int, port: int, name: str = "") -> None:
        """Bind. Raises DoorError."""
        self.name = name or f"{ip_text(address)}:{port}"
        self._numbers: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self.open(address, port)

    def open(self, address: int, port: int) -> None:
        """A new socket, bound. Raises DoorError."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        grow(self._socket)
        try:
            self._socket.bind((ip_text(address), port))
        except OSError as error:
            self._socket.close()
            raise DoorError(_bind_help(f"{ip_text(address)}:{port}", error)) from None
        self._via = Via(self.name, address, raw=False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def receive(self) -> list[Datagram]:
        """What is waiting, BATCH at most."""
        found: list[Datagram] = []
        receive, via, numbers = self._socket.recvfrom, self._via, self._numbers
        try:
            for _ in range(BATCH):
                data, (host, port) = receive(_DATAGRAM)
                source = numbers.get(host) or self._number(host)
                found.append(make(Datagram, (data, source, port, via, b"")))
        except BlockingIOError:
            pass
        return found

    def send(self, answer: bytes, to: Destination, via: Via) -> None:
        """Raises OSError."""
        self._socket.sendto(answer, (self._text(to.address), to.port))

    def _number(self, host: str) -> int:
        number = self._numbers.get(host)
        if number is None:
            if len(self._numbers) >= _MAX_PEERS:
                self._numbers.clear()
            number = self._numbers[host] = parse_ip(host)
        return number

    def _text(self, address: int) -> str:
        text = self._texts.get(address)
        if text is None:
            if len(self._texts) >= _MAX_PEERS:
                self._texts.clear()
            text = self._texts[address] = ip_text(address)
        return text


class AnyAddressDoor(UdpDoor):
    """A UDP listener on 0.0.0.0. Broadcasts are left to the FrameDoors."""

    def __init__(self, port: int, broadcasts: bool) -> None:
        """broadcasts: False if frames are heard on interfaces, which get them already. Raises DoorError."""
        super().__init__(0, port)
        self._socket.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        self._broadcasts = broadcasts
        self._vias: dict[bytes, Via] = {}

    def receive(self) -> list[Datagram]:
        """What is waiting, BATCH at most; each with the address of ours that it was sent to."""
        found: list[Datagram] = []
        try:
            for _ in range(BATCH):
                data, ancillary, _, (host, port) = self._socket.recvmsg(_DATAGRAM, 64)
                _, local, destination = _PKTINFO.unpack_from(ancillary[0][2]) if ancillary else (0, b"", b"")
                if destination == b"\xff\xff\xff\xff" and not self._broadcasts:
                    continue
                found.append(Datagram(data, self._number(host), port, self._via_of(local)))
        except BlockingIOError:
            pass
        return found

    def _via_of(self, local: bytes) -> Via:
        via = self._vias.get(local)
        if via is None:
            via = self._vias[local] = Via(self.name, int.from_bytes(local, "big"), raw=False)
        return via

    def send(self, answer: bytes, to: Destination, via: Via) -> None:
        """From the address that was asked. Raises OSError."""
        info = _PKTINFO.pack(0, via.local.to_bytes(4, "big"), bytes(4))
        target = (self._text(to.address), to.port)
        self._socket.sendmsg((answer,), ((socket.IPPROTO_IP, _IP_PKTINFO, info),), 0, target)


def _bind_help(text: str, error: OSError) -> str:
    help_ = {
        errno.EADDRINUSE: "another service listens there: find it with 'ss -ulpn'",
        errno.EACCES: "ports under 1024 need root or CAP_NET_BIND_SERVICE",
        errno.EADDRNOTAVAIL: "no interface of this machine has that address",
    }.get(error.errno or 0, "see 'man 7 ip'")
    return f"cannot listen on {text}: {error.strerror}: {help_}"
