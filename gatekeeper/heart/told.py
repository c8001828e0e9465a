"""What comes out of the heart: one record for each question that has ended."""

from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Datagram, Outcome
from gatekeeper.value import Value


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Told(Value):
    """How one question ended. outcome.answer leaves by door, "" = none does. Log, counters and tallies read it.

    door: the driver's own, as it came with the datagram. at: when it was decided, or when nothing could come of it.
    """

    __slots__ = ("outcome", "door", "at")

    def __init__(self, outcome: Outcome, door: Any, at: float) -> None:
        self.outcome: Final = outcome
        self.door: Final = door
        self.at: Final = at


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Bug(Value):
    """An exception on the way of a packet: it is ours. The packet is lost."""

    __slots__ = ("error", "datagram", "at")

    def __init__(self, error: Any, datagram: Datagram, at: float) -> None:
        self.error: Final = error
        self.datagram: Final = datagram
        self.at: Final = at
