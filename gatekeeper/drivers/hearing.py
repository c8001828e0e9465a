"""Datagrams read from a socket many at a time: one recvmmsg(2) fills the places of a whole batch, and what the kernel
tells beside each datagram (cmsg(3)) stands there too. Where that call cannot be had, recvmsg fills the same places one
by one, so that whoever reads them knows one way only.

From five waiting datagrams on that costs less than recvfrom, of sixteen four fifths, of sixty-four three quarters, and
the kernel's time of receipt (SO_TIMESTAMPNS) and our address (IP_PKTINFO) come along; of one alone half as much again.
"""

import ctypes
import errno
import mmap
import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

BATCH: Final = 64
CONTROL: Final = 128  # octets beside a datagram: the time of receipt, and the largest of what doors ask for
DATAGRAM: Final = 4096
SO_TIMESTAMPNS: Final = 35

_ADDRESS: Final = 16  # sockaddr_in
_NOT_TO_BE_HAD: Final = frozenset({errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.EFAULT, errno.EOPNOTSUPP})
# struct mmsghdr: name, its length, iovec, number of them, control, its length, flags; then how much was received.
_HEADER: Final = struct.Struct("@PIPNPNi0PI0P")
_SIZE_AT: Final = struct.calcsize("@PIPNPNi0P")
# By how many there are: of that many headers, how much each received.
_SIZES: Final = [struct.Struct("=" + f"{_SIZE_AT}xI{_HEADER.size - _SIZE_AT - 4}x" * many) for many in range(BATCH + 1)]
_IOVEC: Final = struct.Struct("@PN")
_SENDERS: Final = struct.Struct("!2xHI8x")
_SENDER: Final = struct.Struct("!HI")
_CMSG: Final = struct.Struct("@Nii")
_WORD: Final = struct.calcsize("@N")
_TIMESPEC: Final = struct.Struct("@ll")
_STAMP: Final = _CMSG.pack(_CMSG.size + _TIMESPEC.size, socket.SOL_SOCKET, SO_TIMESTAMPNS)
BEHIND_STAMP: Final = _CMSG.size + _TIMESPEC.size


def told_beside(control: bytes, level: int, kind: int) -> bytes:
    """What control messages have of this kind; b"" = nothing."""
    at = 0
    while at + _CMSG.size <= len(control):
        length, its_level, its_kind = _CMSG.unpack_from(control, at)
        if length < _CMSG.size:
            break
        if (its_level, its_kind) == (level, kind):
            return control[at + _CMSG.size : at + length]
        at += -(-length // _WORD) * _WORD
    return b""


def is_stamped(control: bytes) -> bool:
    """True if the time of receipt comes first; what is behind BEHIND_STAMP is the rest then."""
    return control.startswith(_STAMP)


class Places:
    """Room for a batch: where the kernel puts datagrams, who sent them, and what it tells beside them."""

    def __init__(self, size: int = DATAGRAM, plain: bool = False) -> None:
        """size: octets of a datagram; what is longer is cut. plain: fill them one by one."""
        self._size = size
        self._octets = mmap.mmap(-1, BATCH * size)  # of which a slice is bytes, copied once
        self._senders = bytearray(BATCH * _ADDRESS)
        self._control = mmap.mmap(-1, BATCH * CONTROL)
        self._vectors = bytearray(BATCH * _IOVEC.size)
        self._headers = bytearray(BATCH * _HEADER.size)
        octets, senders = _address(self._octets), _address(self._senders)
        control, vectors = _address(self._control), _address(self._vectors)
        for at in range(BATCH):
            _IOVEC.pack_into(self._vectors, at * _IOVEC.size, octets + at * size, size)
            told = senders + at * _ADDRESS, _ADDRESS, vectors + at * _IOVEC.size, 1, control + at * CONTROL, CONTROL
            _HEADER.pack_into(self._headers, at * _HEADER.size, *told, 0, 0)
        self._unused = bytes(self._headers)
        self._at = _address(self._headers)
        self._used = 0
        self._starts = tuple(range(0, BATCH * size, size))
        self._recvmmsg = None if plain else getattr(ctypes.CDLL(None, use_errno=True), "recvmmsg", None)
        if self._recvmmsg:
            self._recvmmsg.argtypes = ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p

    def fill(self, one: socket.socket) -> int:
        """Take what is waiting in a socket that does not block: how many datagrams. Raises OSError."""
        if self._recvmmsg is None:
            return self._fill_one_by_one(one)
        if self._used:
            end = self._used * _HEADER.size
            self._headers[:end] = self._unused[:end]  # the kernel has written over lengths
        found = self._recvmmsg(one.fileno(), self._at, BATCH, socket.MSG_DONTWAIT, None)
        if found < 0:
            return self._refused(ctypes.get_errno(), one)
        self._used = found
        return self._used

    def clear(self) -> None:
        """Begin with another socket: what the kernel does not tell of its datagrams it has not told."""
        self._control[:] = bytes(BATCH * CONTROL)

    def _refused(self, error: int, one: socket.socket) -> int:
        if error in (errno.EAGAIN, errno.EINTR):
            return 0
        if error not in _NOT_TO_BE_HAD:
            raise OSError(error, os.strerror(error))
        self._recvmmsg = None
        return self.fill(one)

    def _fill_one_by_one(self, one: socket.socket) -> int:
        place = memoryview(self._octets)
        for at in range(BATCH):
            into = place[at * self._size : (at + 1) * self._size]
            try:
                size, beside, _, sender = one.recvmsg_into((into,), CONTROL, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return at
            except OSError:
                if at:
                    return at
                raise
            struct.pack_into("=I", self._headers, at * _HEADER.size + _SIZE_AT, size)
            if one.family == socket.AF_INET:
                host, port = sender
                number = int.from_bytes(socket.inet_aton(host), "big")
                _SENDER.pack_into(self._senders, at * _ADDRESS + 2, port, number)
            told = b"".join(_cmsg(*message) for message in beside)
            self._control[at * CONTROL : (at + 1) * CONTROL] = told.ljust(CONTROL, b"\0")
        return BATCH

    def datagrams(self, first: int, end: int) -> list[bytes]:
        """Those of these places."""
        octets = self._octets
        sizes = _SIZES[end - first].unpack_from(self._headers, first * _HEADER.size)
        return [octets[at : at + length] for at, length in zip(self._starts[first:end], sizes, strict=True)]

    def senders(self, first: int, end: int) -> Iterator[tuple[int, int]]:
        """(port, address) of who sent those of these places by UDP."""
        return _SENDERS.iter_unpack(self._senders[first * _ADDRESS : end * _ADDRESS])

    def beside(self, place: int) -> bytes:
        """Control messages of one datagram."""
        return self._control[place * CONTROL : (place + 1) * CONTROL]

    def stamp(self, place: int) -> float:
        """When the kernel got it, Unix seconds of the wall clock as it was then; 0.0 = it does not tell."""
        at = place * CONTROL
        if self._control[at : at + _CMSG.size] != _STAMP:
            return 0.0
        seconds, nanoseconds = _TIMESPEC.unpack_from(self._control, at + _CMSG.size)
        return float(seconds) + float(nanoseconds) / 1e9


def _address(memory: "bytearray | mmap.mmap") -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def _cmsg(level: int, kind: int, data: bytes) -> bytes:
    length = _CMSG.size + len(data)
    return _CMSG.pack(length, level, kind) + data + bytes(-length % _WORD)
