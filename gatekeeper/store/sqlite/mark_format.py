"""The mark as octets: a head, then a record for each commit, the last of which may be torn.

Head::    magic 8, store 16, base 8, CRC-32 of these
Record::  CRC-32 of what follows, seq 8, number of leases 4, and of each: address 4, MAC 6, end 8 (Unix seconds)

A record with CLEAN for the number of leases says that all commits up to seq are in the store's main file, and that
nobody has it open. Numbers are big-endian.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple
from zlib import crc32

CLEAN: Final = 0xFFFFFFFF
_MAGIC: Final = b"gkprmrk1"
_HEAD: Final = struct.Struct(">8s16sQ")
_CRC: Final = struct.Struct(">I")
_COMMIT: Final = struct.Struct(">QI")
_LEASE: Final = struct.Struct(">I6sQ")
FIRST: Final = _HEAD.size + _CRC.size  # where the first record begins
_OVERHEAD: Final = _CRC.size + _COMMIT.size
pack_lease: Final = _LEASE.pack  # address, MAC, end


class Record(NamedTuple):
    """One commit. leases: as ``pack_lease`` made them, one behind the other."""

    seq: int
    leases: bytes


class Marked(NamedTuple):
    """What a mark says. store: which one it is beside; base: the main file has all commits up to this one; seq: the
    last commit; clean: the store was left with all of them in its main file; records: those behind base that are kept;
    length: octets up to what is torn."""

    store: bytes
    base: int
    seq: int
    clean: bool
    records: list[Record]
    length: int


def head(store: bytes, base: int) -> bytes:
    """How a mark begins. store: 16 octets."""
    octets = _HEAD.pack(_MAGIC, store, base)
    return octets + _CRC.pack(crc32(octets))


def record(seq: int, leases: bytes = b"") -> bytes:
    """One commit and the leases that it bound."""
    octets = _COMMIT.pack(seq, len(leases) // _LEASE.size) + leases
    return _CRC.pack(crc32(octets)) + octets


def clean_record(seq: int) -> bytes:
    """All commits up to this one are in the main file."""
    octets = _COMMIT.pack(seq, CLEAN)
    return _CRC.pack(crc32(octets)) + octets


def read_mark(octets: bytes) -> Marked | None:
    """All records up to the first that is torn; None = it is no mark, or its head is damaged."""
    if len(octets) < FIRST or _CRC.unpack_from(octets, _HEAD.size) != (crc32(octets[: _HEAD.size]),):
        return None
    magic, store, base = _HEAD.unpack_from(octets)
    if magic != _MAGIC:
        return None
    records: list[Record] = []
    last, cleaned, at = base, 0, FIRST
    while (end := _end_of(octets, at)) > at:
        seq, count = _COMMIT.unpack_from(octets, at + _CRC.size)
        if count == CLEAN:
            cleaned = max(cleaned, seq)
        else:
            records.append(Record(seq, octets[at + _OVERHEAD : end]))
        last, at = max(last, seq), end
    return Marked(store, base, last, cleaned == last, records, at)


def behind(octets: bytes, at: int, base: int) -> tuple[bytes, int]:
    """The records of commits behind this one from there on, and where they end."""
    kept = b""
    while (end := _end_of(octets, at)) > at:
        seq, count = _COMMIT.unpack_from(octets, at + _CRC.size)
        if seq > base and count != CLEAN:
            kept += octets[at:end]
        at = end
    return kept, at


def _end_of(octets: bytes, at: int) -> int:
    """Where the record that begins here ends; here, if it is not whole."""
    start = at + _CRC.size
    if len(octets) < at + _OVERHEAD:
        return at
    _, count = _COMMIT.unpack_from(octets, start)
    end = at + _OVERHEAD + (0 if count == CLEAN else count * _LEASE.size)
    whole = len(octets) >= end and _CRC.unpack_from(octets, at) == (crc32(octets[start:end]),)
    return end if whole else at


def leases_in(one: Record) -> Iterator[tuple[int, bytes, int]]:
    """(address, MAC, end) of each."""
    return _LEASE.iter_unpack(one.leases)
