"""Is this another DHCP server's answer? A router plugged in the wrong way round takes a whole line out of service."""

from collections.abc import Set as AbstractSet
from typing import Final

from gatekeeper.model import Datagram
from gatekeeper.state.rogues import ForeignServer
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import ACK, BOOTREPLY, NAK, NAMES, OFFER, SERVER_PORT, decode

_SERVER_ID: Final = 54
_ANSWERS: Final = (OFFER, ACK, NAK)


def foreign_server(datagram: Datagram, ours: AbstractSet[int]) -> ForeignServer | None:
    """The server behind an answer to a box; None where it is ours, also relayed, or where it is no such answer.

    ours: every address that we answer under.
    """
    if datagram.source_port != SERVER_PORT or datagram.source in ours:
        return None
    try:
        message = decode(datagram.data)
    except Malformed:
        return None
    if message.op != BOOTREPLY or message.kind not in _ANSWERS or len(message.mac) != 6:
        return None
    value = message.options.get(_SERVER_ID, b"")
    # A relay hands our own answers on from an address of its own; whose they are is in option 54.
    server = (int.from_bytes(value, "big") if len(value) == 4 else 0) or datagram.source
    if server in ours:
        return None
    seen = datagram.via.name
    return ForeignServer(server, datagram.source_mac, seen, NAMES[message.kind], message.yiaddr, message.mac)
