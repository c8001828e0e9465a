"""Kea's lease file for DHCPv4 as memfile keeps it: CSV whose header names the columns; later versions have more.

A row says how a lease stands from there on, the last one of an address counts. Commas in a cell are escaped, so that a
comma always parts two cells.
"""

from collections.abc import Iterator
from typing import IO, Final

from gatekeeper.intake.entry import Entry, is_address, is_mac, mac_of, not_taken
from gatekeeper.intake.leases import Leases
from gatekeeper.intake.order_file import Line, OrderFileError, unreadable

_NEEDED: Final = ("address", "hwaddr", "valid_lifetime")
_IN_USE: Final = ("", "0")
_DECLINED: Final = "1"  # the address is kept from use, and no box's


def read(text: IO[str]) -> Iterator[Entry | Line]:
    """The boxes of a lease file. Raises OrderFileError for a header that is not Kea's for DHCPv4."""
    header = text.readline().strip().split(",")
    absent = [name for name in _NEEDED if name not in header]
    if absent:
        raise OrderFileError(f"1: no header of a Kea lease file for DHCPv4: it has no column {absent[0]}")
    return _boxes(text, header)


def _boxes(text: IO[str], header: list[str]) -> Iterator[Entry | Line]:
    leases = Leases()
    for number, line in enumerate(text, 2):
        cells = line.strip().split(",")
        row = dict(zip(header, cells, strict=False))
        if not any(cells) or row.get("state") == _DECLINED:
            continue
        if any(name not in row for name in _NEEDED) or not is_address(row["address"]):
            yield unreadable(number, f"{line.strip()[:80]!r} is no lease")
        elif not is_mac(row["hwaddr"]):
            yield not_taken(number, f"the lease of {row['address']} names no Ethernet address")
        else:
            current = row.get("state", "") in _IN_USE and row["valid_lifetime"] != "0"
            leases.add(number, mac_of(row["hwaddr"]), row["address"], current)
    yield from leases.entries()
