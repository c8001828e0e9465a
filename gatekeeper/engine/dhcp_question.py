"""A DHCP message that was read, and what becomes of one that is not answered."""

from typing import NamedTuple

from gatekeeper.model import Datagram, Outcome, PortId, Verdict
from gatekeeper.wire.dhcp import DhcpMessage
from gatekeeper.wire.relay_agent import RelayInfo


class DhcpQuestion(NamedTuple):
    """A message that was read and waits for its facts."""

    mac: bytes
    message: DhcpMessage
    datagram: Datagram
    state: str
    port: PortId | None
    where: str
    server_id: int  # option 54, 0 = none
    relay: RelayInfo
    note: str  # what was taken leniently, "" = nothing


def silent(datagram: Datagram, message: str, mac: bytes, verdict: Verdict, where: str = "") -> Outcome:
    """No answer. mac: b"" = not known; where: the relay's address, "" = the door's name."""
    return Outcome(
        protocol="dhcp",
        message=message,
        reply="",
        mac=mac,
        verdict=verdict,
        where=where or datagram.via.name,
        port=None,
        binding=None,
        via=datagram.via,
    )
