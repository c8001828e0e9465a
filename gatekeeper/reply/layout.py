"""Where the options of a large reply go: the options field, else ``file``, else ``sname`` (RFC 2131 4.1, option 52)."""

from collections.abc import Mapping, Sequence, Set
from itertools import combinations
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.dhcp import split_option
from gatekeeper.wire.dhcp_header import BOOT_FILE, NAME_AREAS, SERVER_NAME

_END: Final = b"\xff"
_OVERLOAD_SIZE: Final = 3  # option 52 itself
_FIELD: Final = 0
_AREAS: Final = (BOOT_FILE, SERVER_NAME)  # file and sname, by the option that says what they hold
_NO_NAMES: Final[Mapping[int, bytes]] = {}


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Layout(Value):
    """field: octets of the options field. areas: sname, then file. left_out: codes that found no room."""

    __slots__ = ("field", "areas", "left_out")

    def __init__(self, field: bytes, areas: bytes, left_out: tuple[int, ...]) -> None:
        self.field: Final = field
        self.areas: Final = areas
        self.left_out: Final = left_out


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class _Places(Value):
    """The area of each code that has one, and the names whose areas stay theirs."""

    __slots__ = ("areas", "stay")

    def __init__(self, areas: dict[int, int], stay: frozenset[int]) -> None:
        self.areas: Final = areas
        self.stay: Final = stay


def name_areas(names: Mapping[int, bytes]) -> bytes:
    """sname, then file, with the names in them; each shorter than its area."""
    return b"".join(names.get(code, b"").ljust(NAME_AREAS[code], b"\0") for code in (SERVER_NAME, BOOT_FILE))


def lay_out(
    options: Sequence[tuple[int, bytes]], fixed: Set[int], room: int, names: Mapping[int, bytes] = _NO_NAMES
) -> Layout:
    """The options in their sequence, those of ``fixed`` in the options field whatever it costs, which has room octets.

    What does not fit goes to ``file`` and ``sname``, each ended by 255. Only what fits in none of the three is left
    out, and of two options the one later in the sequence. An option is never parted between two areas. names: what the
    areas hold by themselves; one gives way, and becomes an option, where that makes room for more.
    """
    blobs = {code: split_option(code, value) for code, value in options}
    loose = [code for code in blobs if code not in fixed]
    free = room - sum(len(blobs[code]) for code in blobs.keys() & fixed)
    for code, name in names.items():
        blobs.setdefault(code, split_option(code, name))
    # The best is the one that serves the names, then what was asked for first; of equals the plainest.
    tries = _tries(loose, tuple(names), blobs, free)
    best = max(
        tries,
        key=lambda found: (
            [code in found.stay or code in found.areas for code in names] + [code in found.areas for code in loose]
        ),
    )
    areas, stay = best.areas, best.stay
    field = [code for code in blobs if code in fixed or areas.get(code) == _FIELD]
    held = {area: _area(area, areas, blobs) for area in _AREAS}
    overload = sum(_AREAS.index(area) + 1 for area, octets in held.items() if octets)
    told = {area: octets + _END for area, octets in held.items() if octets}
    return Layout(
        _field(field, blobs, overload),
        name_areas(told | {code: name for code, name in names.items() if code in stay}),
        tuple(code for code in loose if code not in areas),
    )


def _tries(loose: list[int], names: tuple[int, ...], blobs: dict[int, bytes], free: int) -> list[_Places]:
    """Ways to place all that is loose, the plainest first: without overload, then with ever fewer names in place."""
    tries = [_Places(_place(loose, blobs, {_FIELD: free}), frozenset(names))]
    if free < _OVERLOAD_SIZE:
        return tries
    for given_up in [some for size in range(len(names) + 1) for some in combinations(names, size)]:
        stay = frozenset(names) - set(given_up)
        room = {_FIELD: free - _OVERLOAD_SIZE} | {area: NAME_AREAS[area] - 1 for area in _AREAS if area not in stay}
        sequence = [code for code in given_up if code not in loose] + loose
        # The largest first: that often finds room for all where the sequence does not.
        for codes in (sequence, sorted(sequence, key=lambda code: -len(blobs[code]))):
            tries.append(_Places(_place(codes, blobs, room), stay))
    return tries


def _place(sequence: list[int], blobs: dict[int, bytes], room: dict[int, int]) -> dict[int, int]:
    """The first area with room for it, for each that finds one."""
    free, places = dict(room), {}
    for code in sequence:
        for area, left in free.items():
            if len(blobs[code]) <= left:
                free[area] -= len(blobs[code])
                places[code] = area
                break
    return places


def _area(area: int, places: dict[int, int], blobs: dict[int, bytes]) -> bytes:
    return b"".join(blob for code, blob in blobs.items() if places.get(code) == area)


def _field(codes: list[int], blobs: dict[int, bytes], overload: int) -> bytes:
    """Message type first, and at once behind it what a reader must know of the other areas."""
    octets = [blobs[code] for code in codes]
    if overload:
        octets.insert(1, bytes((52, 1, overload)))
    return b"".join(octets)
