"""What the heart needs from outside. Whoever drives it takes these and hands the answers in, at once or later."""

from typing import NamedTuple

from gatekeeper.model import Effect, PortId, Via
from gatekeeper.policy.leasequery import Sought
from gatekeeper.state.world import World
from gatekeeper.wire.aaa import AaaQuestion


class Lookup(NamedTuple):
    """To be read in the store, each key once: facts of these MACs, boxes bound to these lines, leases sought.

    number: handed back with the answer, which counts only for the lookup that it was read for.
    """

    number: int
    macs: tuple[bytes, ...]
    lines: tuple[str, ...]
    sought: tuple[Sought, ...]


class Probe(NamedTuple):
    """To be asked for on the link: does somebody have this address?"""

    address: int
    via: Via


class Batch(NamedTuple):
    """To be committed as one transaction. An effect is known by its place in the sequence; at_ms has when each was
    decided, sizes how many each outcome has: those of one stay together."""

    number: int
    effects: list[Effect]
    at_ms: list[int]
    outcomes: int  # how many these are of
    sizes: list[int]


class Needs(NamedTuple):
    """All that is wanted now and was not handed out before."""

    lookup: Lookup | None
    words: tuple[AaaQuestion, ...]  # of AAA
    probes: tuple[Probe, ...]


def lacking(world: World, mac: bytes, port: PortId | None, counts_boxes: bool) -> bytes | str | None:
    """What must be looked up next before this box can be judged on this port: a MAC, a line; None = nothing.

    It stands here alone, for the heart and for whoever asks a supposed question.
    """
    if mac and not world.knows(mac):
        return mac
    return world.missing_crowd(mac, port) if counts_boxes else None
