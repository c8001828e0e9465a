"""The nouns of the gate. Values only: no behaviour beyond a comparison, no import but the standard typing tools.

A MAC is 6 octets of ``bytes``. An IPv4 address is an ``int``; 0 means none. Times are Unix seconds. Rates are kbit/s.
"""

from enum import StrEnum
from typing import NamedTuple

# The constructor of a NamedTuple is a Python function; where one is made for every packet, ``make(Kind, (…))`` takes
# all its values by place at a third of the price.
make = tuple.__new__


class Reason(StrEnum):
    """Why a packet or an order was refused. One vocabulary for log, metrics, API, explain, replay and Reply-Message."""

    UNKNOWN_MAC = "UNKNOWN_MAC"
    SUSPENDED = "SUSPENDED"
    PORT_MISMATCH = "PORT_MISMATCH"
    PORT_MISSING = "PORT_MISSING"
    PORT_FULL = "PORT_FULL"
    TOO_MANY_BOXES = "TOO_MANY_BOXES"
    RATE_LIMITED = "RATE_LIMITED"
    NO_SUBNET = "NO_SUBNET"
    POOL_EXHAUSTED = "POOL_EXHAUSTED"
    ADDRESS_CONFLICT = "ADDRESS_CONFLICT"
    WRONG_ADDRESS = "WRONG_ADDRESS"
    OTHER_SERVER = "OTHER_SERVER"
    MAC_SPOOFED = "MAC_SPOOFED"
    UNTRUSTED_OPTION_82 = "UNTRUSTED_OPTION_82"
    MALFORMED = "MALFORMED"
    UNKNOWN_NAS = "UNKNOWN_NAS"
    NO_MESSAGE_AUTHENTICATOR = "NO_MESSAGE_AUTHENTICATOR"
    BAD_AUTHENTICATOR = "BAD_AUTHENTICATOR"
    PROXY_STATE_LIMITED = "PROXY_STATE_LIMITED"
    BAD_PASSWORD = "BAD_PASSWORD"  # noqa: S105
    NO_IDENTITY = "NO_IDENTITY"
    UNSUPPORTED = "UNSUPPORTED"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    DUPLICATE = "DUPLICATE"
    NO_LEASE = "NO_LEASE"
    # Orders only.
    MISSING_FIELD = "MISSING_FIELD"
    BAD_FIELD = "BAD_FIELD"
    BAD_MAC = "BAD_MAC"
    STBID_MISMATCH = "STBID_MISMATCH"
    MAC_IN_USE = "MAC_IN_USE"
    UNKNOWN_ACCOUNT = "UNKNOWN_ACCOUNT"
    ADDRESS_IN_USE = "ADDRESS_IN_USE"
    ORDER_CONFLICT = "ORDER_CONFLICT"


class ReasonText(NamedTuple):
    """What a reason means, and what mends it."""

    meaning: str
    remedy: str


REASONS: dict[Reason, ReasonText] = {
    Reason.UNKNOWN_MAC: ReasonText("no order binds this MAC to an account", "install the order, or correct its MAC"),
    Reason.SUSPENDED: ReasonText("the account is suspended", "resume the account"),
    Reason.PORT_MISMATCH: ReasonText(
        "the box is on another port than its account is bound to", "move the account, or bring the box home"
    ),
    Reason.PORT_MISSING: ReasonText(
        "the account is bound to a port, and the packet names none",
        'make the access node insert Option 82 or the NAS send NAS-Port-Id; or set [binding] missing = "allow"',
    ),
    Reason.PORT_FULL: ReasonText(
        "the port holds all the boxes it may", "raise [binding] boxes_per_port, or cancel a box"
    ),
    Reason.TOO_MANY_BOXES: ReasonText(
        "the account holds all the boxes it may", "raise boxes in the order or [binding] boxes_per_account, or swap"
    ),
    Reason.RATE_LIMITED: ReasonText(
        "more packets than [limits] allows", "look for a loop or a flood; else raise the limit"
    ),
    Reason.NO_SUBNET: ReasonText(
        "no [[dhcp.subnet]] fits where the packet came from",
        "add the subnet of this giaddr, interface or fixed address",
    ),
    Reason.POOL_EXHAUSTED: ReasonText("every address of the pool is held", "widen the pool, or shorten lease_s"),
    Reason.ADDRESS_CONFLICT: ReasonText(
        "the address is another box's in the store", "nothing: the box gets another one"
    ),
    Reason.WRONG_ADDRESS: ReasonText(
        "the box asks for an address that is not its own here", "nothing: after the NAK it starts afresh"
    ),
    Reason.OTHER_SERVER: ReasonText(
        "the box chose another DHCP server", "if unexpected, look for a foreign DHCP server"
    ),
    Reason.MAC_SPOOFED: ReasonText("the frame's source MAC is not its chaddr", "look for a forged or bridged box"),
    Reason.UNTRUSTED_OPTION_82: ReasonText(
        "Option 82 came without a relay, from an interface that is not trusted", "add the interface to [dhcp] trusted"
    ),
    Reason.MALFORMED: ReasonText("the bytes are not a message of this protocol", "look at the packet in a capture"),
    Reason.UNKNOWN_NAS: ReasonText("no [[radius.client]] has this source address", "add the NAS as a client"),
    Reason.NO_MESSAGE_AUTHENTICATOR: ReasonText(
        "the NAS must send Message-Authenticator and did not",
        'update the NAS; or set require_message_authenticator = "no" for this client',
    ),
    Reason.BAD_AUTHENTICATOR: ReasonText("Message-Authenticator is wrong", "make both sides share the same secret"),
    Reason.PROXY_STATE_LIMITED: ReasonText(
        "Proxy-State without Message-Authenticator (CVE-2024-3596)",
        'make the proxy send Message-Authenticator; or set limit_proxy_state = "no" for this client',
    ),
    Reason.BAD_PASSWORD: ReasonText(
        "the password is not what mac_password asks for", "check mac_password of this client, and the shared secret"
    ),
    Reason.NO_IDENTITY: ReasonText(
        "neither User-Name nor Calling-Station-Id names one MAC", "check what the NAS sends as User-Name"
    ),
    Reason.UNSUPPORTED: ReasonText("a message or method that gatekeeper does not serve", "see README: what is served"),
    Reason.STORE_UNAVAILABLE: ReasonText("the store cannot be read or written", "see the log; mend disk or database"),
    Reason.DUPLICATE: ReasonText(
        "the same request again while its answer is being written", "nothing: the answer comes"
    ),
    Reason.NO_LEASE: ReasonText("the box speaks of a lease that is not on record", "nothing: it starts with DISCOVER"),
    Reason.MISSING_FIELD: ReasonText("the order lacks a field that its kind needs", "send the field"),
    Reason.BAD_FIELD: ReasonText("a field of the order cannot be read", "correct the field"),
    Reason.BAD_MAC: ReasonText("the order's MAC or STBID cannot be read", "12 hex digits; an STBID has 32 characters"),
    Reason.STBID_MISMATCH: ReasonText("the last 12 characters of the STBID are not the MAC", "scan the box again"),
    Reason.MAC_IN_USE: ReasonText("the MAC belongs to another account", "cancel or swap it there first"),
    Reason.UNKNOWN_ACCOUNT: ReasonText("no such account", "install the account first"),
    Reason.ADDRESS_IN_USE: ReasonText("the fixed address is another account's or box's", "choose another address"),
    Reason.ORDER_CONFLICT: ReasonText(
        "this order number was seen before with other contents", "send the correction under a new order number"
    ),
}


class Rate(NamedTuple):
    """Speed of an account, kbit/s; 0 = no limit ordered."""

    down_kbps: int
    up_kbps: int


class PortId(NamedTuple):
    """An access line. ``text`` is for people, ``key`` is compared, ``qualifier`` is the access node of an unnamed form.

    An empty qualifier means either a form that names its node itself, or an order that did not say which node.
    """

    text: str
    key: str
    qualifier: str

    def admits(self, seen: "PortId") -> bool:
        """True if a box bound to this port may be seen on that one."""
        return self.key == seen.key and (not self.qualifier or self.qualifier == seen.qualifier)


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


class Lease(NamedTuple):
    """One address, and the last box that held it."""

    address: int
    mac: bytes
    account: str
    port: str
    state: str  # active released declined
    expires_at: int
    first_seen: int
    last_seen: int
    agent: bytes  # Option 82 as it came with the lease
    client_id: bytes


class Facts(NamedTuple):
    """All that the store knows of one MAC."""

    binding: Binding | None
    lease: Lease | None


NO_FACTS = Facts(None, None)


class Action(StrEnum):
    """What the gate does with a packet."""

    SILENT = "silent"
    OFFER = "offer"
    ACK = "ack"
    NAK = "nak"
    FREE = "free"
    QUARANTINE = "quarantine"
    INFORM = "inform"
    TELL = "tell"  # a lease query is answered
    ACCEPT = "accept"
    REJECT = "reject"


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
    """Effect, durable: somebody else uses the address; nobody gets it before ``lease.expires_at``."""

    lease: Lease


class PortLearned(NamedTuple):
    """Effect, durable: the account is bound to the first port seen."""

    account: str
    mac: bytes
    port: PortId
    protocol: str
    at: int


class AddressOffered(NamedTuple):
    """Effect in memory: the address is kept for the box until then."""

    mac: bytes
    address: int
    until: int


class OfferForgotten(NamedTuple):
    """Effect in memory: the box took another server's offer."""

    mac: bytes


Effect = LeaseBound | LeaseReleased | AddressDeclined | PortLearned | AddressOffered | OfferForgotten


class Outcome(NamedTuple):
    """What one packet led to: all that drivers send, commit, log and count."""

    protocol: str  # dhcp radius
    message: str  # DHCPDISCOVER Access-Request
    reply: str  # DHCPOFFER … or ""
    mac: bytes
    verdict: Verdict
    via: str  # relay, interface or NAS name, for people
    port: PortId | None
    binding: Binding | None
    effects: tuple[Effect, ...] = ()
    answer: bytes = b""
    to: Destination | None = None
    door: Via | None = None
    durable: bool = False
    token: object = None  # the engine's own: what it wants back when the answer has left


class Refused(NamedTuple):
    """One refused box, counted."""

    mac: bytes
    protocol: str
    reason: Reason
    port: str
    times: int
    first_seen: int
    last_seen: int
