"""Places in listings: what "from here on" means, whatever comes and goes around it."""

from typing import Final

Place = tuple[int | str, ...]

# Listings -> what a place in their sequence consists of. No two rows have the same; a row may change its own, as a
# session does that is heard of again.
PLACES: Final[dict[str, tuple[type[int | str], ...]]] = {
    "bindings": (str, str),  # account, MAC
    "boxes": (str,),
    "leases": (int,),  # address
    "sessions": (str, int, str, str, int),  # state, last_seen, MAC, session, number
    "orders": (int,),  # the sequence in which they came
    "refused": (int, int, str, str, str),  # last_seen, ms, MAC, protocol, reason
    "rogue": (int, str, str, str),  # last_seen, server, MAC, interface
    "ports": (str,),
    "timeline": (int, str, int, str),  # WHEN
}
# What the place of an event in a timeline is told by.
WHEN: Final = ("at_ms", "kind", "seq", "detail")
