"""What replies went without, as lines of the log: one for each name under which it is counted."""

from collections.abc import Callable
from typing import Final

from gatekeeper.wire.dhcp_options import BY_NAME


def _option(label: str) -> str:
    number = f"{BY_NAME[label].code} " if label in BY_NAME else ""
    return (
        f"dhcp: option {number}{label} had no room in a reply and was left out: a box takes 576 octets unless its"
        f" option 57 says more; counted as dhcp.option-left-out.{label}, not told again"
    )


def _url_alone(_: str) -> str:
    return (
        "dhcp: an order's acs_url left no room for the other keys of [acs] and went alone: shorten it; explain says for"
        " which box; counted as dhcp.acs-url-alone, not told again"
    )


# How the counts of what was left out begin -> the line, given the label behind.
_LINES: Final[dict[tuple[str, str], Callable[[str], str]]] = {
    ("dhcp", "option-left-out"): _option,
    ("dhcp", "acs-url-alone"): _url_alone,
}


def left_out_line(parts: tuple[str, ...]) -> str:
    """The line for what is counted under these words; "" = nothing was left out there."""
    line = _LINES.get((parts[0], parts[1])) if len(parts) > 1 else None
    return line(".".join(parts[2:])) if line else ""
