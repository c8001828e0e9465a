"""CoA and Disconnect on their way, as a store keeps them for whoever sends them."""

from typing import Final, NamedTuple

from gatekeeper.model import Rate

DISCONNECT: Final = "disconnect"
COA: Final = "coa"
MOST_WAITING: Final = 256  # so many are handed over for sending at a time


class Wanted(NamedTuple):
    """One CoA or Disconnect to be sent. keys: the session's identifying attributes as octets; over: it has ended."""

    id: int
    kind: str
    order: str
    row: int
    session: str
    nas: str
    source: int
    mac: bytes
    account: str
    keys: bytes
    over: bool
    rate: Rate
    plan: str = ""


class Ended(NamedTuple):
    """How one ended. state: acknowledged refused lost unneeded; gone: the NAS does not know the session."""

    wanted: Wanted
    state: str
    detail: str
    gone: bool = False


class Standing(NamedTuple):
    """How one stands now. state: waiting, sent, or one of Ended's."""

    session: str
    nas: str
    state: str
    detail: str
