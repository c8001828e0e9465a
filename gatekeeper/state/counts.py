"""What is counted: packets by what became of them, and the rest by name. One reading for store, listing and metrics."""

from typing import Final, NamedTuple

from gatekeeper.model import Reason


class Fate(NamedTuple):
    """What became of packets. protocol and message: "" = of any, where the store could not be read."""

    protocol: str
    message: str
    reply: str  # DHCPOFFER …, or no-answer
    reason: str  # ok, or a Reason


class Counted(NamedTuple):
    """Anything else. name: of a vocabulary of our own, * standing for the label; label: a NAS, an attribute, a code."""

    name: str
    label: str


_REASONS: Final = frozenset({"ok", *Reason})
_PROTOCOLS: Final = frozenset({"dhcp", "radius"})
# How such counters begin -> how many parts of the name stand behind the label.
_LABELLED: Final[dict[tuple[str, ...], int]] = {
    ("radius", "nas"): 1,
    ("radius", "rate-clamped"): 0,
    ("radius", "attribute-left-out"): 0,
    ("dhcp", "option-left-out"): 0,
}


def columns_of(parts: tuple[str, ...]) -> Fate | Counted:
    """What is counted under these words, as columns. A label may be several of them: names of NASes hold dots."""
    behind = _LABELLED.get(parts[:2])
    if behind is not None:
        end = len(parts) - behind
        return Counted(".".join((*parts[:2], "*", *parts[end:])), ".".join(parts[2:end]))
    if len(parts) == 4 and parts[0] in _PROTOCOLS and parts[3] in _REASONS:
        return Fate(*parts)
    if len(parts) == 2 and parts[0] == "no-answer" and parts[1] in _REASONS:
        return Fate("", "", *parts)
    return Counted(".".join(parts), "")


def spelled(counted: Fate | Counted) -> str:
    """As people read it: its words, with dots between them."""
    if isinstance(counted, Fate):
        return ".".join(part for part in counted if part)
    return counted.name.replace("*", counted.label)
