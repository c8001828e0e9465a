"""The engines of one Policybook over one world, as the mouths of a heart. Serve, replay and tests make them here."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from gatekeeper.book import Policybook
from gatekeeper.engine.aaa import dhcp_engine
from gatekeeper.engine.accounting import AccountingEngine
from gatekeeper.engine.dhcp import DhcpEngine
from gatekeeper.engine.radius import RadiusEngine
from gatekeeper.heart.ports import Mouths
from gatekeeper.state.replies import Replies
from gatekeeper.state.world import World

_SLACK_S: Final = 1.0


class Engines(NamedTuple):
    """They keep nothing that a reload must not lose: that is in the world and in the replies."""

    book: Policybook
    dhcp: DhcpEngine
    authentication: RadiusEngine
    accounting: AccountingEngine

    @classmethod
    def of(cls, book: Policybook, world: World, kept: Replies, key: bytes, own_ids: Sequence[int]) -> "Engines":
        """kept: answers already given, for both RADIUS engines. key: random octets that seal State. own_ids: addresses
        that a box may name as its server."""
        dhcp = dhcp_engine(book, world, own_ids)
        return cls(book, dhcp, RadiusEngine(book, world, kept, key), AccountingEngine(book, world, kept))

    def mouths(self) -> Mouths:
        """What the heart needs of them."""
        aaa = self.book.aaa
        # Whoever asks tries each server in turn, and gives up by himself.
        aaa_s = len(aaa.servers) * aaa.tries * aaa.timeout_s + _SLACK_S if aaa else 0.0
        return Mouths(self.dhcp, self.authentication, self.accounting, self.book.binding.counts_boxes(), aaa_s)
