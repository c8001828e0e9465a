"""What DHCP refuses before it asks who the box is: whoever sent it has no business to, or nobody could be answered."""

from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.engine.relays import Relays
from gatekeeper.model import Action, Datagram, Reason, Verdict
from gatekeeper.policy.order_addresses import is_no_hosts, no_machines
from gatekeeper.state.pools import Pools
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import BOOTREQUEST, LEASEQUERY, DhcpMessage
from gatekeeper.wire.dhcp_header import CIADDR, GIADDR, OP
from gatekeeper.wire.text import ip_text

_AGENT: Final = 82
_MAX_SOUND: Final = 65_536


class DhcpDoor:
    """The door of one Policybook."""

    def __init__(self, book: Policybook, pools: Pools) -> None:
        self._trusted, self._check_source_mac = book.trusted, book.check_source_mac
        self._nowhere = no_machines(book)
        self._sound: set[int] = set()  # giaddrs that were looked at: relays are few, and send every packet
        self.relays = Relays(book, pools)

    def disbelieved(self, message: DhcpMessage, datagram: Datagram, now: float) -> Verdict | None:
        """Why the relay is not believed; None = it is, or there is none, or who may ask for leases tells
        (``LeaseQueries``). Raises Malformed where the header is no question, or bears an address that no answer may
        go to."""
        if message.op != BOOTREQUEST:
            raise Malformed("op is not BOOTREQUEST", OP)
        ciaddr, giaddr, is_query = message.ciaddr, message.giaddr, message.kind == LEASEQUERY
        # That of a lease query is asked about; its answer goes to giaddr (RFC 4388 6.4).
        if ciaddr and not is_query:
            self._check(ciaddr, "ciaddr", CIADDR)
        if not giaddr:
            return None
        if datagram.via.raw:
            # Relays speak to us by unicast; a giaddr in a broadcast is a box that plays relay.
            raise Malformed(f"giaddr {ip_text(giaddr)} in a broadcast", GIADDR)
        if giaddr not in self._sound:
            self._check(giaddr, "giaddr", GIADDR)
            if len(self._sound) < _MAX_SOUND:
                self._sound.add(giaddr)
        return None if is_query else self.relays.refusal(datagram.source, giaddr, now)

    def _check(self, address: int, field: str, at: int) -> None:
        """RFC 1122 3.2.1.3: answers go to one machine on a network of ours, never to ourselves or to many."""
        what = self._nowhere.get(address) or is_no_hosts(address)
        if what:
            raise Malformed(f"{field} {ip_text(address)} is {what}", at)

    def distrusted(self, message: DhcpMessage, datagram: Datagram, state: str) -> Verdict | None:
        """Why a message of this state is not served; None = it is."""
        if message.htype != 1 or len(message.mac) != 6:
            seen = f"not Ethernet: htype {message.htype}, hlen {len(message.mac)}"
            return Verdict(Action.SILENT, Reason.UNSUPPORTED, seen=seen)
        if not state:
            return Verdict(Action.SILENT, Reason.UNSUPPORTED)
        if state == "inform" and not (message.ciaddr or message.giaddr or self._is_a_hosts(datagram.source)):
            # RFC 2131 4.3.5: it is answered at its address, and has none.
            return Verdict(Action.SILENT, Reason.UNSUPPORTED, seen="a DHCPINFORM without an address")
        if not datagram.via.raw:
            return None
        if self._check_source_mac and datagram.source_mac != message.mac:
            return Verdict(Action.SILENT, Reason.MAC_SPOOFED, message.mac.hex(":"), datagram.source_mac.hex(":"))
        if _AGENT in message.options and datagram.via.name not in self._trusted:
            return Verdict(Action.SILENT, Reason.UNTRUSTED_OPTION_82, seen=datagram.via.name)
        return None

    def _is_a_hosts(self, address: int) -> bool:
        return address not in self._nowhere and not is_no_hosts(address)
