"""The nouns of the gate. Values only: no behaviour beyond a comparison, no import but the standard typing tools.

A MAC is 6 octets of ``bytes``. An IPv4 address is an ``int``; 0 means none. Times are Unix seconds, and under a name
that ends in _ms thousandths of them. Rates are kbit/s.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from gatekeeper.port import PortId as PortId
from gatekeeper.reasons import REASONS as REASONS
from gatekeeper.reasons import Reason as Reason

# The constructor of a NamedTuple is a Python function; where one is made for every packet, ``make(Kind, (…))`` takes
# all its values by place at a third of the price.
make = tuple.__new__


class Rate(NamedTuple):
    """Speed of an account, kbit/s; 0 = no limit ordered."""

    down_kbps: int
    up_kbps: int


class Binding(NamedTuple):
    """What the orders say of one box: its account, and what the account may do."""

    account: str
    subscriber: str
    stbid: str
    state: str  # active suspended cancelled
    rate: Rate
    port: PortId | None
    port_state: str  # unlearned learned ordered
    address: int  # fixed address, 0 = from the pool
    acs_url: str  # "" = the configured one
    order: str
    plan: str = ""  # as the order has it


class Lease(NamedTuple):
    """One address, and the last box that held it."""

    address: int
    mac: bytes
    account: str
    port: str
    state: str  # active released declined recovered
    expires_at: int
    first_seen: int
    last_seen: int
    agent: bytes  # Option 82 as it came with the lease
    client_id: bytes


# States in which a lease is its box's. recovered: of a commit that was lost; it is an active one once it is renewed.
HELD: Final = frozenset({"active", "recovered"})


class Facts(NamedTuple):
    """All that the store knows of one MAC."""

    binding: Binding | None
    lease: Lease | None


NO_FACTS: Final = Facts(None, None)


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


class Verdict(NamedTuple):
    """The decision on one packet. ``bound`` and ``seen`` are the two values that were compared."""

    action: Action
    reason: Reason | None = None
    bound: str = ""
    seen: str = ""
    address: int = 0


class Via(NamedTuple):
    """The door a datagram came through: one value per socket."""

    name: str  # interface, or address:port of the listener
    local: int  # our address there
    raw: bool  # True: a frame heard on an interface; False: a UDP datagram


class Datagram(NamedTuple):
    """One UDP payload and where it came from."""

    data: bytes
    source: int
    source_port: int
    via: Via
    source_mac: bytes = b""


class Destination(NamedTuple):
    """Where an answer goes. ``mac`` set: a frame of our own making, to that MAC."""

    address: int
    port: int
    mac: bytes = b""


class LeaseBound(NamedTuple):
    """Effect, durable: this address is this box's until then. ``ended`` is another address it gives up, or 0."""

    lease: Lease
    ended: int = 0


class LeaseReleased(NamedTuple):
    """Effect, durable: the box gave its address back; the record stays."""

    lease: Lease


class AddressDeclined(NamedTuple):
    """Effect, durable: somebody else uses the address; nobody gets it before ``lease.expires_at``. probed: so we have
    found ourselves, and not the box."""

    lease: Lease
    probed: bool = False


class PortLearned(NamedTuple):
    """Effect, durable: the account is bound to the first port seen."""

    account: str
    mac: bytes
    port: PortId
    protocol: str
    at: int


class Session(NamedTuple):
    """One session of a box at a NAS, as the NAS accounts for it. ``in`` is from the subscriber (RFC 2866 5.3)."""

    session: str  # Acct-Session-Id
    nas: str  # name of the client
    device: str  # which NAS behind that client: its NAS-IP-Address, NAS-Identifier or source address
    source: int  # the address that it reports from
    mac: bytes  # b"" = it names none
    account: str
    port: str
    address: int
    order: str  # that its Class was given under, "" = no Class of ours
    started: int
    last_seen: int
    bytes_in: int
    bytes_out: int
    cause: str  # why it ended
    keys: bytes  # the attributes that identify it, as they came (RFC 5176 3)


class StbidDiffers(NamedTuple):
    """Effect, durable: a box that was let in says an STBID that is not its own."""

    lease: Lease
    wanted: str
    said: str


class SessionReported(NamedTuple):
    """Effect, durable: what one Accounting-Request said of a session. status: start interim stop; heard: when; until:
    when it is taken to be over, if nothing more is heard of it."""

    session: Session
    status: str
    heard: int
    until: int = 0


class TwoMakes(NamedTuple):
    """Effect, durable: a box that was let in says its make (option 60) more than once."""

    lease: Lease
    said: tuple[str, ...]


class SessionsEnded(NamedTuple):
    """Effect, durable: a NAS says that its accounting starts or ends (RFC 2866 5.1), so all its sessions are over."""

    nas: str
    device: str
    at: int


class ExtensionDeferred(NamedTuple):
    """Effect in memory: the box is told what remains of the lease that the disk has, which lasts until then and was
    extended at ``since``. Nothing is written: the lease is young, or the store cannot be written in time."""

    mac: bytes
    until: int
    since: int


class AddressOffered(NamedTuple):
    """Effect in memory: the address is kept for the box until then."""

    mac: bytes
    address: int
    until: int


class AddressTold(NamedTuple):
    """Effect in memory: RADIUS has told the box its ordered address, and its session may have it until then."""

    mac: bytes
    address: int
    until: int


class OfferForgotten(NamedTuple):
    """Effect in memory: the box took another server's offer."""

    mac: bytes


Effect = (
    LeaseBound
    | LeaseReleased
    | AddressDeclined
    | PortLearned
    | StbidDiffers
    | TwoMakes
    | SessionReported
    | SessionsEnded
    | ExtensionDeferred
    | AddressOffered
    | AddressTold
    | OfferForgotten
)


class Asked(NamedTuple):
    """What a refused DHCP message says of itself, for whoever judges it again."""

    state: str  # the client's: discover, renewing … (RFC 2131 4.3)
    link: int  # an address of the subnet that it is from
    address: int  # that it speaks of, 0 = none


class Outcome(NamedTuple):
    """What one packet led to: all that drivers send, commit, log and count."""

    protocol: str  # dhcp radius
    message: str  # DHCPDISCOVER Access-Request
    reply: str  # DHCPOFFER … or ""
    mac: bytes
    verdict: Verdict
    where: str  # relay, interface or NAS name, for people
    port: PortId | None
    binding: Binding | None
    effects: tuple[Effect, ...] = ()
    answer: bytes = b""
    to: Destination | None = None
    via: Via | None = None  # as its datagram
    durable: bool = False
    # The engine's own: what it wants back when the answer has left. (mypyc takes no object as a tuple's field.)
    token: Any = None
    asked: Asked | None = None  # of a DHCP message that was decided and refused


class Event(NamedTuple):
    """One thing that happened, as the journal keeps it. mac: as text, for people; "" = none; address: 0 = none.

    at_ms: when it happened, however late it is noted. What only a NAS or a lease's end dates has whole seconds.
    """

    at_ms: int
    kind: str
    mac: str
    account: str
    address: int
    port: str
    detail: str


class Holder(NamedTuple):
    """Who had an address. until: when that ended or is to end; 0 = it goes on until accounting says otherwise."""

    mac: str
    account: str
    port: str
    since: int
    until: int
    by: str  # dhcp, or the session that says so
