"""How far a DHCPDECLINE is believed: so often an hour, and while so much of the pool is left."""

from typing import Final

from gatekeeper.model import Reason
from gatekeeper.policy.binding import Rule
from gatekeeper.policy.dhcp import DhcpCase


def _declines_are_few(case: DhcpCase) -> bool:
    return case.pools.declines.said(case.mac, case.now) < case.pools.declines.per_hour


def _quarantine_has_room(case: DhcpCase) -> bool:
    return case.pools.declines.has_room(case.wanted, case.now)


def _declined(case: DhcpCase) -> tuple[str, str]:
    declines = case.pools.declines
    return f"{declines.per_hour} an hour at most", f"{declines.said(case.mac, case.now)} in the last hour"


def _quarantine(case: DhcpCase) -> tuple[str, str]:
    pool = case.pools.declines.of(case.wanted)
    return (f"{pool.most} of {pool.size} at most", f"{pool.count(case.now)} in quarantine") if pool else ("", "")


DECLINES_ARE_FEW: Final = Rule(
    "declines are few",
    Reason.TOO_MANY_DECLINES,
    "The box has declined fewer than declines_per_hour addresses within an hour.",
    _declines_are_few,
    _declined,
)
QUARANTINE_HAS_ROOM: Final = Rule(
    "quarantine has room",
    Reason.QUARANTINE_FULL,
    "Less than a fifth of the pool is in quarantine.",
    _quarantine_has_room,
    _quarantine,
)
