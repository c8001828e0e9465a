"""What a commit says of leases, as octets: each lease as it is from then on, and what the journal is told.

Body::   version 1, octets of all leases 4; leases, then events
Lease::  octets 4, state 1, address 4, MAC 6, end 8, first seen 8, last seen 8, characters of account and port 2 each,
         octets of Option 82 and client identifier 2 each; then these
Event::  octets 4, time in ms 8, address 4, characters of kind, MAC, account, port 2 each; then these, and the detail

Numbers are big-endian. The state's first bit says that there is no MAC.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from gatekeeper.model import Event, Lease
from gatekeeper.store import RecordError, StoreError

_VERSION: Final = 1
_BODY: Final = struct.Struct(">BI")
_LEASE: Final = struct.Struct(">IBI6sqqqHHHH")
_HEAD: Final = struct.Struct(">IBI")
_EVENT: Final = struct.Struct(">IqIHHHH")
_STATES: Final = ("active", "released", "declined", "recovered")
_CODE: Final = {state: code for code, state in enumerate(_STATES)}
_NO_MAC: Final = 0x80
_ZERO: Final = bytes(6)


def packed_lease(lease: Lease) -> bytes:
    """Raises RecordError where it is no row."""
    account, port, mac, agent, client_id = lease.account, lease.port, lease.mac, lease.agent, lease.client_id
    try:
        text = (account + port).encode()
        head = _LEASE.pack(
            _LEASE.size + len(text) + len(agent) + len(client_id),
            _CODE[lease.state] if mac else _CODE[lease.state] | _NO_MAC,
            lease.address,
            mac or _ZERO,
            lease.expires_at,
            lease.first_seen,
            lease.last_seen,
            len(account),
            len(port),
            len(agent),
            len(client_id),
        )
        return b"".join((head, text, agent, client_id))
    except (struct.error, UnicodeError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(f"lease of {lease.address!r}: {error!r}") from error


def marked(packed: bytes) -> bytes:
    """Address, MAC and end, as they stand in the mark."""
    return packed[5:23]


def packed_event(event: Event) -> bytes:
    """Raises RecordError where it is no row."""
    kind, mac, account, port = event.kind, event.mac, event.account, event.port
    try:
        text = "".join((kind, mac, account, port, event.detail)).encode()
        lengths = len(kind), len(mac), len(account), len(port)
        return _EVENT.pack(_EVENT.size + len(text), event.at_ms, event.address, *lengths) + text
    except (struct.error, UnicodeError, TypeError) as error:
        raise RecordError(f"event {kind!r}: {error!r}") from error


def body_of(leases: Sequence[bytes], events: Sequence[bytes]) -> bytes:
    """All of a commit, packed, in its sequence."""
    octets = b"".join(leases)
    return b"".join((_BODY.pack(_VERSION, len(octets)), octets, *events))


def leases_in(body: bytes) -> Iterator[tuple[int, int]]:
    """(address, where the lease begins) of each, in their sequence. Raises StoreError where it is damaged."""
    at, end = _bounds(body)
    head = _HEAD.unpack_from
    while at < end:
        if end - at < _LEASE.size:
            raise _damaged()
        size, _, address = head(body, at)
        if size < _LEASE.size or at + size > end:
            raise _damaged()
        yield address, at
        at += size


def lease_at(body: bytes, at: int) -> Lease:
    """The lease that begins there. Raises StoreError where it is damaged."""
    try:
        size, state, address, mac, expires_at, first_seen, last_seen, account, port, agent, client_id = (
            _LEASE.unpack_from(body, at)
        )
        end = at + size
        id_at = end - client_id
        agent_at = id_at - agent
        text = body[at + _LEASE.size : agent_at].decode()
        if len(text) != account + port:
            raise _damaged()
        return Lease(
            address,
            b"" if state & _NO_MAC else mac,
            text[:account],
            text[account:],
            _STATES[state & ~_NO_MAC],
            expires_at,
            first_seen,
            last_seen,
            body[agent_at:id_at],
            body[id_at:end],
        )
    except (struct.error, UnicodeError, IndexError) as error:
        raise _damaged() from error


def events_in(body: bytes) -> Iterator[Event]:
    """What the journal is told, in its sequence. Raises StoreError where it is damaged."""
    _, at = _bounds(body)
    while at < len(body):
        try:
            size, at_ms, address, kind, mac, account, port = _EVENT.unpack_from(body, at)
            text = body[at + _EVENT.size : at + size].decode()
        except (struct.error, UnicodeError) as error:
            raise _damaged() from error
        mac += kind
        account += mac
        port += account
        if size < _EVENT.size or at + size > len(body) or len(text) < port:
            raise _damaged()
        texts = text[:kind], text[kind:mac], text[mac:account], address, text[account:port], text[port:]
        yield Event(at_ms, *texts)
        at += size


def _bounds(body: bytes) -> tuple[int, int]:
    """Where the leases begin and end."""
    try:
        version, octets = _BODY.unpack_from(body)
    except struct.error as error:
        raise _damaged() from error
    if version != _VERSION or _BODY.size + octets > len(body):
        raise _damaged()
    return _BODY.size, _BODY.size + octets


def _damaged() -> StoreError:
    return StoreError("a body of the log of leases is damaged: restore the store from a backup", "store-damaged")
