"""What accounting said, as octets: a body for the reports of a commit, or for a NAS that has ended its sessions.

A body begins with its version and its kind, and with the octets that its reports have. They stand one behind the other,
each with its own length in front, and with the name of its session where it is found without reading the rest.
"""

import struct
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from gatekeeper.model import Session, SessionReported, SessionsEnded
from gatekeeper.store import RecordError, StoreError

_REPORTS: Final = b"\x01R"
_ENDED: Final = b"\x01E"
_KIND: Final = 2
_SIZE: Final = struct.Struct(">I")
_FIRST: Final = _KIND + _SIZE.size
_STATUS: Final = ("start", "interim", "stop")
_CODE: Final = {status: code for code, status in enumerate(_STATUS)}
# Octets of all and of the name; when it was decided, in ms; status; last_seen, bytes_in, bytes_out, heard: what is
# another one with each report of a session. Behind that the octets of the MAC and of keys; characters of account, port,
# order and cause; source, address, started.
_COUNTS: Final = struct.Struct(">IHqBqqqq")
_REPORT: Final = struct.Struct(">IHqBqqqqBHHHHHIIq")
# In front of a name: characters of nas, device and session.
_NAME: Final = struct.Struct(">HHH")
_END: Final = struct.Struct(">qHH")
_HEAD: Final = struct.Struct(">IH")
# Octets of all, and of the MAC and keys, which are the last.
_MAC: Final = struct.Struct(">I43xBH")
_REST_AT: Final = _COUNTS.size
_NAME_AT: Final = _REPORT.size
INTERIM: Final = _CODE["interim"]
# Seconds that are as many milliseconds in 64 bits.
_LATEST: Final = 1 << 50


class Name(NamedTuple):
    """What a NAS calls a session by: no two that run have the same."""

    nas: str
    device: str
    session: str


def pack_report(effect: SessionReported, at_ms: int) -> bytes:
    """at_ms: when it was decided, 0 = to the second, as it says. Raises RecordError where it is no row."""
    said = effect.session
    session, nas, device = said.session, said.nas, said.device
    account, port, order, cause = said.account, said.port, said.order, said.cause
    mac, keys = said.mac, said.keys
    try:
        if not -_LATEST < said.last_seen < _LATEST:
            raise ValueError(f"last_seen is {said.last_seen}")
        name = (nas + device + session).encode()
        rest = (account + port + order + cause).encode()
        named = 6 + len(name)
        head = _REPORT.pack(
            *(_NAME_AT + named + len(rest) + len(mac) + len(keys), named, at_ms, _CODE[effect.status]),
            *(said.last_seen, said.bytes_in, said.bytes_out, effect.heard, len(mac), len(keys)),
            *(len(account), len(port), len(order), len(cause), said.source, said.address, said.started),
        )
        return b"".join((head, _NAME.pack(len(nas), len(device), len(session)), name, rest, mac, keys))
    except (struct.error, ValueError, TypeError) as error:
        raise RecordError(f"session {session!r} at {nas!r}: {error}") from error


def body_of(packed: Sequence[bytes]) -> bytes:
    """Reports, in their sequence, as one body."""
    reports = b"".join(packed)
    return _REPORTS + _SIZE.pack(len(reports)) + reports


def ended_body(effect: SessionsEnded) -> bytes:
    """Raises RecordError where it is no row."""
    try:
        nas, device = effect.nas.encode(), effect.device.encode()
        return _ENDED + _END.pack(effect.at, len(nas), len(device)) + nas + device
    except (struct.error, UnicodeError) as error:
        raise RecordError(f"sessions of {effect.nas!r}: {error}") from error


def ended_of(body: bytes) -> SessionsEnded | None:
    """What it says of all sessions of a NAS; None = it has reports. Raises StoreError where it is damaged."""
    if body[:_KIND] == _REPORTS:
        return None
    try:
        at, nas, device = _END.unpack_from(body, _KIND)
        texts = body[_KIND + _END.size :]
        if body[:_KIND] != _ENDED or len(texts) != nas + device:
            raise _damaged()
        return SessionsEnded(texts[:nas].decode(), texts[nas:].decode(), at)
    except (struct.error, UnicodeError) as error:
        raise _damaged() from error


def names_in(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Where each report begins, and the octets that tell its session. Raises StoreError where it is damaged."""
    at, end, head = _FIRST, len(body), _HEAD.unpack_from
    if end <= at or _SIZE.unpack_from(body, _KIND)[0] != end - at:
        raise _damaged()
    while at < end:
        if end - at < _NAME_AT:
            raise _damaged()
        size, named = head(body, at)
        if size < _NAME_AT + named or at + size > end:
            raise _damaged()
        yield at, body[at + _NAME_AT : at + _NAME_AT + named]
        at += size


def name_of(octets: bytes) -> Name:
    """The name that these tell. Raises StoreError where they are damaged."""
    try:
        nas, device, session = _NAME.unpack_from(octets)
        text = octets[6:].decode()
    except (struct.error, UnicodeError) as error:
        raise _damaged() from error
    if len(text) != nas + device + session:
        raise _damaged()
    return Name(text[:nas], text[nas : nas + device], text[nas + device :])


def report_at(body: bytes, at: int, name: Name) -> tuple[int, SessionReported]:
    """When the report that begins there was decided, in ms, and the report. name: its session's. Until when it holds
    is not kept. Raises StoreError where it is damaged."""
    try:
        read = _REPORT.unpack_from(body, at)
        size, named, at_ms, status, last_seen, bytes_in, bytes_out, heard = read[:8]
        of_mac, of_keys, account, port, order, cause, source, address, started = read[8:]
        keys_at = at + size - of_keys
        mac_at = keys_at - of_mac
        text = body[at + _NAME_AT + named : mac_at].decode()
        port += account
        order += port
        if len(text) != order + cause or not -_LATEST < last_seen < _LATEST:
            raise _damaged()
        session = Session(
            name.session, name.nas, name.device, source, body[mac_at:keys_at], text[:account], text[account:port],
            address, text[port:order], started, last_seen, bytes_in, bytes_out, text[order:], body[keys_at : at + size],
        )  # fmt: skip
        return at_ms, SessionReported(session, _STATUS[status], heard)
    except (struct.error, UnicodeError, IndexError) as error:
        raise _damaged() from error


def counts_at(body: bytes, at: int) -> tuple[int, int, int, int, int, int]:
    """Of the report that begins there: its octets and status, and its last_seen, bytes_in, bytes_out and heard."""
    size, _, _, status, last_seen, bytes_in, bytes_out, heard = _COUNTS.unpack_from(body, at)
    return size, status, last_seen, bytes_in, bytes_out, heard


def mac_at(body: bytes, at: int) -> bytes:
    """The MAC of the report that begins there."""
    size, mac, keys = _MAC.unpack_from(body, at)
    end: int = at + size - keys
    return body[end - mac : end]


def rest_of(body: bytes, at: int, size: int) -> bytes:
    """Eight octets that tell whether two reports of a session say the same but for what ``counts_at`` has."""
    return blake2b(body[at + _REST_AT : at + size], digest_size=8).digest()


def _damaged() -> StoreError:
    return StoreError("a body of accounting reports is damaged: restore the store from a backup", "store-damaged")
