"""Small clients' DHCPREQUESTs and DHCPDECLINEs that RFC 2131 has no row for and that can mean one thing only.

Clients in firmware write option 54 where it must not be, leave out option 50, or fill in ciaddr too early; Kea and
dnsmasq answer them. Here each is taken for the state of RFC 2131 4.3.2 that it can come from. What names another
server is SELECTING, and gets no answer.
"""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.policy.dhcp import names_address
from gatekeeper.value import Value
from gatekeeper.wire.dhcp import DECLINE, REQUEST, DhcpMessage

_REQUESTED_IP: Final = 50
_SERVER_ID: Final = 54
# Option 54 that names no server: absent, no address, or all servers.
NOBODY: Final = frozenset({0, 0xFFFFFFFF})


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Loose(Value):
    """The state that a message is taken to come from, and why that is lenient; "", "" = it is not served."""

    __slots__ = ("state", "why")

    def __init__(self, state: str, why: str) -> None:
        self.state: Final = state
        self.why: Final = why


_NOT_SERVED: Final = Loose("", "")
_NO_SERVER: Final = Loose("init-reboot", "lenient: option 54 names no server")
_DECLINED: Final = Loose("decline", "lenient: no option 54")
_RENEWED: Final = Loose("renewing", "lenient: a renewal with option 54")
_REBOUND: Final = Loose("rebinding", "lenient: option 54 names no server")
_NO_ADDRESS: Final = Loose("selecting", "lenient: no option 50")
_EARLY: Final = Loose("selecting", "lenient: ciaddr before the address is bound")


def loosened(message: DhcpMessage, server_id: int, ours: bool, by_unicast: bool) -> Loose:
    """A message that ``state_of`` serves not at all, or as SELECTING with ciaddr or without a server's name.

    server_id: option 54, 0 = none; ours: it is this server; by_unicast: the box sent it to one address.
    """
    ciaddr, options = message.ciaddr, message.options
    asked = options[_REQUESTED_IP] if names_address(message) else b""
    if message.kind == DECLINE:
        return _DECLINED if asked and server_id in NOBODY else _NOT_SERVED
    if message.kind != REQUEST or _SERVER_ID not in options:
        return _NOT_SERVED
    if server_id in NOBODY:
        if ciaddr:
            return _RENEWED if by_unicast else _REBOUND
        return _NO_SERVER if asked else _NOT_SERVED
    # RFC 2131 4.3.2: a renewal has ciaddr alone; with its own address in option 50 as well it is one all the same.
    if ciaddr and ours and by_unicast and asked in (b"", ciaddr.to_bytes(4, "big")):
        return _RENEWED
    # What is left names a server: it is SELECTING, which asks for the address in option 50, else for that in ciaddr,
    # else for what was offered.
    return _EARLY if ciaddr else _NO_ADDRESS
