"""Who holds which address, as columns: for a gate that starts with more leases than it could make objects of."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from mypy_extensions import trait

from gatekeeper.state.held import NOBODY, Part
from gatekeeper.store import StoreError
from gatekeeper.store.sqlite.tables import Tables
from gatekeeper.wire.text import mac_text, parse_mac

# A declined address is nobody's.
_COLUMNS: Final = f"""
l.address, CASE WHEN l.state = 'declined' OR l.mac = '' THEN '{mac_text(NOBODY)}' ELSE l.mac END, l.expires_at,
l.state = 'declined'"""
_FROM: Final = f"SELECT {_COLUMNS} FROM leases_now l WHERE l.address >= ? ORDER BY l.address LIMIT ?"
# Each half by an index: a join with leases_now would have all of it made first.
_FIXED: Final = f"""
SELECT {_COLUMNS} FROM accounts a CROSS JOIN main.leases l ON l.address = a.address
WHERE a.address <> 0 AND l.address NOT IN (SELECT address FROM lease_changes)
UNION ALL
SELECT {_COLUMNS} FROM accounts a CROSS JOIN lease_changes l ON l.address = a.address WHERE a.address <> 0
ORDER BY 1"""


@trait
class HoldingTables(Tables):
    """Each question is one short look, so that the log beside the store can be emptied between two."""

    def leases_from(self, address: int, most: int) -> Part:
        """Leases on record of this address and those behind it, so many at most. Raises StoreError."""
        return self._part(_FROM, (address, most))

    def fixed_leases(self) -> Part:
        """Leases on record of addresses that orders fixed. Raises StoreError."""
        return self._part(_FIXED, ())

    def _part(self, query: str, values: Sequence[int]) -> Part:
        try:
            with self._reading():
                rows = self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error
        if not rows:
            return Part((), b"", ())
        addresses, macs, ends, declined = zip(*rows, strict=True)
        return Part(addresses, _octets(macs), ends, declined)


def _octets(macs: tuple[Any, ...]) -> bytes:
    """Six of each."""
    try:
        octets = bytes.fromhex("".join(macs).replace(":", ""))
    except (TypeError, ValueError):
        octets = b""
    return octets if len(octets) == 6 * len(macs) else b"".join(map(_six, macs))


def _six(mac: object) -> bytes:
    """What is no MAC is nobody's, and keeps its address from others until its time is over."""
    try:
        return parse_mac(str(mac))
    except ValueError:
        return NOBODY
