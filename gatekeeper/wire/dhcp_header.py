"""Where the fields of a DHCP message stand (RFC 2131 2, figure 1; RFC 951 3): of each the octets it takes.

A field of a message that ends before it is empty, or cut: nothing here raises.
"""

from struct import Struct
from typing import Final

OP: Final = slice(0, 1)
HTYPE: Final = slice(1, 2)
HLEN: Final = slice(2, 3)
HOPS: Final = slice(3, 4)
XID: Final = slice(4, 8)
SECS: Final = slice(8, 10)
FLAGS: Final = slice(10, 12)
CIADDR: Final = slice(12, 16)
YIADDR: Final = slice(16, 20)
SIADDR: Final = slice(20, 24)
GIADDR: Final = slice(24, 28)
CHADDR: Final = slice(28, 44)
SNAME: Final = slice(44, 108)
FILE: Final = slice(108, 236)
COOKIE: Final = slice(236, 240)
OPTIONS: Final = 240  # where they begin

SNAME_SIZE: Final = 64
FILE_SIZE: Final = 128
# What is read and written at once: from op to chaddr.
HEADER: Final = Struct("!BBBBIHHIIII16s")


def op_of(data: bytes) -> int:
    """op of one UDP payload, which may be anything; 0 = it is empty."""
    return int.from_bytes(data[OP], "big")


def question_key(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What question and answer share: xid, giaddr, and of chaddr what is an Ethernet address."""
    return data[XID], data[GIADDR], data[CHADDR][:6]
