"""Where the fields of a DHCP message begin (RFC 2131 2, figure 1; RFC 951 3). Each ends where the next one begins:
``data[XID:SECS]`` is xid. And what the fixed fields of a message say whose options cannot be read."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value

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

MAGIC: Final = b"\x63\x82\x53\x63"
_BOOTREQUEST: Final = b"\x01"
_ETHERNET: Final = b"\x01\x06"  # htype and hlen
_PAD: Final = 0
_END: Final = 255
_TYPE: Final = 53


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class SoundHeader(Value):
    """What can be said of a malformed message. mac: b"" = no Ethernet address; giaddr, kind (option 53): 0 = none."""

    __slots__ = ("mac", "giaddr", "kind")

    def __init__(self, mac: bytes, giaddr: int, kind: int) -> None:
        self.mac: Final = mac
        self.giaddr: Final = giaddr
        self.kind: Final = kind


NO_HEADER: Final = SoundHeader(b"", 0, 0)


def sound_header(data: bytes) -> SoundHeader:
    """Box, relay and message type of one UDP payload that ``wire.dhcp`` refuses; NO_HEADER where it is no question of a
    client, or ends before its chaddr does.

    The fixed fields stand in their places whatever is wrong behind them. A type counts if it is readable in the options
    in front of the fault.
    """
    if len(data) < SNAME or data[OP:HTYPE] != _BOOTREQUEST:
        return NO_HEADER
    mac = data[CHADDR : CHADDR + 6] if data[HTYPE:HOPS] == _ETHERNET else b""
    return SoundHeader(mac if any(mac) else b"", int.from_bytes(data[GIADDR:CHADDR], "big"), _type_of(data))


def _type_of(data: bytes) -> int:
    """Option 53, 0 where there is none in front of the fault."""
    at = OPTIONS if data[COOKIE:OPTIONS] == MAGIC else len(data)
    while at + 2 < len(data) and data[at] != _END:
        if data[at] == _TYPE:
            return data[at + 2] if data[at + 1] == 1 else 0
        at += 1 if data[at] == _PAD else 2 + data[at + 1]
    return 0


def op_of(data: bytes) -> int:
    """op of one UDP payload, which may be anything; 0 = it is empty."""
    return int.from_bytes(data[OP:HTYPE], "big")


def question_key(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What question and answer share: xid, giaddr, and of chaddr what is an Ethernet address. Of one UDP payload, which
    may be anything: what is not there is empty, or cut."""
    return data[XID:SECS], data[GIADDR:CHADDR], data[CHADDR : CHADDR + 6]
