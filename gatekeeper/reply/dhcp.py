"""DHCP replies (RFC 2131 table 3). Options that depend only on subnet, message and request list are compiled once."""

from collections import Counter
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Policybook, Subnet
from gatekeeper.model import Destination
from gatekeeper.reply.acs import goes_alone
from gatekeeper.reply.kinds import USUAL, BoxKinds
from gatekeeper.reply.layout import Layout, lay_out, name_areas
from gatekeeper.reply.told import TIME_SIZE, TIMES, Told, choose, cut_short, header_names, tell
from gatekeeper.value import Value
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
from gatekeeper.wire.dhcp_header import FILE_SIZE, OPTIONS, SNAME_SIZE
from gatekeeper.wire.frame import BROADCAST_IP, BROADCAST_MAC, IP_SIZE, UDP_SIZE

_AREAS: Final = bytes(SNAME_SIZE + FILE_SIZE) + MAGIC  # sname and file stay empty
_AREAS_SIZE: Final = len(_AREAS)
_END: Final = b"\xff"
_RAPID_COMMIT: Final = b"\x50\x00"
_DO_NOT_AUTO_CONFIGURE: Final = b"\x74\x01\x00"
_PRL: Final = 55
_MAX_SIZE: Final = 57
_CLIENT_ID: Final = 61
_AGENT: Final = 82
_OPTION_HEAD: Final = 2  # code and length
_MAX_COMPILED: Final = 4096
# RFC 2131 2: a client takes 576 octets of IP, headers among them. Nothing over an Ethernet frame is sent.
_DEFAULT_SIZE: Final = 576
LARGEST_SIZE: Final = 1500
# All that is no option: the headers, what stands before the options field, and END.
AROUND: Final = IP_SIZE + UDP_SIZE + OPTIONS + 1
# Areas, cookie and options of the largest reply that every client takes.
_SMALLEST: Final = _AREAS_SIZE + _DEFAULT_SIZE - AROUND


# What a compiled reply depends on: (subnet, message kind, server id, option 55, the account's own ACS URL, the kind of
# box, the lease time).
Profile = tuple[int, int, int, bytes, str, int, int]


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class _Compiled(Value):
    """siaddr; what stands between the header and the echoes: sname, file and the options field so far; where in that
    the times of the lease are, and how long each is of a whole one."""

    __slots__ = ("siaddr", "front", "times")

    def __init__(self, siaddr: int, front: bytes, times: tuple[tuple[int, int], ...]) -> None:
        self.siaddr: Final = siaddr
        self.front: Final = front
        self.times: Final = times


class DhcpReplies:
    """Renders replies for one Policybook; goes with it at a reload.

    left_out: options without room, times by code. alone: times that an order's ACS URL left no room for what else tells
    the ACS, once for each time that such a reply was compiled.
    """

    def __init__(self, book: Policybook) -> None:
        self._book = book
        self.kinds = BoxKinds(book)
        self._differ = self.kinds.differ
        self._compiled: dict[Profile, _Compiled] = {}
        self._laid_out: dict[tuple[Profile, int, int], Layout] = {}
        self.left_out: Counter[int] = Counter()
        self.alone = 0

    def grant(
        self,
        kind: int,
        request: DhcpMessage,
        address: int,
        server_id: int,
        subnet: Subnet,
        acs_url: str,
        plan: str = "",
        left_s: int = 0,
    ) -> bytes:
        """OFFER or ACK of the address. subnet: with the lease time of this very lease; plan: the account's.

        left_s: what remains of the lease, 0 = all of it.
        kind INFORM: the ACK to one, with neither address nor lease time (RFC 2131 4.3.5).
        """
        options = request.options
        which = self.kinds.number_of(request, plan) if self._differ else USUAL
        profile = (subnet.number, kind, server_id, options.get(_PRL, b""), acs_url, which, subnet.lease_s)
        compiled = self._compiled.get(profile)
        if compiled is None:
            compiled = self._compile(profile)
        front = compiled.front
        if left_s:
            for at, seconds in compiled.times:
                left = (seconds * left_s // subnet.lease_s).to_bytes(TIME_SIZE, "big")
                front = front[:at] + left + front[at + TIME_SIZE :]
        tail = _tail(options)
        if kind == ACK and request.kind == DISCOVER:
            tail = _RAPID_COMMIT + tail  # RFC 4039 4: the ACK to a DISCOVER says that it is one
        ciaddr = request.ciaddr if kind != OFFER else 0
        flags = request.flags
        if kind == INFORM and request.giaddr and not ciaddr:
            flags |= BROADCAST  # neither ciaddr nor yiaddr: the relay has no address to send to
        size = len(front) + len(tail)
        if size > _SMALLEST and size > _AREAS_SIZE + _room(options):
            front, tail = self._squeeze(profile, options, tail, left_s or subnet.lease_s)
        return _message(request, flags, ciaddr, address, compiled.siaddr, front, tail)

    def drain_counts(self) -> dict[tuple[str, ...], int]:
        """What replies had no room for since the last time, as counters call it."""
        counts: dict[tuple[str, ...], int] = {
            ("dhcp", "option-left-out", self._book.option_name(code)): times for code, times in self.left_out.items()
        }
        if self.alone:
            counts["dhcp", "acs-url-alone"] = self.alone
        self.left_out.clear()
        self.alone = 0
        return counts

    def denial(self, request: DhcpMessage, server_id: int) -> bytes:
        """OFFER of no address that forbids link-local auto-configuration (RFC 2563 2.3)."""
        body = bytes((53, 1, OFFER, 54, 4)) + server_id.to_bytes(4, "big") + _DO_NOT_AUTO_CONFIGURE
        return _message(request, request.flags, 0, 0, 0, _AREAS + body, _tail(request.options))

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
        return _message(request, flags, 0, 0, 0, _AREAS + body + reason, tail)

    def _told(self, profile: Profile) -> Told:
        number, _, _, _, acs_url, which, _ = profile
        return tell(self._book.subnets[number], self.kinds[which], acs_url)

    def _compile(self, profile: Profile) -> _Compiled:
        if len(self._compiled) >= _MAX_COMPILED:
            self._compiled.clear()
        _, kind, server_id, requested, acs_url, which, lease_s = profile
        told = self._told(profile)
        self.alone += goes_alone(self.kinds[which].acs, acs_url)
        front, times = name_areas(header_names(told)) + MAGIC, list[tuple[int, int]]()
        for code, value in choose(told, kind, server_id, requested, lease_s):
            if code in TIMES and len(value) == TIME_SIZE:
                times.append((len(front) + _OPTION_HEAD, int.from_bytes(value, "big")))
            front += split_option(code, value)
        compiled = self._compiled[profile] = _Compiled(told.next_server, front, tuple(times))
        return compiled

    def _squeeze(self, profile: Profile, request: dict[int, bytes], tail: bytes, left_s: int) -> tuple[bytes, bytes]:
        """Front and echoes of a reply that is too large as it stands."""
        room = _room(request)
        layout = self._laid_out.get((profile, room - len(tail), left_s))
        if layout is None:
            told = self._told(profile)
            _, kind, server_id, requested, _, _, lease_s = profile
            options = cut_short(choose(told, kind, server_id, requested, lease_s), left_s, lease_s)
            least = sum(len(split_option(code, value)) for code, value in options if code in told.kept)
            if least + len(tail) > room:
                rapid = _RAPID_COMMIT if tail.startswith(_RAPID_COMMIT) else b""
                tail = rapid + self._echo(request, room - least - len(rapid))
            if len(self._laid_out) >= _MAX_COMPILED:
                self._laid_out.clear()
            layout = lay_out(options, told.kept, room - len(tail), header_names(told))
            self._laid_out[profile, room - len(tail), left_s] = layout
        self.left_out.update(layout.left_out)
        return layout.areas + MAGIC + layout.field, tail

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
    request: DhcpMessage, flags: int, ciaddr: int, yiaddr: int, siaddr: int, front: bytes, tail: bytes
) -> bytes:
    """front: sname, file, magic cookie and options; tail: the options behind them."""
    r = request
    head = HEADER.pack(BOOTREPLY, r.htype, len(r.mac), 0, r.xid, 0, flags, ciaddr, yiaddr, siaddr, r.giaddr, r.mac)
    return b"".join((head, front, tail, _END)).ljust(MINIMUM, b"\0")


def destination(request: DhcpMessage, kind: int, address: int, raw: bool, routed: bool = False) -> Destination:
    """Where the reply goes: the table of RFC 2131 4.1.

    address: what the box is given, or of an INFORM where it came from, 0 = neither. raw: the box was heard on an
    interface, frames can be made. routed: no broadcast of ours gets to it.
    """
    # RFC 2131 4.3.5: an INFORM is answered at ciaddr, also past its relay, which needs a yiaddr to send anything on.
    if request.giaddr and not (kind == INFORM and request.ciaddr):
        return Destination(request.giaddr, SERVER_PORT, b"")
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
