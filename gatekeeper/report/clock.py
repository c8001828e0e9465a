"""A wall clock that is not believed, for people."""

from typing import Final

from gatekeeper.report.table import time_text
from gatekeeper.state.clock import JUMPED, RESTARTED

SYNCHRONISED: Final = "the kernel, which says that it is synchronised"
BELIEVED_TEXT: Final = "the wall clock is believed"
BY_HAND: Final = "'gatekeeper clock confirm'"
_BY: Final = {
    JUMPED: "by the time that passed",
    RESTARTED: "by what can have passed at least since the last heartbeat before this machine was started",
}


def doubt_text(cause: str, wall: float, gate: float) -> str:
    """Why, what time it is then, what comes of it and what to do."""
    off = f"{abs(wall - gate):.0f} s {'ahead' if wall > gate else 'behind'}"
    return (
        f"the wall clock says {time_text(wall)}, {_BY[cause]} it is {time_text(gate)}, {off}:"
        f" addresses are kept until NTP has synchronised it, or it is right and you say so by {BY_HAND}"
    )


def confirmed_text(by: str, by_s: int, leases: int, older: bool) -> str:
    """What was done. older: leases from before are among those that were moved."""
    rest = "" if older else "; older ones are over when it says so"
    kept = f"{leases} leases keep the time that they had left"
    return f"clock: confirmed by {by}: the wall clock is believed, {by_s:+d} s: {kept}{rest}"
