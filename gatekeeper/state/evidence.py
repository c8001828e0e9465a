"""What was heard of one box: that it was refused, or let in, with what its packet showed."""

from typing import NamedTuple

from gatekeeper.model import Reason


class Admitted(NamedTuple):
    """One box that was let in. news: the journal is to be told."""

    mac: bytes
    account: str
    where: str  # NAS, relay or interface
    port: str  # "" = it named none
    at: int
    protocol: str = "radius"
    address: int = 0  # that it was given, 0 = none was said
    ms: int = 0  # milliseconds behind at
    news: bool = True


class Refused(NamedTuple):
    """One box that one protocol refused for one reason: counted, with what the last such message showed."""

    mac: bytes
    protocol: str
    reason: Reason
    port: str | None  # the line that it named; "" = it named none, None = it was not asked for one
    times: int
    first_seen: int
    last_seen: int
    bound: str = ""  # the two values that were compared: what it should have been, the limit …
    seen: str = ""  # … and what it was
    where: str = ""  # NAS, relay or interface
    message: str = ""  # DHCPDISCOVER Access-Request
    reply: str = ""  # "" = silence
    address: int = 0  # that it spoke of, 0 = none
    state: str = ""  # as in Asked
    link: int = 0  # as in Asked
    ms: int = 0  # milliseconds behind last_seen
