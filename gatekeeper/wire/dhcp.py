"""DHCPv4 messages (RFC 2131, options RFC 2132, long options RFC 3396, overload RFC 2131 4.1).

``decode`` accepts what real clients send (pads, missing END, empty options); anything that runs over its bounds is
``Malformed``. ``encode`` writes a message the way a client or a relay does; server replies come from ``reply.dhcp``.
"""

from struct import Struct
from typing import Final, NamedTuple

from gatekeeper.model import make
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp_header import COOKIE, FILE, FILE_SIZE, HLEN, HOPS, OPTIONS, SNAME, SNAME_SIZE
from gatekeeper.wire.dhcp_header import MAGIC as MAGIC

SERVER_PORT: Final = 67
CLIENT_PORT: Final = 68
BOOTREQUEST: Final = 1
BOOTREPLY: Final = 2
DISCOVER: Final = 1
OFFER: Final = 2
REQUEST: Final = 3
DECLINE: Final = 4
ACK: Final = 5
NAK: Final = 6
RELEASE: Final = 7
INFORM: Final = 8
# RFC 4388
LEASEQUERY: Final = 10
LEASEUNASSIGNED: Final = 11
LEASEUNKNOWN: Final = 12
LEASEACTIVE: Final = 13
BROADCAST: Final = 0x8000
# RFC 951: the vendor area had 64 octets, so relays and clients exist that drop anything under 300 octets.
MINIMUM: Final = 300

NAMES: Final = {
    DISCOVER: "DHCPDISCOVER",
    OFFER: "DHCPOFFER",
    REQUEST: "DHCPREQUEST",
    DECLINE: "DHCPDECLINE",
    ACK: "DHCPACK",
    NAK: "DHCPNAK",
    RELEASE: "DHCPRELEASE",
    INFORM: "DHCPINFORM",
    LEASEQUERY: "DHCPLEASEQUERY",
    LEASEUNASSIGNED: "DHCPLEASEUNASSIGNED",
    LEASEUNKNOWN: "DHCPLEASEUNKNOWN",
    LEASEACTIVE: "DHCPLEASEACTIVE",
}

HEADER: Final = Struct("!BBBBIHHIIII16s")  # from op to chaddr
_PAD: Final = 0
_END: Final = 255
_OVERLOAD: Final = 52
_TYPE: Final = 53
_MAX_HOPS: Final = 16  # RFC 1542 4.1.1


class DhcpMessage(NamedTuple):
    """One message. Addresses are int, ``mac`` is chaddr cut to hlen, ``options`` are joined values by code."""

    op: int
    htype: int
    hops: int
    xid: int
    secs: int
    flags: int
    ciaddr: int
    yiaddr: int
    siaddr: int
    giaddr: int
    mac: bytes
    kind: int  # option 53
    options: dict[int, bytes]


def decode(data: bytes) -> DhcpMessage:
    """One UDP payload -> message. Raises Malformed."""
    size = len(data)
    if size < OPTIONS:
        raise Malformed("shorter than a DHCP header", size)
    op, htype, hlen, hops, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr = HEADER.unpack_from(data)
    if data[COOKIE:OPTIONS] != MAGIC:
        raise Malformed("no DHCP magic cookie", COOKIE)
    if hlen > 16:
        raise Malformed("hlen over 16", HLEN)
    if hops > _MAX_HOPS:
        raise Malformed("hops over 16 (RFC 1542 4.1.1)", HOPS)
    options: dict[int, bytes] = {}
    _read_options(data, OPTIONS, size, options)
    if _OVERLOAD in options:
        _read_overload(data, options)
    kind = options.get(_TYPE)
    if kind is None:
        raise Malformed("no option 53: BOOTP, not DHCP", OPTIONS)
    if len(kind) != 1 or not 1 <= kind[0] <= 18:
        raise Malformed("option 53 is no message type", OPTIONS)
    addresses = ciaddr, yiaddr, siaddr, giaddr
    return make(DhcpMessage, (op, htype, hops, xid, secs, flags, *addresses, chaddr[:hlen], kind[0], options))


def _read_options(data: bytes, at: int, end: int, options: dict[int, bytes]) -> None:
    while at < end:
        code = data[at]
        if code == _PAD:
            at += 1
            continue
        if code == _END:
            return
        start = at + 2
        if start > end:
            raise Malformed(f"option {code} has no length", at)
        stop = start + data[at + 1]
        if stop > end:
            raise Malformed(f"option {code} runs over the end", at)
        # RFC 3396 7: the values of one code are joined in the sequence of their appearance.
        options[code] = options[code] + data[start:stop] if code in options else data[start:stop]
        at = stop


def _read_overload(data: bytes, options: dict[int, bytes]) -> None:
    # RFC 2131 4.1: the options field first, then file, then sname. An option 52 inside those means nothing.
    overload = options[_OVERLOAD]
    if len(overload) != 1 or overload[0] not in (1, 2, 3):
        raise Malformed("option 52 is not 1, 2 or 3", OPTIONS)
    if overload[0] & 1:
        _read_options(data, FILE, COOKIE, options)
    if overload[0] & 2:
        _read_options(data, SNAME, FILE, options)
    options[_OVERLOAD] = overload


def split_option(code: int, value: bytes) -> bytes:
    """One option as octets; over 255 octets it is split into instances of the same code (RFC 3396 5)."""
    if len(value) < 256:
        return bytes((code, len(value))) + value
    parts = (value[at : at + 255] for at in range(0, len(value), 255))
    return b"".join(bytes((code, len(part))) + part for part in parts)


def encode(message: DhcpMessage) -> bytes:
    """Message -> UDP payload, options in the sequence of the dict, padded to 300 octets. Undoes ``decode``."""
    m = message
    head = HEADER.pack(
        m.op, m.htype, len(m.mac), m.hops, m.xid, m.secs, m.flags, m.ciaddr, m.yiaddr, m.siaddr, m.giaddr, m.mac
    )
    body = b"".join(split_option(code, value) for code, value in m.options.items())
    return b"".join((head, bytes(SNAME_SIZE + FILE_SIZE), MAGIC, body, b"\xff")).ljust(MINIMUM, b"\0")


def message(kind: int, mac: bytes, xid: int, options: dict[int, bytes] | None = None, **header: int) -> DhcpMessage:
    """A client's message with sensible defaults. header: any of flags ciaddr giaddr hops secs op yiaddr siaddr."""
    values = {"op": BOOTREQUEST, "htype": 1, "hops": 0, "secs": 0, "flags": 0}
    values |= {"ciaddr": 0, "yiaddr": 0, "siaddr": 0, "giaddr": 0} | header
    return DhcpMessage(xid=xid, mac=mac, kind=kind, options={_TYPE: bytes((kind,)), **(options or {})}, **values)


def suboptions(value: bytes) -> dict[int, bytes]:
    """Sub-options of option 82 (RFC 3046 2.0). Raises Malformed where one is cut or doubled: that binds nothing."""
    found: dict[int, bytes] = {}
    at, end = 0, len(value)
    while at < end:
        start = at + 2
        if start > end or start + value[at + 1] > end:
            raise Malformed("sub-option runs over the end", at)
        if value[at] in found:
            raise Malformed(f"sub-option {value[at]} twice", at)
        found[value[at]] = value[start : start + value[at + 1]]
        at = start + value[at + 1]
    return found
