"""The engines of one Policybook, and which of them a door's datagrams go to."""

from typing import NamedTuple

from gatekeeper.engine.accounting import AccountingEngine, AccountingQuestion
from gatekeeper.engine.dhcp import DhcpEngine, DhcpQuestion
from gatekeeper.engine.radius import RadiusEngine, RadiusQuestion

Engine = DhcpEngine | RadiusEngine | AccountingEngine
Question = DhcpQuestion | RadiusQuestion | AccountingQuestion


class Engines(NamedTuple):
    """The mouths over one world, by the protocols of the doors. A reload puts others in place.

    stale: what ``Stale`` says of sessions under this Policybook. crowds: ports are learned and may be full.
    """

    dhcp: DhcpEngine
    radius: RadiusEngine
    accounting: AccountingEngine
    stale: tuple[dict[str, int], int, int]
    crowds: bool

    def of(self, protocol: str) -> Engine:
        """protocol: dhcp radius accounting."""
        return self.dhcp if protocol == "dhcp" else self.radius if protocol == "radius" else self.accounting
