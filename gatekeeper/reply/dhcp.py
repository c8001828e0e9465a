"""DHCP replies (RFC 2131 table 3). Options that depend only on subnet, message and request list are compiled once."""

from collections import Counter
from typing import Final

from gatekeeper.book import Acs, Policybook, Subnet
from gatekeeper.model import Destination, make
from gatekeeper.reply.layout import NO_AREAS, Layout, lay_out
from gatekeeper.wire.acs import AcsInfo, encode
from gatekeeper.wire.dhcp import (
    ACK,
    BOOTREPLY,
    BROADCAST,
    CLIENT_PORT,
    DISCOVER,
    HEADER,
    INFORM,
    MAGIC,
    MINIMUM,
    NAK,
    OFFER,
    SERVER_PORT,
    DhcpMessage,
    split_option,
)
from gatekeeper.wire.dhcp_header import OPTIONS
from gatekeeper.wire.dhcp_options import vendor_classes
from gatekeeper.wire.frame import BROADCAST_IP, BROADCAST_MAC, IP_SIZE, UDP_SIZE

_AREAS: Final = NO_AREAS + MAGIC  # sname and file stay empty
_END: Final = b"\xff"
_RAPID_COMMIT: Final = b"\x50\x00"
_DO_NOT_AUTO_CONFIGURE: Final = b"\x74\x01\x00"
_PRL: Final = 55
_MAX_SIZE: Final = 57
_VENDOR_CLASS: Final = 60
_CLIENT_ID: Final = 61
_AGENT: Final = 82
_V_I_CLASS: Final = 124
_RENEW: Final = 58
_REBIND: Final = 59
_MAX_COMPILED: Final = 4096
# RFC 2131 2: a client takes 576 octets of IP, headers among them. Nothing over an Ethernet frame is sent.
_DEFAULT_SIZE: Final = 576
LARGEST_SIZE: Final = 1500
# All that is no option: the headers, what stands before the options field, and END.
AROUND: Final = IP_SIZE + UDP_SIZE + OPTIONS + 1
_SMALLEST_ROOM: Final = _DEFAULT_SIZE - AROUND
# RFC 2132 3.3: the mask before the routers. RFC 3442: classless routes before the routers.
_BEFORE: Final = {3: (1, 121)}
_MUST: Final = frozenset({1, 51, 53, 54})
_NO_CLASS: Final = -1


# What a compiled option list depends on: (subnet, message kind, server id, option 55, the account's own ACS URL, the
# class of boxes by its number in the configuration, the lease time).
Profile = tuple[int, int, int, bytes, str, int, int]


class DhcpReplies:
    """Renders replies for one Policybook; goes with it at a reload. left_out: options without room, times by code."""

    def __init__(self, book: Policybook) -> None:
        self._book = book
        self._classes = book.acs.classes if book.acs else ()
        self._known_makes: dict[tuple[bytes | None, bytes | None, tuple[bytes, ...] | None], int] = {}
        self._compiled: dict[Profile, bytes] = {}
        self._laid_out: dict[tuple[Profile, int], Layout] = {}
        self.left_out: Counter[int] = Counter()

    def grant(
        self, kind: int, request: DhcpMessage, address: int, server_id: int, subnet: Subnet, acs_url: str
    ) -> bytes:
        """OFFER or ACK of the address. subnet: with the lease time of this very lease.

        kind INFORM: the ACK to one, with neither address nor lease time (RFC 2131 4.3.5).
        """
        options = request.options
        which = self._class_of(request) if self._classes else _NO_CLASS
        profile = (subnet.number, kind, server_id, options.get(_PRL, b""), acs_url, which, subnet.lease_s)
        body = self._compiled.get(profile)
        if body is None:
            body = self._compile(profile)
        tail = _tail(options)
        if kind == ACK and request.kind == DISCOVER:
            tail = _RAPID_COMMIT + tail  # RFC 4039 4: the ACK to a DISCOVER says that it is one
        ciaddr = request.ciaddr if kind != OFFER else 0
        flags = request.flags
        if kind == INFORM and request.giaddr and not ciaddr:
            flags |= BROADCAST  # neither ciaddr nor yiaddr: the relay has no address to send to
        if len(body) + len(tail) > _SMALLEST_ROOM and len(body) + len(tail) > _room(options):
            field, areas = self._squeeze(profile, options, tail)
            return _message(request, flags, ciaddr, address, field, areas)
        return _message(request, flags, ciaddr, address, body + tail)

    def denial(self, request: DhcpMessage, server_id: int) -> bytes:
        """OFFER of no address that forbids link-local auto-configuration (RFC 2563 2.3)."""
        body = bytes((53, 1, OFFER, 54, 4)) + server_id.to_bytes(4, "big") + _DO_NOT_AUTO_CONFIGURE
        return _message(request, request.flags, 0, 0, body + _tail(request.options))

    def nak(self, request: DhcpMessage, server_id: int, text: str) -> bytes:
        """NAK, with the reason as option 56. No overload (RFC 2131 table 3)."""
        # RFC 2131 4.3.2: a relayed NAK has the broadcast flag set, the box may not have the address it speaks from.
        flags = request.flags | BROADCAST if request.giaddr else request.flags
        body = bytes((53, 1, NAK, 54, 4)) + server_id.to_bytes(4, "big")
        reason, tail = split_option(56, text.encode()), _tail(request.options)
        room = _room(request.options) - len(body)
        if len(tail) > room:
            tail = self._echo(request.options, room)
        if len(reason) + len(tail) > room:
            self.left_out[56] += 1
            reason = b""
        return _message(request, flags, 0, 0, body + reason + tail)

    def _class_of(self, request: DhcpMessage) -> int:
        """The first class that the box's make fits, by number."""
        options, instances = request.options, request.instances
        make_of = options.get(_VENDOR_CLASS), options.get(_V_I_CLASS), instances.get(_VENDOR_CLASS)
        known = self._known_makes.get(make_of)
        if known is None:
            if len(self._known_makes) >= _MAX_COMPILED:
                self._known_makes.clear()
            makes = vendor_classes(options, instances)
            fitting = (number for number, rule in enumerate(self._classes) if rule.matches(makes))
            known = self._known_makes[make_of] = next(fitting, _NO_CLASS)
        return known

    def _acs_of(self, which: int) -> Acs | None:
        return self._book.acs if which == _NO_CLASS else self._classes[which].acs

    def _compile(self, profile: Profile) -> bytes:
        if len(self._compiled) >= _MAX_COMPILED:
            self._compiled.clear()
        options, _ = self._options(profile)
        body = b"".join(split_option(code, value) for code, value in options)
        self._compiled[profile] = body
        return body

    def _options(self, profile: Profile) -> tuple[list[tuple[int, bytes]], frozenset[int]]:
        """In sequence: type, server, lease time, then what was asked for as asked, then what is forced.

        Beside it the codes that no want of room may take away: RFC 2131's musts, the mask, what tells the ACS.
        """
        number, kind, server_id, requested, acs_url, which, lease_s = profile
        subnet = self._book.subnets[number]
        configured = dict(subnet.options)
        forced, kept = {1, _RENEW, _REBIND}, set(_MUST)
        acs = self._acs_of(which)
        if acs or acs_url:
            code, value = acs_option(acs, acs_url)
            configured[code] = value
            kept.add(code)
            if acs is None or acs.forced:
                forced.add(code)
        chosen = {53: bytes((ACK if kind == INFORM else kind,)), 54: server_id.to_bytes(4, "big")}
        # RFC 2131 4.3.5: an INFORM has no lease, hence no times of one; a lease that was cut short has the times of
        # RFC 2131 4.4.5, not those configured for the whole one.
        if kind == INFORM or lease_s != subnet.lease_s:
            configured.pop(_RENEW, None)
            configured.pop(_REBIND, None)
        if kind != INFORM:
            chosen[51] = lease_s.to_bytes(4, "big")
        # Without a request list the box gets all that is configured.
        for asked in requested or configured:
            for code in (*_BEFORE.get(asked, ()), asked):
                if code in configured and (code == asked or code == 1 or code in requested):
                    chosen.setdefault(code, configured[code])
        for code in sorted(forced & configured.keys()):
            chosen.setdefault(code, configured[code])
        return list(chosen.items()), frozenset(kept)

    def _squeeze(self, profile: Profile, request: dict[int, bytes], tail: bytes) -> tuple[bytes, bytes]:
        """Options field and areas of a reply that is too large as it stands."""
        room = _room(request)
        layout = self._laid_out.get((profile, room - len(tail)))
        if layout is None:
            options, kept = self._options(profile)
            least = sum(len(split_option(code, value)) for code, value in options if code in kept)
            if least + len(tail) > room:
                rapid = _RAPID_COMMIT if tail.startswith(_RAPID_COMMIT) else b""
                tail = rapid + self._echo(request, room - least - len(rapid))
            if len(self._laid_out) >= _MAX_COMPILED:
                self._laid_out.clear()
            layout = self._laid_out[profile, room - len(tail)] = lay_out(options, kept, room - len(tail))
        self.left_out.update(layout.left_out)
        return layout.field + tail, layout.areas + MAGIC

    def _echo(self, request: dict[int, bytes], room: int) -> bytes:
        """As much of the echoes as room octets hold.

        RFC 3046 2.2: a reply that cannot hold all of Option 82 goes without it, and that is counted.
        """
        tail = b""
        for left in ((), (_AGENT,), (_CLIENT_ID,), (_CLIENT_ID, _AGENT)):
            tail = _tail({code: value for code, value in request.items() if code not in left})
            if len(tail) <= room:
                self.left_out.update(code for code in left if code in request)
                break
        return tail


def acs_option(acs: Acs | None, url: str) -> tuple[int, bytes]:
    """The option that tells the ACS; url: an order's own, which stands above the configured one."""
    if not url and acs:
        return encode(acs.encoding, acs.info)
    # Octets spelled out in the configuration cannot take in another URL.
    dialect = acs.encoding if acs and acs.encoding != "hex" else "tr069"
    try:
        return encode(dialect, acs.info._replace(url=url) if acs else AcsInfo(url))
    except ValueError:
        return encode(dialect, AcsInfo(url))  # too long with the rest: the URL alone, whose length orders bound


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
    said = options.get(_MAX_SIZE, b"")
    size = int.from_bytes(said, "big") if len(said) == 2 else _DEFAULT_SIZE
    return min(max(size, _DEFAULT_SIZE), LARGEST_SIZE) - AROUND


def _message(
    request: DhcpMessage, flags: int, ciaddr: int, yiaddr: int, options: bytes, areas: bytes = _AREAS
) -> bytes:
    r = request
    head = HEADER.pack(BOOTREPLY, r.htype, len(r.mac), 0, r.xid, 0, flags, ciaddr, yiaddr, 0, r.giaddr, r.mac)
    return b"".join((head, areas, options, _END)).ljust(MINIMUM, b"\0")


def destination(request: DhcpMessage, kind: int, address: int, raw: bool, routed: bool = False) -> Destination:
    """Where the reply goes: the table of RFC 2131 4.1.

    address: what the box is given, or of an INFORM where it came from, 0 = neither. raw: the box was heard on an
    interface, frames can be made. routed: no broadcast of ours gets to it.
    """
    # RFC 2131 4.3.5: an INFORM is answered at ciaddr, also past its relay, which needs a yiaddr to send anything on.
    if request.giaddr and not (kind == INFORM and request.ciaddr):
        return make(Destination, (request.giaddr, SERVER_PORT, b""))
    if kind == NAK:
        # RFC 2131 4.1: with giaddr 0 a NAK is broadcast. No broadcast passes a router: behind one, the box that renews
        # by unicast hears us at the address it still has, or not at all.
        if routed and request.ciaddr:
            return Destination(request.ciaddr, CLIENT_PORT)
        return Destination(BROADCAST_IP, CLIENT_PORT, BROADCAST_MAC if raw else b"")
    if request.ciaddr:
        return Destination(request.ciaddr, CLIENT_PORT, request.mac if raw else b"")
    if kind == INFORM and address:
        return Destination(address, CLIENT_PORT, request.mac if raw else b"")
    if request.flags & BROADCAST or not raw:
        return Destination(BROADCAST_IP, CLIENT_PORT, BROADCAST_MAC if raw else b"")
    return Destination(address or BROADCAST_IP, CLIENT_PORT, request.mac)
