"""Whom a relayed message is believed from. A host on the access network writes any giaddr and any line it likes.

Where [dhcp] relays names them, these alone. Elsewhere a relay sends from its giaddr, from a router of a subnet, or from
outside every subnet, and never from an address that a box could have.
"""

from typing import Final

from gatekeeper.book import Policybook
from gatekeeper.model import Action, Reason, Verdict
from gatekeeper.policy.order_addresses import is_loopback, is_no_hosts, routers_of
from gatekeeper.state.pools import Pools
from gatekeeper.wire.text import ip_text

_MAX_PAIRS: Final = 65_536
_ANYBODY: Final = b""
# How a source stands to a giaddr.
_NEVER: Final = 0
_WHILE_NO_BOX_HAS_IT: Final = 1
_ALWAYS: Final = 2  # the operator's word, or an address that no box is ever given


class Relays:
    """The relays of one Policybook. Each pair of source and giaddr is looked at once."""

    def __init__(self, book: Policybook, pools: Pools) -> None:
        self._book = book
        self._pools = pools
        self._routers = frozenset(router for subnet in book.subnets for router in routers_of(subnet))
        self._known: dict[tuple[int, int], int] = {}

    def refusal(self, source: int, giaddr: int, now: float) -> Verdict | None:
        """Why a message with this giaddr is not believed from this source; None = it is."""
        stand = self._known.get((source, giaddr))
        if stand is None:
            if len(self._known) >= _MAX_PAIRS:
                self._known.clear()
            stand = self._known[source, giaddr] = self._stand(source, giaddr)
        if stand == _ALWAYS:
            return None
        if stand == _WHILE_NO_BOX_HAS_IT:
            pools = self._pools
            if not pools.is_fixed(source) and pools.is_free_for(source, _ANYBODY, now):
                return None
        return Verdict(Action.SILENT, Reason.UNKNOWN_RELAY, seen=f"{ip_text(source)} for giaddr {ip_text(giaddr)}")

    def _stand(self, source: int, giaddr: int) -> int:
        relays = self._book.relays
        if relays:
            return _ALWAYS if any(source & mask == network for network, mask in relays) else _NEVER
        if source in self._routers:
            return _ALWAYS
        subnet = self._book.subnet_of(source)
        if subnet is None:
            # A relay on this very machine may send from its loopback; what has no address plays relay.
            return _WHILE_NO_BOX_HAS_IT if is_loopback(source) or not is_no_hosts(source) else _NEVER
        given = any(first <= source <= last for first, last in subnet.ranges)
        return _WHILE_NO_BOX_HAS_IT if source == giaddr and not given else _NEVER
