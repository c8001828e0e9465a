"""The engines of one Policybook over one world, as the mouths of a heart. Serve, replay and tests make them here."""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Policybook
from gatekeeper.engine.aaa import dhcp_engine
from gatekeeper.engine.accounting import AccountingEngine
from gatekeeper.engine.dhcp import DhcpEngine
from gatekeeper.engine.radius import RadiusEngine
from gatekeeper.heart.ports import Mouths
from gatekeeper.policy.order_addresses import never_a_box
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.replies import Replies
from gatekeeper.state.world import World
from gatekeeper.value import Value

_SLACK_S: Final = 1.0


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Engines(Value):
    """They keep nothing that a reload must not lose: that is in the world, in the replies and in what was seen."""

    __slots__ = ("book", "dhcp", "authentication", "accounting", "seen")

    def __init__(
        self,
        book: Policybook,
        dhcp: DhcpEngine,
        authentication: RadiusEngine,
        accounting: AccountingEngine,
        seen: NasCounts,
    ) -> None:
        self.book: Final = book
        self.dhcp: Final = dhcp
        self.authentication: Final = authentication
        self.accounting: Final = accounting
        self.seen: Final = seen

    @classmethod
    def of(
        cls, book: Policybook, world: World, kept: Replies, seen: NasCounts, key: bytes, own_ids: Sequence[int]
    ) -> "Engines":
        """kept: answers already given, seen: what clients send, counted; both for both RADIUS engines. key: random
        octets that seal State. own_ids: addresses that a box may name as its server."""
        world.join(book.binding.port_names)
        world.pools.reserve({*never_a_box(book), *own_ids} - {0})
        world.pools.declines.per_hour = book.declines_per_hour
        dhcp = dhcp_engine(book, world, own_ids)
        radius = RadiusEngine(book, world, kept, seen, key)
        return cls(book, dhcp, radius, AccountingEngine(book, world, kept, seen), seen)

    def mouths(self) -> Mouths:
        """What the heart needs of them."""
        aaa = self.book.aaa
        # Whoever asks tries each server in turn, and gives up by himself.
        aaa_s = len(aaa.servers) * aaa.tries * aaa.timeout_s + _SLACK_S if aaa else 0.0
        return Mouths(self.dhcp, self.authentication, self.accounting, self.book.binding.counts_boxes(), aaa_s)
