"""What a loop asks of a protocol: begin an exchange in a slot, hear a datagram, give a slot up."""

from typing import Final

from gatekeeper.bench.tally import Tally

GOES_ON: Final = -1


def refused(slot: int) -> int:
    """What ``heard`` returns of a slot whose exchange was refused; its own inverse."""
    return -2 - slot


class Talk:
    """One protocol's exchanges, each in a numbered slot. What is to be sent is in ``outbox``, a list for each door."""

    def __init__(self, slots: int, doors: int, tally: Tally) -> None:
        self.slots = slots
        self.outbox: list[list[bytes]] = [[] for _ in range(doors)]
        self.tally = tally

    def begin(self, slot: int, now: int) -> bool:
        """The next box begins. False: silence is what it must get. now: monotonic nanoseconds."""
        raise NotImplementedError

    def heard(self, door: int, data: bytes, now: int) -> int:
        """One datagram: the slot whose exchange it ends, ``refused`` of it, or GOES_ON. What is wrong is counted."""
        raise NotImplementedError

    def give_up(self, slot: int) -> None:
        """Its time is over: what still comes is a stray."""
        raise NotImplementedError
