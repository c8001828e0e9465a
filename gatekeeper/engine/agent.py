"""What an Option 82 says, read once: a box sends the same one with every message."""

from functools import lru_cache

from gatekeeper.model import PortId
from gatekeeper.wire.line_id import Lines
from gatekeeper.wire.relay_agent import RelayInfo, read_relay_info
from gatekeeper.wire.text import ip_text


@lru_cache(maxsize=4_096)
def read_agent(agent: bytes, giaddr: int, port_key: str, lines: Lines) -> tuple[RelayInfo, PortId | None]:
    """The option, and the access line in it; None where that part is absent or empty. Raises Malformed."""
    relay = read_relay_info(agent, port_key)
    return relay, lines.of_agent(relay.line, ip_text(giaddr) if giaddr else "") if relay.line else None
