"""Where the fields of a DHCP message begin (RFC 2131 2, figure 1; RFC 951 3). Each ends where the next one begins:
``data[XID:SECS]`` is xid."""

from typing import Final

OP: Final = 0
HTYPE: Final = 1
HLEN: Final = 2
HOPS: Final = 3
XID: Final = 4
SECS: Final = 8
FLAGS: Final = 10
CIADDR: Final = 12
YIADDR: Final = 16
SIADDR: Final = 20
GIADDR: Final = 24
CHADDR: Final = 28
SNAME: Final = 44
FILE: Final = 108
COOKIE: Final = 236
OPTIONS: Final = 240

SNAME_SIZE: Final = FILE - SNAME
FILE_SIZE: Final = COOKIE - FILE
# The octets of the two areas, by the options that say the same where an area cannot (RFC 2132 9.4, 9.5).
SERVER_NAME: Final = 66
BOOT_FILE: Final = 67
NAME_AREAS: Final = {BOOT_FILE: FILE_SIZE, SERVER_NAME: SNAME_SIZE}


def op_of(data: bytes) -> int:
    """op of one UDP payload, which may be anything; 0 = it is empty."""
    return int.from_bytes(data[OP:HTYPE], "big")


def question_key(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What question and answer share: xid, giaddr, and of chaddr what is an Ethernet address. Of one UDP payload, which
    may be anything: what is not there is empty, or cut."""
    return data[XID:SECS], data[GIADDR:CHADDR], data[CHADDR : CHADDR + 6]
