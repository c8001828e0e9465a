"""The one vocabulary of refusals: each reason with its meaning, and with what mends it."""

from enum import StrEnum
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value


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
    UNKNOWN_RELAY = "UNKNOWN_RELAY"
    MALFORMED = "MALFORMED"
    UNKNOWN_NAS = "UNKNOWN_NAS"
    NO_MESSAGE_AUTHENTICATOR = "NO_MESSAGE_AUTHENTICATOR"
    BAD_AUTHENTICATOR = "BAD_AUTHENTICATOR"
    PROXY_STATE_LIMITED = "PROXY_STATE_LIMITED"
    BAD_PASSWORD = "BAD_PASSWORD"  # noqa: S105
    NO_IDENTITY = "NO_IDENTITY"
    BAD_STATE = "BAD_STATE"
    UNSUPPORTED = "UNSUPPORTED"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    BAD_RECORD = "BAD_RECORD"
    DUPLICATE = "DUPLICATE"
    NO_LEASE = "NO_LEASE"
    TOO_MANY_DECLINES = "TOO_MANY_DECLINES"
    QUARANTINE_FULL = "QUARANTINE_FULL"
    AAA_REJECTED = "AAA_REJECTED"
    AAA_UNREACHABLE = "AAA_UNREACHABLE"
    LEASES_UNREAD = "LEASES_UNREAD"
    STALE = "STALE"
    OVERRUN = "OVERRUN"
    # Orders only.
    MISSING_FIELD = "MISSING_FIELD"
    BAD_FIELD = "BAD_FIELD"
    BAD_MAC = "BAD_MAC"
    STBID_MISMATCH = "STBID_MISMATCH"
    MAC_IN_USE = "MAC_IN_USE"
    UNKNOWN_ACCOUNT = "UNKNOWN_ACCOUNT"
    ADDRESS_IN_USE = "ADDRESS_IN_USE"
    ORDER_CONFLICT = "ORDER_CONFLICT"


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class ReasonText(Value):
    """What a reason means, and what mends it."""

    __slots__ = ("meaning", "remedy")

    def __init__(self, meaning: str, remedy: str) -> None:
        self.meaning: Final = meaning
        self.remedy: Final = remedy


REASONS: Final[dict[Reason, ReasonText]] = {
    Reason.UNKNOWN_MAC: ReasonText("no order binds this MAC to an account", "install the order, or correct its MAC"),
    Reason.SUSPENDED: ReasonText("the account is suspended", "resume the account"),
    Reason.PORT_MISMATCH: ReasonText(
        "the box is on another port than its account is bound to",
        "move the account, or bring the box home; where only the name of the access node differs, join the two in"
        " [binding] port_names",
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
        "add the subnet of this giaddr, interface or fixed address; 'gatekeeper reload' is enough",
    ),
    Reason.POOL_EXHAUSTED: ReasonText(
        "every address of the pool is held", "widen the pool, or shorten lease_s; 'gatekeeper reload' is enough"
    ),
    Reason.ADDRESS_CONFLICT: ReasonText(
        "the address is another box's", "nothing: the box gets another one, if its pool has one left"
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
    Reason.UNKNOWN_RELAY: ReasonText(
        "a relayed message came from an address that is no relay's, or could be a box's",
        "if it is a relay, add its source address to [dhcp] relays; else look for a host that plays relay",
    ),
    Reason.MALFORMED: ReasonText("the bytes are not a message of this protocol", "look at the packet in a capture"),
    Reason.UNKNOWN_NAS: ReasonText("no [[radius.client]] has this source address", "add the NAS as a client"),
    Reason.NO_MESSAGE_AUTHENTICATOR: ReasonText(
        "the NAS must send Message-Authenticator and did not",
        'update the NAS; or set require_message_authenticator = "no" for this client, or mac_password = "any" where it'
        " was a request without password",
    ),
    Reason.BAD_AUTHENTICATOR: ReasonText(
        "Message-Authenticator, or the authenticator of an Accounting-Request, is wrong",
        "set the same secret in the NAS and in its [[radius.client]]; show nas has the address it comes from",
    ),
    Reason.PROXY_STATE_LIMITED: ReasonText(
        "Proxy-State without Message-Authenticator (CVE-2024-3596)",
        'make the proxy send Message-Authenticator; or set limit_proxy_state = "no" for this client',
    ),
    Reason.BAD_PASSWORD: ReasonText(
        "the password is not what mac_password asks for", "check mac_password of this client, and the shared secret"
    ),
    Reason.NO_IDENTITY: ReasonText(
        "the request names no MAC, or two that differ, or does not fit user_name of the client or of [dhcp.radius]",
        "check what the NAS or the box sends, and nas and user_name of this client",
    ),
    Reason.BAD_STATE: ReasonText(
        "State of an EAP exchange is not ours for this NAS and box, or older than 30 s",
        "nothing: the box begins again; if it goes on, look for two servers or a restart behind one address",
    ),
    Reason.UNSUPPORTED: ReasonText("a message or method that gatekeeper does not serve", "see README: what is served"),
    Reason.STORE_UNAVAILABLE: ReasonText("the store cannot be read or written", "see the log; mend disk or database"),
    Reason.BAD_RECORD: ReasonText(
        "what the packet or order leads to is no row that the store takes; the store is sound, the others are written",
        "report the log's line and a capture of the packet: it is gatekeeper's fault; of every box, restore the store",
    ),
    Reason.DUPLICATE: ReasonText(
        "the same request again while its answer is being written", "nothing: the answer comes"
    ),
    Reason.NO_LEASE: ReasonText("the box speaks of a lease that is not on record", "nothing: it starts with DISCOVER"),
    Reason.TOO_MANY_DECLINES: ReasonText(
        "the box declines address after address; it keeps the one that it has",
        "a duplicate address or a broken client: 'gatekeeper whois' tells who was given it, ARP on the line who has it;"
        " if nobody has, mend the box",
    ),
    Reason.QUARANTINE_FULL: ReasonText(
        "a fifth of the pool is kept from use, because boxes declined its addresses or a probe found them taken",
        "'gatekeeper show leases' has them as declined: look for another DHCP server, for addresses set by hand; then"
        " 'gatekeeper clear lease'",
    ),
    Reason.AAA_REJECTED: ReasonText(
        "the upstream AAA refuses the box", "look there for the User-Name that [dhcp.radius] user_name makes of the box"
    ),
    Reason.LEASES_UNREAD: ReasonText(
        "the gate has just started, and has not read yet whose the address is",
        "wait: the log says when all leases are read",
    ),
    Reason.STALE: ReasonText(
        "the packet had waited in a queue for longer than [dhcp] max_age_s: box or NAS has asked again since",
        "a burst: nothing; if it goes on, more comes than this machine answers: look for a loop, a flood, a slow disk",
    ),
    Reason.OVERRUN: ReasonText(
        "more messages waited than find room; the oldest of those who begin an exchange gave way",
        "a burst: nothing, boxes ask again; if it goes on, look for a loop or a flood",
    ),
    Reason.AAA_UNREACHABLE: ReasonText(
        "no [[dhcp.radius.server]] answered in time",
        "see the log for which; check its address and secret, and that it knows this host as a client",
    ),
    Reason.MISSING_FIELD: ReasonText("the order lacks a field that its kind needs", "send the field"),
    Reason.BAD_FIELD: ReasonText("a field of the order cannot be read", "correct the field"),
    Reason.BAD_MAC: ReasonText("the order's MAC or STBID cannot be read", "12 hex digits; an STBID has 32 characters"),
    Reason.STBID_MISMATCH: ReasonText(
        "the STBID, of an order or as the box says it in option 12, is not that of this box",
        'scan the box again; for a repaired box set [binding] stbid = "warn"',
    ),
    Reason.MAC_IN_USE: ReasonText("the MAC belongs to another account", "cancel or swap it there first"),
    Reason.UNKNOWN_ACCOUNT: ReasonText("no such account", "install the account first"),
    Reason.ADDRESS_IN_USE: ReasonText("the fixed address is another account's or box's", "choose another address"),
    Reason.ORDER_CONFLICT: ReasonText(
        "this order number was seen before with other contents", "send the correction under a new order number"
    ),
}
