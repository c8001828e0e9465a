"""What the heart needs from outside. Whoever drives it takes these and hands the answers in, at once or later."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Effect, PortId, Via
from gatekeeper.policy.leasequery import Sought
from gatekeeper.state.world import World
from gatekeeper.value import Value
from gatekeeper.wire.aaa import AaaQuestion


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Lookup(Value):
    """To be read in the store, each key once: facts of these MACs, boxes bound to these lines, leases sought.

    number: handed back with the answer, which counts only for the lookup that it was read for.
    """

    __slots__ = ("number", "macs", "lines", "sought")

    def __init__(
        self, number: int, macs: tuple[bytes, ...], lines: tuple[str, ...], sought: tuple[Sought, ...]
    ) -> None:
        self.number: Final = number
        self.macs: Final = macs
        self.lines: Final = lines
        self.sought: Final = sought


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Probe(Value):
    """To be asked for on the link: does somebody have this address?"""

    __slots__ = ("address", "via")

    def __init__(self, address: int, via: Via) -> None:
        self.address: Final = address
        self.via: Final = via


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Batch(Value):
    """To be committed as one transaction. An effect is known by its place in the sequence; at_ms has when each was
    decided, sizes how many each outcome has: those of one stay together."""

    __slots__ = ("number", "effects", "at_ms", "outcomes", "sizes")

    def __init__(
        self,
        number: int,
        effects: list[Effect],
        at_ms: list[int],
        outcomes: int,  # how many these are of
        sizes: list[int],
    ) -> None:
        self.number: Final = number
        self.effects: Final = effects
        self.at_ms: Final = at_ms
        self.outcomes: Final = outcomes
        self.sizes: Final = sizes


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Needs(Value):
    """All that is wanted now and was not handed out before."""

    __slots__ = ("lookup", "words", "probes")

    def __init__(
        self,
        lookup: Lookup | None,
        words: tuple[AaaQuestion, ...],  # of AAA
        probes: tuple[Probe, ...],
    ) -> None:
        self.lookup: Final = lookup
        self.words: Final = words
        self.probes: Final = probes


def lacking(world: World, mac: bytes, port: PortId | None, counts_boxes: bool) -> bytes | str | None:
    """What must be looked up next before this box can be judged on this port: a MAC, a line; None = nothing.

    It stands here alone, for the heart and for whoever asks a supposed question.
    """
    if mac and not world.knows(mac):
        return mac
    return world.missing_crowd(mac, port) if counts_boxes else None
