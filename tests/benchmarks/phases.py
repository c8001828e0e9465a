"""What is measured, and which figures are put beside each other."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.benchmarks.boxes import FEW, FRESH, POOL, POOL_RANGE, RESERVED, SMALL_RANGE, Boxes
from tests.benchmarks.place import SERVER_IP
from tests.benchmarks.servers import SECRET

WINDOW = 64
_DHCP = ("dhcp", "--target", SERVER_IP, "--require-option", "43")
_SHARED = ("--secret", SECRET, "--message-authenticator", *RESERVED.words())


class Phase(NamedTuple):
    """One measurement. of: the kind of run that it belongs to, each of which starts the server afresh.

    first: what is played before, and does not count; half_of: an open loop at half the rate of that phase; number:
    exchanges in all, 0 = as many as come in the time.
    """

    name: str
    of: str
    verb: Sequence[str]
    first: Sequence[str] = ()
    half_of: str = ""
    number: int = 0


def _once(boxes: Boxes) -> list[str]:
    """Each of the boxes gets its lease."""
    return [*_DHCP, *boxes.words(), "--number", str(boxes.count), "--duration", "60", "--timeout", "5"]


PHASES = (
    Phase("reserved", "written", (*_DHCP, *RESERVED.words()), _once(RESERVED)),
    Phase("half", "written", (*_DHCP, *RESERVED.words()), half_of="reserved"),
    Phase("dynamic", "written", (*_DHCP, *POOL.words()), _once(POOL)),
    Phase("fresh", "fresh", (*_DHCP, *FRESH.words(), "--timeout", "3"), number=FRESH.count),
    Phase("few", "few", (*_DHCP, *FEW.words(), "--timeout", "3"), number=FEW.count),
    Phase("young", "young", (*_DHCP, *RESERVED.words()), _once(RESERVED)),
    Phase("auth", "radius", ("radius", "--target", SERVER_IP, *_SHARED)),
    Phase("acct", "radius", ("acct", "--target", SERVER_IP, "--kind", "start", *_SHARED)),
)


class Ratio(NamedTuple):
    """A row of the table: gatekeeper's phase beside a peer's. least: what the ratio must be, 0 = nothing."""

    says: str
    phase: str
    peer: str
    peer_phase: str
    least: float = 0.0
    figure: str = "per_s"  # or a latency, of which less is better


RATIOS = (
    Ratio("DORA, address reserved, each a write", "reserved", "kea", "reserved", 2.5),
    Ratio("DORA, address from the pool, each a write", "dynamic", "kea", "dynamic", 2.5),
    Ratio("first lease of a box", "fresh", "kea", "fresh", 2.5),
    Ratio("first lease of a box", "few", "dhcpd", "few", 12),
    Ratio("DORA while the lease is young (nothing to write)", "young", "kea", "reserved", 3.5),
    Ratio("p99 at half of each one's maximum, µs", "half", "kea", "half", figure="p99_us"),
    Ratio("Access-Request with Message-Authenticator", "auth", "freeradius", "auth", 1.2),
    Ratio("Access-Request with Message-Authenticator", "auth", "freeradius-sqlite", "auth", 4.5),
    Ratio("Accounting-Request Start", "acct", "freeradius-sqlite", "acct", 20),
    Ratio("Accounting-Request Start", "acct", "freeradius", "acct", 0.9),
)
# Which kinds of run each peer has part in.
RUNS = {
    "gatekeeper": ("written", "fresh", "few", "young", "radius"),
    "kea": ("written", "fresh"),
    "dhcpd": ("few",),
    "freeradius": ("radius",),
    "freeradius-sqlite": ("radius",),
}


def pool_of(kind: str) -> tuple[str, str]:
    """First and last address of the pool in that kind of run."""
    return SMALL_RANGE if kind == "few" else POOL_RANGE
