"""The part of a DHCP answer behind its addresses: read once, and remembered while answers repeat it."""

from typing import Final

MAGIC: Final = b"\x63\x82\x53\x63"
_PAD: Final = 0
_MESSAGE_TYPE: Final = 53
_SERVER_ID: Final = 54
_LEASE_TIME: Final = 51
_AGENT: Final = 82
_END: Final = 255
# Of what begins with sname: 64 octets of it, 128 of file (RFC 2131 2).
_COOKIE_AT: Final = 202
_OPTIONS_AT: Final = 206
_REMEMBERED: Final = 4096


class Tail:
    """What was said there. fault: what is wrong with it, "" = nothing; agent: option 82, b"" = none."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.kind = 0
        self.server = b""
        self.lease_s = -1
        self.agent = b""
        self.codes: frozenset[int] = frozenset()


def read_tail(data: bytes) -> Tail:
    """data: from the 35th octet of the message on, that is behind the hardware address."""
    if data[_COOKIE_AT:_OPTIONS_AT] != MAGIC:
        return Tail("no magic cookie")
    tail = Tail("")
    codes: set[int] = set()
    at, size = _OPTIONS_AT, len(data)
    while at < size and data[at] != _END:
        code = data[at]
        at += 1
        if code == _PAD:
            continue
        if at >= size or at + 1 + data[at] > size:
            return Tail("an option overruns the message")
        value = data[at + 1 : at + 1 + data[at]]
        at += 1 + len(value)
        codes.add(code)
        if code == _MESSAGE_TYPE and len(value) == 1:
            tail.kind = value[0]
        elif code == _SERVER_ID and len(value) == 4:
            tail.server = value
        elif code == _LEASE_TIME and len(value) == 4:
            tail.lease_s = int.from_bytes(value, "big")
        elif code == _AGENT:
            tail.agent += value
    if at >= size:
        return Tail("no end option")
    tail.codes = frozenset(codes)
    return tail


class Tails:
    """Tails by their octets: most answers of a server end alike."""

    def __init__(self) -> None:
        self._known: dict[bytes, Tail] = {}

    def read(self, data: bytes) -> Tail:
        """As ``read_tail``."""
        tail = self._known.get(data)
        if tail is None:
            tail = read_tail(data)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[data] = tail
        return tail
