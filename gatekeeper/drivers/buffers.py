"""The kernel's receive buffers: how large they are, and what found no room in them (socket(7))."""

import socket
import struct
from contextlib import suppress
from typing import Final

# What may come while the loop does something else: about 6,500 messages, of a district at once in 65 ms. What waits
# longer than one round is in our own hands then (drivers.arrivals).
WANTED: Final = 4 << 20
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("=9I")
_DROPS: Final = 8  # sock_diag(7), SK_MEMINFO_DROPS
_DOUBLED: Final = 2  # what the kernel allows, for its own bookkeeping
_A_MESSAGE: Final = 1285  # octets of the buffer that a message of 300 takes, measured on Linux 6


def grow(one: socket.socket) -> None:
    """As large as wanted, or as net.core.rmem_max allows: who serves has not the right to more (CAP_NET_ADMIN)."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WANTED)


def dropped(one: socket.socket) -> int:
    """How many datagrams have found no room since it was opened; 0 too where the kernel does not tell (before 4.12)."""
    told = b""
    with suppress(OSError):
        told = one.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    return int(_MEMINFO.unpack(told)[_DROPS]) if len(told) == _MEMINFO.size else 0


def small_buffer() -> str:
    """What is to be mended where doors do not get the buffer that they want; "" = they do."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        grow(probe)
        return small_buffer_text(probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))


def small_buffer_text(room: int) -> str:
    """room: what SO_RCVBUF reads back."""
    if room >= _DOUBLED * WANTED:
        return ""
    return (
        f"net.core.rmem_max allows a receive buffer of {room // _DOUBLED} octets where {WANTED} are wanted: of a burst"
        f" beyond about {room // _A_MESSAGE} messages the rest is lost: sysctl -w net.core.rmem_max={WANTED},"
        " and the same in /etc/sysctl.d/gatekeeper.conf"
    )
