"""DHCPv4 messages (RFC 2131, options RFC 2132, long options RFC 3396, overload RFC 2131 4.1).

``decode`` accepts what real clients send (pads, missing END, empty options); anything that runs over its bounds is
``Malformed``. ``encode`` writes a message the way a client or a relay does; server replies come from ``reply.dhcp``.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
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
_FULL: Final = 255  # octets of a part that another one goes on (RFC 3396 5)
# Of these a message says one: host name, addresses, sizes, make, client identifier, FQDN. A second whole one is another
# opinion, a gateway's beside its box's or a client's own beside the operator's, and no part of the first.
_SAID_ONCE: Final = frozenset({12, 50, 51, 54, 57, 60, 61, 81, 118})
NO_INSTANCES: Final[Mapping[int, tuple[bytes, ...]]] = {}


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class DhcpMessage(Value):
    """One message. Addresses are int, ``mac`` is chaddr cut to hlen, ``options`` are values by code.

    ``instances``: the values of each code that came more than once, every one whole, in their sequence; empty in the
    usual message. ``options`` has them joined; of an option that a message says once, the first that says anything.
    """

    __slots__ = (
        "op",
        "htype",
        "hops",
        "xid",
        "secs",
        "flags",
        "ciaddr",
        "yiaddr",
        "siaddr",
        "giaddr",
        "mac",
        "kind",
        "options",
        "instances",
    )

    def __init__(
        self,
        op: int,
        htype: int,
        hops: int,
        xid: int,
        secs: int,
        flags: int,
        ciaddr: int,
        yiaddr: int,
        siaddr: int,
        giaddr: int,
        mac: bytes,
        kind: int,  # option 53
        options: dict[int, bytes],
        instances: Mapping[int, tuple[bytes, ...]] = NO_INSTANCES,
    ) -> None:
        self.op: Final = op
        self.htype: Final = htype
        self.hops: Final = hops
        self.xid: Final = xid
        self.secs: Final = secs
        self.flags: Final = flags
        self.ciaddr: Final = ciaddr
        self.yiaddr: Final = yiaddr
        self.siaddr: Final = siaddr
        self.giaddr: Final = giaddr
        self.mac: Final = mac
        self.kind: Final = kind
        self.options: Final = options
        self.instances: Final = instances


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
    instances = NO_INSTANCES
    again = _read_options(data, OPTIONS, size, options)
    if _OVERLOAD in options:
        _read_overload(data, options)
    elif again:
        instances = _read_instances(data, size)
        for code in instances.keys() & _SAID_ONCE:
            options[code] = next(filter(None, instances[code]), b"")
    kind = options.get(_TYPE)
    if kind is None:
        raise Malformed("no option 53: BOOTP, not DHCP", OPTIONS)
    if len(kind) != 1 or not 1 <= kind[0] <= 18:
        raise Malformed("option 53 is no message type", OPTIONS)
    addresses = ciaddr, yiaddr, siaddr, giaddr
    return DhcpMessage(op, htype, hops, xid, secs, flags, *addresses, chaddr[:hlen], kind[0], options, instances)


def _read_options(data: bytes, at: int, end: int, options: dict[int, bytes]) -> bool:
    """Fill options. True if a code came again."""
    again = False
    while at < end:
        code = data[at]
        if code == _PAD:
            at += 1
            continue
        if code == _END:
            break
        start = at + 2
        if start > end:
            raise Malformed(f"option {code} has no length", at)
        stop = start + data[at + 1]
        if stop > end:
            raise Malformed(f"option {code} runs over the end", at)
        # RFC 3396 7: the values of one code are joined in the sequence of their appearance.
        if code in options:
            options[code] += data[start:stop]
            again = True
        else:
            options[code] = data[start:stop]
        at = stop
    return again


def _read_instances(data: bytes, end: int) -> dict[int, tuple[bytes, ...]]:
    """The whole values of each code that has several. The options field was read before: nothing runs over its end.

    RFC 3396 5 parts a value where one option cannot hold it: a part that is not full is the last of its value.
    """
    found: dict[int, list[bytes]] = {}
    parted: set[int] = set()
    at = OPTIONS
    while at < end and data[at] != _END:
        code = data[at]
        if code == _PAD:
            at += 1
            continue
        length = data[at + 1]
        value, values = data[at + 2 : at + 2 + length], found.setdefault(code, [])
        if code in parted:
            values[-1] += value
        else:
            values.append(value)
        if length == _FULL:
            parted.add(code)
        else:
            parted.discard(code)
        at += 2 + length
    return {code: tuple(values) for code, values in found.items() if len(values) > 1}


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
    body = b"".join(_spelled(code, m.instances.get(code, (value,))) for code, value in m.options.items())
    return b"".join((head, bytes(SNAME_SIZE + FILE_SIZE), MAGIC, body, b"\xff")).ljust(MINIMUM, b"\0")


def _spelled(code: int, values: tuple[bytes, ...]) -> bytes:
    """Each value whole; where its last part is full, an empty one ends it, so that the next value is another."""
    parts = [split_option(code, value) for value in values]
    ends = [bytes((code, 0)) if value and len(value) % _FULL == 0 else b"" for value in values[:-1]]
    return b"".join(part + end for part, end in zip(parts, [*ends, b""], strict=True))


def message(kind: int, mac: bytes, xid: int, options: dict[int, bytes] | None = None, **header: int) -> DhcpMessage:
    """A client's message with sensible defaults. header: any of flags ciaddr giaddr hops secs op yiaddr siaddr."""
    values = {"op": BOOTREQUEST, "htype": 1, "hops": 0, "secs": 0, "flags": 0}
    values |= {"ciaddr": 0, "yiaddr": 0, "siaddr": 0, "giaddr": 0} | header
    whole = {_TYPE: bytes((kind,)), **(options or {})}
    return DhcpMessage(xid=xid, mac=mac, kind=kind, options=whole, instances=NO_INSTANCES, **values)
