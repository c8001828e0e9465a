"""What replies went without, as lines of the log: one for each name under which it is counted."""

from collections.abc import Callable
from typing import Final

from gatekeeper.wire.dhcp_options import BY_NAME


def _option(*label: str) -> str:
    name = ".".join(label)
    number = f"{BY_NAME[name].code} " if name in BY_NAME else ""
    return (
        f"dhcp: option {number}{name} had no room in a reply and was left out: a box takes 576 octets unless its"
        f" option 57 says more; counted as dhcp.option-left-out.{name}, not told again"
    )


def _attribute(nas: str, name: str) -> str:
    return f"left out of an answer to {nas}: {name}, whose value had no room: see show stats"


def _url_alone() -> str:
    return (
        "dhcp: an order's acs_url left no room for the other keys of [acs] and went alone: shorten it; explain says for"
        " which box; counted as dhcp.acs-url-alone, not told again"
    )


# How the counts of what was left out begin -> the line, given the words behind.
_LINES: Final[dict[tuple[str, str], Callable[..., str]]] = {
    ("dhcp", "option-left-out"): _option,
    ("dhcp", "acs-url-alone"): _url_alone,
    ("radius", "attribute-left-out"): _attribute,
}


def left_out_line(parts: tuple[str, ...]) -> str:
    """The line for what is counted under these words; "" = nothing was left out there."""
    line = _LINES.get((parts[0], parts[1])) if len(parts) > 1 else None
    return line(*parts[2:]) if line else ""
