"""sendmmsg and recvmmsg (Linux 3.0) by ctypes: many datagrams a call, in one block of memory.

mypyc has nothing to gain here, and does not know ctypes' classes.
"""

import ctypes
import os
import socket
from struct import pack
from typing import Final

MOST: Final = 64
_ROOM: Final = 4096  # octets of one datagram
_INET: Final = pack("=H", socket.AF_INET)


class _Iovec(ctypes.Structure):
    """struct iovec (readv(2))."""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct msghdr (sendmsg(2))."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint32),
        ("iovecs", ctypes.c_void_p),
        ("iovec_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """struct mmsghdr (sendmmsg(2)). size: how much of it was sent or received."""

    _fields_ = (("header", _Header), ("size", ctypes.c_uint32))


_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_WORD: Final = 4
_WORDS: Final = ctypes.sizeof(_Message) // _WORD
_SIZE_AT: Final = _Message.size.offset // _WORD


class _Block:
    """Room for 64 datagrams, and what says where each is."""

    def __init__(self, to: tuple[str, int] | None) -> None:
        """to: whom each is for, None = the socket is connected."""
        self._room = ctypes.create_string_buffer(MOST * _ROOM)
        self._iovecs = (_Iovec * MOST)()
        self._messages = (_Message * MOST)()
        self._name = ctypes.create_string_buffer(16)
        if to:
            self._name.raw = _INET + pack("!H", to[1]) + socket.inet_aton(to[0]) + bytes(8)
        for at in range(MOST):
            header = self._messages[at].header
            header.iovecs = ctypes.addressof(self._iovecs) + at * ctypes.sizeof(_Iovec)
            header.iovec_count = 1
            if to:
                header.name = ctypes.addressof(self._name)
                header.name_size = 16
        self.room = memoryview(self._room).cast("B")
        self._part(_ROOM)

    def _part(self, size: int) -> None:
        """Have one datagram every so many octets, each of that length."""
        start = ctypes.addressof(self._room)
        for at in range(MOST):
            self._iovecs[at].base = start + at * size
            self._iovecs[at].size = size


class Sending(_Block):
    """What is to be sent, alike in length."""

    def __init__(self, to: tuple[str, int] | None) -> None:
        super().__init__(to)
        self._size = _ROOM
        self._start = ctypes.addressof(self._messages)

    def send(self, number: int, datagrams: list[bytes]) -> int:
        """Up to 64 datagrams of one length to the socket with that number; how many it took. Raises OSError."""
        size = len(datagrams[0])
        if size != self._size:
            self._part(size)
            self._size = size
        count = len(datagrams)
        self.room[: count * size] = b"".join(datagrams)
        sent: int = _LIBC.sendmmsg(number, ctypes.c_void_p(self._start), count, 0)
        if sent < 0:
            raise _error()
        return sent


class Receiving(_Block):
    """What has come."""

    def __init__(self) -> None:
        super().__init__(None)
        self._start = ctypes.c_void_p(ctypes.addressof(self._messages))
        self._words = memoryview((ctypes.c_uint32 * (_WORDS * MOST)).from_buffer(self._messages)).cast("B").cast("I")

    def receive(self, number: int) -> list[bytes]:
        """What waits at the socket with that number, up to 64 datagrams; [] = nothing. Raises OSError."""
        count: int = _LIBC.recvmmsg(number, self._start, MOST, socket.MSG_DONTWAIT, None)
        if count < 0:
            error = _error()
            if isinstance(error, BlockingIOError):
                return []
            raise error
        room, words = self.room, self._words
        return [bytes(room[at * _ROOM : at * _ROOM + words[at * _WORDS + _SIZE_AT]]) for at in range(count)]


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
