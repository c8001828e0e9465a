"""What a lease query asks for, and which of three answers it gets (RFC 4388 6, RFC 6148 for the remote-id)."""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import HELD, Lease
from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import LEASEACTIVE, LEASEUNASSIGNED, LEASEUNKNOWN, DhcpMessage
from gatekeeper.wire.dhcp_header import CIADDR, OPTIONS
from gatekeeper.wire.relay_agent import REMOTE_ID, read_suboptions
from gatekeeper.wire.text import ip_text, printable

ADDRESS: Final = "address"
MAC: Final = "MAC"
CLIENT_ID: Final = "client-id"
REMOTE: Final = "remote-id"
# Hardware that no lease here has: a well-formed question, and nothing is known of it.
FOREIGN: Final = "hardware"
_CLIENT_ID: Final = 61
_AGENT: Final = 82
_ETHERNET: Final = 1


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Sought(Value):
    """What leases are looked for by. form: one of those above; value: its octets as they came."""

    __slots__ = ("form", "value")

    def __init__(self, form: str, value: bytes) -> None:
        self.form: Final = form
        self.value: Final = value

    def text(self) -> str:
        """For people."""
        if self.form == ADDRESS:
            return f"address {ip_text(int.from_bytes(self.value, 'big'))}"
        if self.form == REMOTE:
            return f"remote-id {printable(self.value)}"
        return f"{self.form} {self.value.hex(':')}"


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class LeaseAnswer(Value):
    """kind: LEASEACTIVE, LEASEUNASSIGNED or LEASEUNKNOWN; others: further addresses of the same client."""

    __slots__ = ("kind", "lease", "others")

    def __init__(self, kind: int, lease: Lease | None, others: tuple[int, ...]) -> None:
        self.kind: Final = kind
        self.lease: Final = lease
        self.others: Final = others


def read_sought(message: DhcpMessage) -> Sought:
    """The one thing that the query names. Raises Malformed where it names none, or several."""
    client_id = message.options.get(_CLIENT_ID)
    named: list[Sought] = []
    if message.ciaddr:
        named.append(Sought(ADDRESS, message.ciaddr.to_bytes(4, "big")))
    if any(message.mac):
        ethernet = message.htype == _ETHERNET and len(message.mac) == 6
        named.append(Sought(MAC if ethernet else FOREIGN, message.mac))
    if client_id is not None:
        if not client_id:
            raise Malformed("option 61 is empty", OPTIONS)
        named.append(Sought(CLIENT_ID, client_id))
    # RFC 4388 6.2: address, MAC and client identifier exclude each other.
    if len(named) > 1:
        raise Malformed("names more than one of ciaddr, chaddr and option 61", CIADDR)
    if named:
        return named[0]
    # RFC 6148: with none of them, the remote-id in Option 82 is what is looked for.
    remote = read_suboptions(message.options.get(_AGENT, b"")).parts.get(REMOTE_ID)
    if not remote:
        raise Malformed("names neither ciaddr, chaddr, option 61 nor a remote-id", CIADDR)
    return Sought(REMOTE, remote)


def judge_query(sought: Sought, leases: Sequence[Lease], ours: bool, now: float) -> LeaseAnswer:
    """leases: those on record for what is sought, of any state; ours: the address sought is one this server gives."""
    active = [lease for lease in leases if lease.state in HELD and lease.mac and lease.expires_at > now]
    if active:
        # RFC 4388 6.4.1: of several, the one whose client spoke last; the others are its associated addresses.
        newest, *rest = sorted(active, key=lambda lease: (-lease.last_seen, lease.address))
        return LeaseAnswer(LEASEACTIVE, newest, tuple(lease.address for lease in rest))
    # RFC 4388 6.1: UNASSIGNED speaks of an address; of a client without a lease nothing is known.
    if sought.form == ADDRESS and (leases or ours):
        return LeaseAnswer(LEASEUNASSIGNED, None, ())
    return LeaseAnswer(LEASEUNKNOWN, None, ())
