"""What a store answers with, where no noun of the gate says it."""

from typing import NamedTuple


class Named(NamedTuple):
    """What a person's word may mean. kind: account order STBID MAC address; mac: as text, "" = all of the account."""

    kind: str
    value: str
    account: str
    mac: str


class InSession(NamedTuple):
    """A running session, and the address that it has. heard: when it was reported last."""

    address: int
    mac: bytes
    nas: str
    device: str
    session: str
    heard: int


class Recovered(NamedTuple):
    """What a recovery keeps. boxes: addresses, each for a box that is known; unclaimed: others, until ``until``; heard:
    when whoever served reported last before the loss, 0 = never."""

    boxes: int
    unclaimed: int
    until: int
    heard: int


class PoolCount(NamedTuple):
    """How full the ranges of one subnet are, in addresses."""

    total: int
    leased: int
    quarantined: int
