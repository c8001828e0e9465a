"""The kernel's receive buffers: how large they are, and what found no room in them (socket(7))."""

import socket
import struct
from contextlib import suppress
from typing import Final

# What one door may be behind: about 25,000 DHCP messages. They are served in less time than a box waits for its answer
# (RFC 2131 4.1: 3 s at least), so that nobody asks again who is in the buffer already.
WANTED: Final = 16 << 20
_SO_RCVBUFFORCE: Final = 33
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("=9I")
_DROPS: Final = 8  # sock_diag(7), SK_MEMINFO_DROPS
_DOUBLED: Final = 2  # what the kernel allows, for its own bookkeeping
_A_MESSAGE: Final = 1285  # octets of the buffer that a message of 300 takes, measured on Linux 6


def grow(one: socket.socket) -> None:
    """A receive buffer for a whole district that asks at once, as far as the kernel lets us."""
    for option in (_SO_RCVBUFFORCE, socket.SO_RCVBUF):
        try:
            one.setsockopt(socket.SOL_SOCKET, option, WANTED)
            return
        except OSError:
            continue


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
        f" and the same in /etc/sysctl.d/gatekeeper.conf"
    )
