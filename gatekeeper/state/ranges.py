"""Ranges of addresses: first and last, inclusive."""

from collections.abc import Iterable, Sequence

# For each subnet its ranges: first and last address.
Ranges = Sequence[Sequence[tuple[int, int]]]


def without(ranges: Sequence[tuple[int, int]], addresses: Iterable[int]) -> list[tuple[int, int]]:
    """The ranges less these addresses, which must never be leased: those of routers and servers."""
    left = list(ranges)
    for address in addresses:
        cut: list[tuple[int, int]] = []
        for first, last in left:
            if first <= address <= last:
                cut += [pair for pair in ((first, address - 1), (address + 1, last)) if pair[0] <= pair[1]]
            else:
                cut.append((first, last))
        left = cut
    return left
