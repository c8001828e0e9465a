"""What comes out of the heart: one record for each question that has ended."""

from typing import Any, NamedTuple

from gatekeeper.model import Datagram, Outcome


class Told(NamedTuple):
    """How one question ended. outcome.answer leaves by door, "" = none does. Log, counters and tallies read it.

    door: the driver's own, as it came with the datagram. at: when it was decided, or when nothing could come of it.
    """

    outcome: Outcome
    door: Any
    at: float


class Bug(NamedTuple):
    """An exception on the way of a packet: it is ours. The packet is lost."""

    error: Any
    datagram: Datagram
    at: float
