"""DHCP replies (RFC 2131 table 3). Options that depend only on subnet, message and request list are compiled once."""

from gatekeeper.book import Policybook, Subnet
from gatekeeper.model import Destination, make
from gatekeeper.wire.acs import AcsInfo, encode
from gatekeeper.wire.dhcp import (
    ACK,
    BOOTREPLY,
    BROADCAST,
    CLIENT_PORT,
    HEADER,
    MAGIC,
    MINIMUM,
    NAK,
    SERVER_PORT,
    DhcpMessage,
    split_option,
)
from gatekeeper.wire.frame import BROADCAST_IP, BROADCAST_MAC

_AREAS = bytes(192) + MAGIC  # sname and file stay empty
_END = b"\xff"
_PRL, _MAX_SIZE, _CLIENT_ID, _AGENT = 55, 57, 61, 82
_MAX_COMPILED = 4096
# RFC 2131 2: a client takes 576 octets of IP; 20 + 8 of them are headers. Nothing over an Ethernet frame is sent.
_DEFAULT_SIZE, _LARGEST_SIZE, _HEADERS = 576, 1500, 28
# RFC 2132 3.3: the mask before the routers. RFC 3442: classless routes before the routers.
_BEFORE = {3: (1, 121)}
_MUST = frozenset({1, 51, 53, 54})


# What a compiled option list depends on: (subnet, message kind, server id, option 55, the account's own ACS URL).
Profile = tuple[int, int, int, bytes, str]


class DhcpReplies:
    """Renders replies for one Policybook; goes with it at a reload."""

    def __init__(self, book: Policybook) -> None:
        self._book = book
        self._compiled: dict[Profile, bytes] = {}

    def grant(
        self, kind: int, request: DhcpMessage, address: int, server_id: int, subnet: Subnet, acs_url: str
    ) -> bytes:
        """OFFER or ACK of the address."""
        options = request.options
        profile = (subnet.number, kind, server_id, options.get(_PRL, b""), acs_url)
        body = self._compiled.get(profile)
        if body is None:
            body = self._compile(profile)
        tail = _tail(options)
        if len(body) + len(tail) > 300:  # only then can it exceed the smallest limit
            body = self._fit(profile, body, _room(options) - len(tail))
        ciaddr = request.ciaddr if kind == ACK else 0
        return _message(request, request.flags, ciaddr, address, body + tail)

    def nak(self, request: DhcpMessage, server_id: int, text: str) -> bytes:
        """NAK, with the reason as option 56."""
        # RFC 2131 4.3.2: a relayed NAK has the broadcast flag set, the box may not have the address it speaks from.
        flags = request.flags | BROADCAST if request.giaddr else request.flags
        body = bytes((53, 1, NAK, 54, 4)) + server_id.to_bytes(4, "big") + split_option(56, text.encode())
        return _message(request, flags, 0, 0, body + _tail(request.options))

    def _compile(self, profile: Profile) -> bytes:
        if len(self._compiled) >= _MAX_COMPILED:
            self._compiled.clear()
        body = b"".join(split_option(code, value) for code, value in self._options(profile))
        self._compiled[profile] = body
        return body

    def _options(self, profile: Profile) -> list[tuple[int, bytes]]:
        """In sequence: type, server, lease time, then what was asked for as asked, then what is forced."""
        number, kind, server_id, requested, acs_url = profile
        subnet = self._book.subnets[number]
        configured = dict(subnet.options)
        forced = {1}
        acs = self._book.acs
        if acs or acs_url:
            code, value = self._acs(acs_url)
            configured[code] = value
            if acs is None or acs.forced:
                forced.add(code)
        chosen = {53: bytes((kind,)), 54: server_id.to_bytes(4, "big")}
        chosen[51] = subnet.lease_s.to_bytes(4, "big")
        # Without a request list the box gets all that is configured.
        for asked in requested or configured:
            for code in (*_BEFORE.get(asked, ()), asked):
                if code in configured and (code == asked or code == 1 or code in requested):
                    chosen.setdefault(code, configured[code])
        for code in sorted(forced & configured.keys()):
            chosen.setdefault(code, configured[code])
        return list(chosen.items())

    def _acs(self, url: str) -> tuple[int, bytes]:
        acs = self._book.acs
        if not url and acs:
            return encode(acs.encoding, acs.info)
        # An order's own URL; octets spelled out in the configuration cannot take it in.
        dialect = acs.encoding if acs and acs.encoding != "hex" else "tr069"
        try:
            return encode(dialect, acs.info._replace(url=url) if acs else AcsInfo(url))
        except ValueError:
            return encode(dialect, AcsInfo(url))  # too long with the rest: the URL alone, whose length orders bound

    def _fit(self, profile: Profile, body: bytes, room: int) -> bytes:
        """The body cut to room octets: what was asked for last goes first."""
        if len(body) <= room:
            return body
        options = self._options(profile)
        acs_codes = {43, 125} if self._book.acs or profile[-1] else set()
        for at in range(len(options) - 1, -1, -1):
            if options[at][0] not in _MUST | acs_codes:
                del options[at]
                body = b"".join(split_option(code, value) for code, value in options)
                if len(body) <= room:
                    break
        return body


def _tail(options: dict[int, bytes]) -> bytes:
    """Client identifier unaltered (RFC 6842 3), then Option 82 octet for octet and last (RFC 3046 2.2)."""
    client_id, agent = options.get(_CLIENT_ID), options.get(_AGENT)
    tail = b""
    if client_id is not None:
        tail = b"\x3d%c%b" % (len(client_id), client_id) if len(client_id) < 256 else split_option(61, client_id)
    if agent is not None:
        tail += b"\x52%c%b" % (len(agent), agent) if len(agent) < 256 else split_option(82, agent)
    return tail


def _room(options: dict[int, bytes]) -> int:
    """Octets for options. Option 57 counts the IP datagram (the smaller reading of RFC 2132 9.10), 576 at least."""
    asked = options.get(_MAX_SIZE, b"")
    size = int.from_bytes(asked, "big") if len(asked) == 2 else _DEFAULT_SIZE
    return min(max(size, _DEFAULT_SIZE), _LARGEST_SIZE) - _HEADERS - 241


def _message(request: DhcpMessage, flags: int, ciaddr: int, yiaddr: int, options: bytes) -> bytes:
    r = request
    head = HEADER.pack(BOOTREPLY, r.htype, len(r.mac), 0, r.xid, 0, flags, ciaddr, yiaddr, 0, r.giaddr, r.mac)
    return b"".join((head, _AREAS, options, _END)).ljust(MINIMUM, b"\0")


def destination(request: DhcpMessage, kind: int, yiaddr: int, raw: bool) -> Destination:
    """Where the reply goes: the table of RFC 2131 4.1. raw: the box was heard on an interface, frames can be made."""
    if request.giaddr:
        return make(Destination, (request.giaddr, SERVER_PORT, b""))
    if kind == NAK:
        # RFC 2131 4.1: broadcast. A renewal that came by unicast through a router can only be answered there.
        if raw:
            return Destination(BROADCAST_IP, CLIENT_PORT, BROADCAST_MAC)
        return Destination(request.ciaddr or BROADCAST_IP, CLIENT_PORT)
    if request.ciaddr:
        return Destination(request.ciaddr, CLIENT_PORT, request.mac if raw else b"")
    if request.flags & BROADCAST or not raw:
        return Destination(BROADCAST_IP, CLIENT_PORT, BROADCAST_MAC if raw else b"")
    return Destination(yiaddr, CLIENT_PORT, request.mac)
