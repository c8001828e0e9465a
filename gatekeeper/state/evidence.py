"""What was heard of one box: that it was refused, or let in, with what its packet showed."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Lease, Reason
from gatekeeper.value import Value


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Admitted(Value):
    """One box that was let in. news: the journal is to be told."""

    __slots__ = ("mac", "account", "where", "port", "at", "protocol", "address", "ms", "news")

    def __init__(
        self,
        mac: bytes,
        account: str,
        where: str,  # NAS, relay or interface
        port: str,  # "" = it named none
        at: int,
        protocol: str = "radius",
        address: int = 0,  # that it was given, 0 = none was said
        ms: int = 0,  # milliseconds behind at
        news: bool = True,
    ) -> None:
        self.mac: Final = mac
        self.account: Final = account
        self.where: Final = where
        self.port: Final = port
        self.at: Final = at
        self.protocol: Final = protocol
        self.address: Final = address
        self.ms: Final = ms
        self.news: Final = news


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Refused(Value):
    """One box that one protocol refused for one reason: counted, with what the last such message showed."""

    __slots__ = (
        "mac",
        "protocol",
        "reason",
        "port",
        "times",
        "first_seen",
        "last_seen",
        "bound",
        "seen",
        "where",
        "message",
        "reply",
        "address",
        "state",
        "link",
        "ms",
    )

    def __init__(
        self,
        mac: bytes,
        protocol: str,
        reason: Reason,
        port: str | None,  # the line that it named; "" = it named none, None = it was not asked for one
        times: int,
        first_seen: int,
        last_seen: int,
        bound: str = "",  # the two values that were compared: what it should have been, the limit …
        seen: str = "",  # … and what it was
        where: str = "",  # NAS, relay or interface
        message: str = "",  # DHCPDISCOVER Access-Request
        reply: str = "",  # "" = silence
        address: int = 0,  # that it spoke of, 0 = none
        state: str = "",  # as in Asked
        link: int = 0,  # as in Asked
        ms: int = 0,  # milliseconds behind last_seen
    ) -> None:
        self.mac: Final = mac
        self.protocol: Final = protocol
        self.reason: Final = reason
        self.port: Final = port
        self.times: Final = times
        self.first_seen: Final = first_seen
        self.last_seen: Final = last_seen
        self.bound: Final = bound
        self.seen: Final = seen
        self.where: Final = where
        self.message: Final = message
        self.reply: Final = reply
        self.address: Final = address
        self.state: Final = state
        self.link: Final = link
        self.ms: Final = ms


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Heard(Value):
    """What was last heard of one box. refused: one a protocol and reason, latest first; admitted: one a protocol."""

    __slots__ = ("refused", "admitted")

    def __init__(self, refused: tuple[Refused, ...] = (), admitted: tuple[Admitted, ...] = ()) -> None:
        self.refused: Final = refused
        self.admitted: Final = admitted


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Past(Value):
    """What one protocol has heard of one box.

    standing: refusals since which it was not let in, latest first; cleared: those before that. gave_back: the last
    that it did with the address of its lease.
    """

    __slots__ = ("protocol", "admitted", "standing", "cleared", "gave_back")

    def __init__(
        self,
        protocol: str,
        admitted: Admitted | None,
        standing: tuple[Refused, ...] = (),
        cleared: tuple[Refused, ...] = (),
        gave_back: bool = False,
    ) -> None:
        self.protocol: Final = protocol
        self.admitted: Final = admitted
        self.standing: Final = standing
        self.cleared: Final = cleared
        self.gave_back: Final = gave_back

    def last(self) -> Refused | Admitted | None:
        """What happened last; None = nothing was heard."""
        return self.standing[0] if self.standing else self.admitted


def past_of(protocol: str, heard: Heard, lease: Lease | None) -> Past:
    """The part of one protocol. lease: that of the box, which says when DHCP let it in."""
    met = [one for one in heard.admitted if one.protocol == protocol]
    if protocol == "dhcp" and lease:
        # To the second: of one second what was refused in it counts as the later one, unless it is on record which was.
        met.append(
            Admitted(lease.mac, lease.account, "", lease.port, lease.last_seen, "dhcp", lease.address, -1, False)
        )
    admitted = max(met, key=lambda one: (one.at, one.ms)) if met else None
    since = (admitted.at, admitted.ms) if admitted else (-1, 0)
    mine = [one for one in heard.refused if one.protocol == protocol]
    standing = tuple(one for one in mine if (one.last_seen, one.ms) > since)
    # What a person ended by hand was seen before it ended.
    released = lease is not None and lease.state == "released" and lease.expires_at == lease.last_seen
    gave_back = released and admitted is not None and admitted.ms < 0
    return Past(protocol, admitted, standing, tuple(one for one in mine if one not in standing), gave_back)
