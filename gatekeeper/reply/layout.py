"""Where the options of a large reply go: the options field, else ``file``, else ``sname`` (RFC 2131 4.1, option 52)."""

from collections.abc import Iterable, Sequence, Set
from typing import Final, NamedTuple

from gatekeeper.wire.dhcp import split_option
from gatekeeper.wire.dhcp_header import FILE_SIZE, SNAME_SIZE

_END: Final = b"\xff"
NO_AREAS: Final = bytes(SNAME_SIZE + FILE_SIZE)
_OVERLOAD_SIZE: Final = 3  # option 52 itself
_FIELD: Final = 0
_IN_FILE: Final = 1
_IN_SNAME: Final = 2


class Layout(NamedTuple):
    """field: octets of the options field. areas: sname, then file. left_out: codes that found no room."""

    field: bytes
    areas: bytes
    left_out: tuple[int, ...]


def lay_out(options: Sequence[tuple[int, bytes]], fixed: Set[int], room: int) -> Layout:
    """The options in their sequence, those of ``fixed`` in the options field whatever it costs, which has room octets.

    What does not fit goes to ``file`` and ``sname``, each ended by 255. Only what fits in none of the three is left
    out, and of two options the one later in the sequence. An option is never parted between two areas.
    """
    blobs = {code: split_option(code, value) for code, value in options}
    free = room - sum(len(blobs[code]) for code in blobs.keys() & fixed)
    loose = [code for code in blobs if code not in fixed]
    tries = [_place(loose, blobs, (free,))]
    if free >= _OVERLOAD_SIZE:
        overloaded = (free - _OVERLOAD_SIZE, FILE_SIZE - 1, SNAME_SIZE - 1)
        tries.append(_place(loose, blobs, overloaded))
        # The largest first: that often finds room for all where the sequence does not.
        tries.append(_place(sorted(loose, key=lambda code: -len(blobs[code])), blobs, overloaded))
    # The best is the one that serves what was asked for first; of equals the plainest.
    places = max(tries, key=lambda found: [code in found for code in loose])
    field = [code for code in blobs if code in fixed or places.get(code) == _FIELD]
    file, sname = (_area(area, loose, places, blobs) for area in (_IN_FILE, _IN_SNAME))
    return Layout(
        _field(field, blobs, bool(file) | bool(sname) << 1),
        _ended(sname).ljust(SNAME_SIZE, b"\0") + _ended(file).ljust(FILE_SIZE, b"\0"),
        tuple(code for code in loose if code not in places),
    )


def _place(sequence: Iterable[int], blobs: dict[int, bytes], room: Sequence[int]) -> dict[int, int]:
    """The first area with room for it, for each that finds one."""
    free, places = list(room), {}
    for code in sequence:
        for area, left in enumerate(free):
            if len(blobs[code]) <= left:
                free[area] -= len(blobs[code])
                places[code] = area
                break
    return places


def _area(area: int, loose: list[int], places: dict[int, int], blobs: dict[int, bytes]) -> bytes:
    return b"".join(blobs[code] for code in loose if places.get(code) == area)


def _ended(octets: bytes) -> bytes:
    return octets + _END if octets else b""


def _field(codes: list[int], blobs: dict[int, bytes], overload: int) -> bytes:
    """Message type first, and at once behind it what a reader must know of the other areas."""
    octets = [blobs[code] for code in codes]
    if overload:
        octets.insert(1, bytes((52, 1, overload)))
    return b"".join(octets)
