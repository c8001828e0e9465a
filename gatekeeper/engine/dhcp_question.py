"""A DHCP message that was read, and what becomes of one that is not answered."""

from typing import NamedTuple

from gatekeeper.model import Action, Datagram, Outcome, PortId, Reason, Verdict
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import LEASEQUERY, NAMES, DhcpMessage
from gatekeeper.wire.dhcp_header import sound_header
from gatekeeper.wire.relay_agent import RelayInfo
from gatekeeper.wire.text import ip_text


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


def malformed(datagram: Datagram, bad: Malformed) -> Outcome:
    """No answer to octets that are no message: the box and the relay by a header that is sound, else by whoever sent.

    What is heard on an interface came from there, whatever giaddr it bears. A lease query is nothing that the box did.
    """
    mac, giaddr, kind = sound_header(datagram.data)
    if kind == LEASEQUERY:
        mac = b""
    relay = "" if datagram.via.raw or not giaddr else ip_text(giaddr)
    sender = f", from {ip_text(datagram.source)}" if datagram.source and not relay else ""
    verdict = Verdict(Action.SILENT, Reason.MALFORMED, seen=f"{bad}{sender}")
    return silent(datagram, NAMES.get(kind, "DHCP"), mac, verdict, relay)
