"""What an Option 82 says, read once: a box sends the same one with every message."""

from functools import lru_cache

from gatekeeper.model import PortId
from gatekeeper.wire.line_id import port_from_wire, whole_port
from gatekeeper.wire.relay_agent import RelayInfo, read_relay_info
from gatekeeper.wire.text import ip_text


@lru_cache(maxsize=4_096)
def read_agent(
    agent: bytes, giaddr: int, port_key: str, cut_nodes: frozenset[str] = frozenset()
) -> tuple[RelayInfo, PortId | None]:
    """The option, and the access line in it; None where that part is absent or empty. Raises Malformed."""
    relay = read_relay_info(agent, port_key)
    node = ip_text(giaddr) if giaddr else ""
    read = whole_port if node in cut_nodes else port_from_wire
    return relay, read(relay.line, node) if relay.line else None
