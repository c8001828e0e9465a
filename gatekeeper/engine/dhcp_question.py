"""A DHCP message that was read, and what becomes of one that is not answered."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import Action, Datagram, Outcome, PortId, Reason, Verdict
from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import LEASEQUERY, NAMES, DhcpMessage
from gatekeeper.wire.dhcp_header import sound_header
from gatekeeper.wire.relay_agent import RelayInfo
from gatekeeper.wire.text import ip_text


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class DhcpQuestion(Value):
    """A message that was read and waits for its facts."""

    __slots__ = ("mac", "message", "datagram", "state", "port", "where", "server_id", "relay", "note")

    def __init__(
        self,
        mac: bytes,
        message: DhcpMessage,
        datagram: Datagram,
        state: str,
        port: PortId | None,
        where: str,
        server_id: int,  # option 54, 0 = none
        relay: RelayInfo,
        note: str,  # what was taken leniently, "" = nothing
    ) -> None:
        self.mac: Final = mac
        self.message: Final = message
        self.datagram: Final = datagram
        self.state: Final = state
        self.port: Final = port
        self.where: Final = where
        self.server_id: Final = server_id
        self.relay: Final = relay
        self.note: Final = note


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


def refused(datagram: Datagram, message: DhcpMessage, verdict: Verdict, port: PortId | None = None) -> Outcome:
    """No answer to a message that was read, and not served: its box, and its relay or door. A lease query is nothing
    that the box did."""
    mac = message.mac if len(message.mac) == 6 and message.kind != LEASEQUERY else b""
    where = ip_text(message.giaddr) if message.giaddr else ""
    name = NAMES.get(message.kind, f"DHCP type {message.kind}")
    return silent(datagram, name, mac, verdict, where)._replace(port=port)


def malformed(datagram: Datagram, bad: Malformed) -> Outcome:
    """No answer to octets that are no message: the box and the relay by a header that is sound, else by whoever sent.

    What is heard on an interface came from there, whatever giaddr it bears. A lease query is nothing that the box did.
    """
    header = sound_header(datagram.data)
    giaddr, kind = header.giaddr, header.kind
    mac = header.mac if kind != LEASEQUERY else b""
    relay = "" if datagram.via.raw or not giaddr else ip_text(giaddr)
    sender = f", from {ip_text(datagram.source)}" if datagram.source and not relay else ""
    verdict = Verdict(Action.SILENT, Reason.MALFORMED, seen=f"{bad}{sender}")
    return silent(datagram, NAMES.get(kind, "DHCP"), mac, verdict, relay)
