"""One packet: how it came, what is decided on it, and what that leads to."""

from enum import StrEnum
from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model.box import Binding
from gatekeeper.model.effects import Effect
from gatekeeper.port import PortId
from gatekeeper.reasons import Reason
from gatekeeper.value import Value


class Action(StrEnum):
    """What the gate does with a packet."""

    SILENT = "silent"
    OFFER = "offer"
    ACK = "ack"
    NAK = "nak"
    FREE = "free"
    QUARANTINE = "quarantine"
    INFORM = "inform"
    DENY = "deny"
    TELL = "tell"  # a lease query, or a Status-Server, is answered
    ACCEPT = "accept"
    REJECT = "reject"
    CHALLENGE = "challenge"
    RECORD = "record"  # accounting is kept


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Verdict(Value):
    """The decision on one packet. ``bound`` and ``seen`` are the two values that were compared."""

    __slots__ = ("action", "reason", "bound", "seen", "address")

    def __init__(
        self, action: Action, reason: Reason | None = None, bound: str = "", seen: str = "", address: int = 0
    ) -> None:
        self.action: Final = action
        self.reason: Final = reason
        self.bound: Final = bound
        self.seen: Final = seen
        self.address: Final = address


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Via(Value):
    """The door a datagram came through: one value per socket."""

    __slots__ = ("name", "local", "raw")

    def __init__(
        self,
        name: str,  # interface, or address:port of the listener
        local: int,  # our address there
        raw: bool,  # True: a frame heard on an interface; False: a UDP datagram
    ) -> None:
        self.name: Final = name
        self.local: Final = local
        self.raw: Final = raw


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Datagram(Value):
    """One UDP payload and where it came from."""

    __slots__ = ("data", "source", "source_port", "via", "source_mac")

    def __init__(self, data: bytes, source: int, source_port: int, via: Via, source_mac: bytes = b"") -> None:
        self.data: Final = data
        self.source: Final = source
        self.source_port: Final = source_port
        self.via: Final = via
        self.source_mac: Final = source_mac


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Destination(Value):
    """Where an answer goes. ``mac`` set: a frame of our own making, to that MAC."""

    __slots__ = ("address", "port", "mac")

    def __init__(self, address: int, port: int, mac: bytes = b"") -> None:
        self.address: Final = address
        self.port: Final = port
        self.mac: Final = mac


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Asked(Value):
    """What a refused DHCP message says of itself, for whoever judges it again."""

    __slots__ = ("state", "link", "address")

    def __init__(
        self,
        state: str,  # the client's: discover, renewing … (RFC 2131 4.3)
        link: int,  # an address of the subnet that it is from
        address: int,  # that it speaks of, 0 = none
    ) -> None:
        self.state: Final = state
        self.link: Final = link
        self.address: Final = address


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Outcome(Value):
    """What one packet led to: all that drivers send, commit, log and count."""

    __slots__ = (
        "protocol",
        "message",
        "reply",
        "mac",
        "verdict",
        "where",
        "port",
        "binding",
        "effects",
        "answer",
        "to",
        "via",
        "durable",
        "token",
        "asked",
    )

    def __init__(
        self,
        protocol: str,  # dhcp radius
        message: str,  # DHCPDISCOVER Access-Request
        reply: str,  # DHCPOFFER … or ""
        mac: bytes,
        verdict: Verdict,
        where: str,  # relay, interface or NAS name, for people
        port: PortId | None,
        binding: Binding | None,
        effects: tuple[Effect, ...] = (),
        answer: bytes = b"",
        to: Destination | None = None,
        via: Via | None = None,  # as its datagram
        durable: bool = False,
        # The engine's own: what it wants back when the answer has left.
        token: Any = None,
        asked: Asked | None = None,  # of a DHCP message that was decided and refused
    ) -> None:
        self.protocol: Final = protocol
        self.message: Final = message
        self.reply: Final = reply
        self.mac: Final = mac
        self.verdict: Final = verdict
        self.where: Final = where
        self.port: Final = port
        self.binding: Final = binding
        self.effects: Final = effects
        self.answer: Final = answer
        self.to: Final = to
        self.via: Final = via
        self.durable: Final = durable
        self.token: Final = token
        self.asked: Final = asked
