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
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from gatekeeper.drivers.ages import Ages
from gatekeeper.drivers.buffers import dropped, grow
from gatekeeper.drivers.hearing import BATCH, BEHIND_STAMP, SO_TIMESTAMPNS, Places, is_stamped, told_beside
from gatekeeper.model import Datagram, Destination, Via
from gatekeeper.wire.text import ip_text

_MAX_PEERS: Final = 65_536
_SIOCGIFCONF: Final = 0x8912
_SIOCGIFADDR: Final = 0x8915
_SIOCGIFHWADDR: Final = 0x8927
_SIOCGIFFLAGS: Final = 0x8913
_ETHERNET: Final = 1
_IFF_UP: Final = 1
_IP_PKTINFO: Final = getattr(socket, "IP_PKTINFO", 8)
_PKTINFO: Final = struct.Struct("=I4s4s")
_SOL_UDP: Final = 17
_UDP_SEGMENT: Final = 103
_U16: Final = struct.Struct("=H")
_BROADCAST: Final = b"\xff\xff\xff\xff"
_IFREQ: Final = 16 + struct.calcsize("LLHBBB0L")  # netdevice(7): a name, and a union whose largest member is ifr_map
_IN_IFREQ: Final = 20  # the address in its sockaddr_in, four octets


class DoorError(Exception):
    """A socket cannot be had: which, and what to do."""


class Heard(NamedTuple):
    """What a door had, BATCH at most. late: those that have waited too long; is_full: there may be more; waited_s: how
    long the first one has waited, where it is full or some are late."""

    datagrams: Sequence[Datagram]
    late: Sequence[Datagram] = ()
    is_full: bool = False
    waited_s: float = 0.0


NOTHING: Final = Heard(())


class Door(Protocol):
    """Where datagrams come in and answers go out."""

    name: str
    segments: bool  # True: answers of one length to one receiver may leave by send_run
    on_trial: bool  # True: but only to those who were seen to get them all

    def fileno(self) -> int: ...
    def receive(self, max_age_s: float = 0.0) -> Heard: ...
    def send(self, answer: bytes, to: Destination, via: Via) -> None: ...
    def send_run(self, answers: Sequence[bytes], to: Destination, via: Via) -> None: ...
    def allow_runs(self, allowed: bool, on_trial: bool = False) -> None: ...
    def refuse_runs(self) -> None: ...
    def dropped(self) -> int: ...
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


class Ear:
    """A socket that is read in batches, the oldest datagram first."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._ages = Ages()
        self._emptied = 0.0  # monotonic: nothing was waiting after that

    def listen(self, one: socket.socket) -> None:
        """To this one from now on: it does not block, and tells when it got what."""
        self.places.clear()
        self._emptied = time.monotonic()
        one.setblocking(False)
        with suppress(OSError):  # a kernel that cannot tell ages serves all the same
            one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        grow(one)
        self._socket = one

    def hear(self, max_age_s: float) -> tuple[int, int, float]:
        """(how many have waited for longer than that, how many there are, seconds that the first one has waited where
        there are many or it is late); the late ones are in the first places. max_age_s: 0 = none is. Raises OSError."""
        places, began, emptied = self.places, time.monotonic(), self._emptied
        count = places.fill(self._socket)
        if count < BATCH:
            self._emptied = began
            if not count or began - emptied <= max_age_s:
                return 0, count, 0.0  # they have come since, whatever their stamps say
        if not max_age_s:
            return 0, count, 0.0
        wall = self._ages.wall()
        waited_s = self._ages.of(places.stamp(0), wall)
        late = 0
        if waited_s > max_age_s:
            late = 1
            while late < count and self._ages.of(places.stamp(late), wall) > max_age_s:
                late += 1
        return late, count, waited_s


class UdpDoor:
    """A UDP listener on one address."""

    def __init__(self, address: int, port: int, name: str = "", plain: bool = False) -> None:
        """plain: datagrams are read one by one. Bind. Raises DoorError."""
        self.segments = self.on_trial = False
        self._refused = False
        self.name = name or f"{ip_text(address)}:{port}"
        self._texts: dict[int, str] = {}
        self._ear = Ear(Places(plain=plain))
        self.open(address, port)

    def open(self, address: int, port: int) -> None:
        """A new socket, bound. Raises DoorError."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._ear.listen(self._socket)
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

    def dropped(self) -> int:
        """How many datagrams have found its receive buffer full since it was opened."""
        return dropped(self._socket)

    def receive(self, max_age_s: float = 0.0) -> Heard:
        """What is waiting. max_age_s: what has waited longer is late, 0 = nothing is. Raises OSError."""
        late, count, waited_s = self._ear.hear(max_age_s)
        if not count:
            return NOTHING
        return Heard(self._datagrams(late, count), self._datagrams(0, late) if late else (), count == BATCH, waited_s)

    def _datagrams(self, first: int, end: int) -> list[Datagram]:
        places, via = self._ear.places, self._via
        found = zip(places.datagrams(first, end), places.senders(first, end), strict=True)
        return [Datagram(data, source, port, via) for data, (port, source) in found]

    def send(self, answer: bytes, to: Destination, via: Via) -> None:
        """Raises OSError."""
        self._socket.sendto(answer, (self._text(to.address), to.port))

    def send_run(self, answers: Sequence[bytes], to: Destination, via: Via) -> None:
        """Several of one length in one call, all or none. Raises OSError.

        For receivers that are UDP sockets. Between two ends of one kernel, as of a veth pair, a run stays one frame: a
        socket gets it cut, but who listens to frames, as ISC's dhcrelay does, would take it for one datagram.
        """
        segment = _SOL_UDP, _UDP_SEGMENT, _U16.pack(len(answers[0]))
        target = (self._text(to.address), to.port)
        self._socket.sendmsg((b"".join(answers),), (*self._from(via), segment), 0, target)

    def allow_runs(self, allowed: bool, on_trial: bool = False) -> None:
        """Whether whoever is answered by this door gets a run cut; on_trial: else whoever was seen to get one may."""
        self.segments = (allowed or on_trial) and not self._refused
        self.on_trial = on_trial and not allowed

    def refuse_runs(self) -> None:
        """The kernel does not take them: not by this door, for good."""
        self.segments, self._refused = False, True

    def _from(self, via: Via) -> tuple[tuple[int, int, bytes], ...]:
        """Control messages that say which address of ours an answer leaves from."""
        return ()

    def _text(self, address: int) -> str:
        text = self._texts.get(address)
        if text is None:
            if len(self._texts) >= _MAX_PEERS:
                self._texts.clear()
            text = self._texts[address] = ip_text(address)
        return text


class AnyAddressDoor(UdpDoor):
    """A UDP listener on 0.0.0.0. Broadcasts are left to the FrameDoors."""

    def __init__(self, port: int, broadcasts: bool, plain: bool = False) -> None:
        """broadcasts: False if frames are heard on interfaces, which get them already. Raises DoorError."""
        super().__init__(0, port, plain=plain)
        self._socket.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        self._broadcasts = broadcasts
        self._vias: dict[bytes, Via | None] = {}  # by what the kernel tells of the address

    def _datagrams(self, first: int, end: int) -> list[Datagram]:
        """Each with the address of ours that it was sent to."""
        places, found = self._ear.places, []
        heard = zip(range(first, end), places.datagrams(first, end), places.senders(first, end), strict=True)
        for place, data, (port, source) in heard:
            via = self._via_of(places.beside(place))
            if via is not None:
                found.append(Datagram(data, source, port, via))
        return found

    def _via_of(self, beside: bytes) -> Via | None:
        """None: it is a broadcast, and heard elsewhere."""
        if not is_stamped(beside):
            return self._read_via(beside)
        told = beside[BEHIND_STAMP:]
        try:
            return self._vias[told]
        except KeyError:
            if len(self._vias) >= _MAX_PEERS:
                self._vias.clear()
            via = self._vias[told] = self._read_via(beside)
            return via

    def _read_via(self, beside: bytes) -> Via | None:
        info = told_beside(beside, socket.IPPROTO_IP, _IP_PKTINFO)
        _, local, destination = _PKTINFO.unpack(info) if len(info) == _PKTINFO.size else (0, b"", b"")
        if destination == _BROADCAST and not self._broadcasts:
            return None
        return Via(self.name, int.from_bytes(local, "big"), raw=False)

    def send(self, answer: bytes, to: Destination, via: Via) -> None:
        """From the address that was asked. Raises OSError."""
        self._socket.sendmsg((answer,), self._from(via), 0, (self._text(to.address), to.port))

    def _from(self, via: Via) -> tuple[tuple[int, int, bytes], ...]:
        return ((socket.IPPROTO_IP, _IP_PKTINFO, _PKTINFO.pack(0, via.local.to_bytes(4, "big"), bytes(4))),)


def _bind_help(text: str, error: OSError) -> str:
    help_ = {
        errno.EADDRINUSE: "another service listens there: find it with 'ss -ulpn'",
        errno.EACCES: "ports under 1024 need root or CAP_NET_BIND_SERVICE",
        errno.EADDRNOTAVAIL: "no interface of this machine has that address",
    }.get(error.errno or 0, "see 'man 7 ip'")
    return f"cannot listen on {text}: {error.strerror}: {help_}"
