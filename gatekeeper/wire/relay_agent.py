"""Option 82: what a relay or access node says of where a message came from (RFC 3046 and those that add to it).

The option itself is kept and echoed octet for octet; here is only what the gate acts on.
"""

from typing import Final, NamedTuple

from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import suboptions

# RFC 3046
CIRCUIT_ID: Final = 1
REMOTE_ID: Final = 2
LINK_SELECTION: Final = 5  # RFC 3527
FLAGS: Final = 10  # RFC 5010
SERVER_ID_OVERRIDE: Final = 11  # RFC 5107
SOURCE_PORT: Final = 19  # RFC 8357
_UNICAST: Final = 0x80


class RelayInfo(NamedTuple):
    """``line``: the part that names the access line; ``link``: which subnet, 0 = giaddr's; ``server_id``: the name
    under which the relay wants us known, 0 = none; ``source_port``: answer to the port the relay sent from;
    ``unicast``: the box had sent by unicast."""

    line: bytes
    link: int
    server_id: int
    source_port: bool
    unicast: bool


NO_RELAY_INFO: Final = RelayInfo(b"", 0, 0, False, False)


def read_relay_info(agent: bytes, port_key: str) -> RelayInfo:
    """Value of option 82 -> RelayInfo. port_key: circuit-id, remote-id or both. Raises Malformed."""
    parts = suboptions(agent)
    circuit, remote = parts.get(CIRCUIT_ID, b""), parts.get(REMOTE_ID, b"")
    if port_key == "both":
        line = b" ".join(part for part in (circuit, remote) if part)
    else:
        line = circuit if port_key == "circuit-id" else remote
    flags = parts.get(FLAGS, b"")
    return RelayInfo(
        line=line,
        link=_address(parts, LINK_SELECTION),
        server_id=_address(parts, SERVER_ID_OVERRIDE),
        source_port=SOURCE_PORT in parts,
        unicast=bool(flags) and flags[0] & _UNICAST != 0,
    )


def _address(parts: dict[int, bytes], code: int) -> int:
    value = parts.get(code, b"")
    if code in parts and len(value) != 4:
        raise Malformed(f"sub-option {code} is no address", 0)
    return int.from_bytes(value, "big")
