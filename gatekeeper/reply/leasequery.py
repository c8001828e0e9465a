"""Answers to lease queries (RFC 4388 6.4.2). They are rare: nothing is compiled."""

from typing import Final

from gatekeeper.book import Subnet
from gatekeeper.model import Lease
from gatekeeper.reply.dhcp import AROUND, LARGEST_SIZE
from gatekeeper.wire.dhcp import BOOTREPLY, NO_INSTANCES, DhcpMessage, encode, split_option

_LEASE_TIME: Final = 51
_TYPE: Final = 53
_SERVER_ID: Final = 54
_PRL: Final = 55
_T1: Final = 58
_T2: Final = 59
_CLIENT_ID: Final = 61
_AGENT: Final = 82
_LAST_TRANSACTION: Final = 91
_ASSOCIATED: Final = 92
_ETHERNET: Final = 1
_ROOM: Final = LARGEST_SIZE - AROUND


def render_answer(
    query: DhcpMessage,
    kind: int,
    lease: Lease | None,
    others: tuple[int, ...],
    subnet: Subnet | None,
    server_id: int,
    now: float,
) -> bytes:
    """The answer as octets. kind: one of the three; lease: that of a LEASEACTIVE; others: its client's other addresses;
    subnet: the lease's.

    LEASEACTIVE has the lease's address in ciaddr and its box in chaddr. Of what is known of the lease it tells what
    option 55 asks for, everything without one, and the client identifier always.
    """
    options = {_TYPE: bytes((kind,)), _SERVER_ID: server_id.to_bytes(4, "big")}
    head = query._replace(op=BOOTREPLY, hops=0, secs=0, yiaddr=0, siaddr=0, kind=kind, instances=NO_INSTANCES)
    if lease is None:
        # What was asked for comes back: ciaddr and chaddr as they were, and these.
        options |= {code: query.options[code] for code in (_CLIENT_ID, _AGENT) if code in query.options}
        _cut(options)
        return encode(head._replace(options=options))
    known = _known_of(lease, others, subnet, int(now))
    asked = query.options.get(_PRL) or bytes(known)
    # The client identifier tells whose lease it is as chaddr does; Option 82 stands last (RFC 3046 2.2).
    for code in (_CLIENT_ID, *(code for code in asked if code != _AGENT), *(code for code in asked if code == _AGENT)):
        if code in known:
            options[code] = known[code]
    _cut(options)
    return encode(head._replace(htype=_ETHERNET, ciaddr=lease.address, mac=lease.mac, options=options))


def _known_of(lease: Lease, others: tuple[int, ...], subnet: Subnet | None, now: int) -> dict[int, bytes]:
    """Options by code. The vendor class (option 60) is not kept with a lease."""
    length = lease.expires_at - lease.last_seen
    # A lease of another length, by class, plan or AAA, has no part in the subnet's own times.
    told = dict(subnet.options) if subnet and subnet.lease_s == length else {}
    times = {_LEASE_TIME: lease.expires_at - now}
    # Boxes that are not told otherwise take the default times of RFC 2131 4.4.5.
    for code, default in ((_T1, length // 2), (_T2, length * 7 // 8)):
        times[code] = lease.last_seen + (int.from_bytes(told[code], "big") if code in told else default) - now
    # RFC 4388 6.4.2: times that are left; those that are over are left out.
    known = {code: left.to_bytes(4, "big") for code, left in times.items() if left > 0}
    known[_LAST_TRANSACTION] = max(now - lease.last_seen, 0).to_bytes(4, "big")
    if others:
        known[_ASSOCIATED] = b"".join(address.to_bytes(4, "big") for address in others)
    if lease.client_id:
        known[_CLIENT_ID] = lease.client_id
    if lease.agent:
        known[_AGENT] = lease.agent
    return known


def _cut(options: dict[int, bytes]) -> None:
    """Make it fit a frame: the associated addresses that spoke longest ago go first, then Option 82 (RFC 3046 2.2)."""
    while _size(options) > _ROOM and options.get(_ASSOCIATED):
        options[_ASSOCIATED] = options[_ASSOCIATED][:-4]
    if not options.get(_ASSOCIATED, b"x"):
        del options[_ASSOCIATED]
    if _size(options) > _ROOM:
        options.pop(_AGENT, None)


def _size(options: dict[int, bytes]) -> int:
    return sum(len(split_option(code, value)) for code, value in options.items())
