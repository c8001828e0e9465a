"""What is counted: packets by what became of them, and the rest by name. One reading for store, listing and metrics."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Reason
from gatekeeper.value import Value, values_of


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Fate(Value):
    """What became of packets. protocol and message: "" = of any, where the store could not be read."""

    __slots__ = ("protocol", "message", "reply", "reason")

    def __init__(
        self,
        protocol: str,
        message: str,
        reply: str,  # DHCPOFFER …, or no-answer
        reason: str,  # ok, or a Reason
    ) -> None:
        self.protocol: Final = protocol
        self.message: Final = message
        self.reply: Final = reply
        self.reason: Final = reason


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Counted(Value):
    """Anything else. name: of a vocabulary of our own, * standing for the label; label: a NAS, an attribute, a code."""

    __slots__ = ("name", "label")

    def __init__(self, name: str, label: str) -> None:
        self.name: Final = name
        self.label: Final = label


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
        return ".".join(part for part in values_of(counted) if part)
    return counted.name.replace("*", counted.label)
