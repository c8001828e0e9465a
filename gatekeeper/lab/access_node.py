"""The access node: ports for boxes, a relay that inserts Option 82, a BRAS that asks RADIUS first, a router.

The relay is RFC 3046 and RFC 1542 4.1 as far as the stories go. As an IPoE BRAS it lets a box's DHCP pass only after an
Access-Accept for that MAC on that port; with the BRAS switched off it relays everything, so that DHCP stands alone.
"""

import socket
from typing import Final, NamedTuple

from gatekeeper.lab import links, plan
from gatekeeper.lab.accounting import LOST_CARRIER, Accounting, Session
from gatekeeper.lab.bras import Bras, RadiusAnswer
from gatekeeper.lab.node import Actor
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import (
    ACK,
    BOOTREPLY,
    BOOTREQUEST,
    BROADCAST,
    NAK,
    DhcpMessage,
    decode,
    encode,
)
from gatekeeper.wire.dhcp import SERVER_PORT as DHCP_PORT
from gatekeeper.wire.frame import BROADCAST_IP, BROADCAST_MAC, IPV4, UdpFrame, udp_frame
from gatekeeper.wire.relay_agent import read_suboptions
from gatekeeper.wire.text import ip_text

UPLINK: Final = "uplink"
GATE_END: Final = "eth0"
BOX_END: Final = "eth0"
_AGENT: Final = 82
_CIRCUIT_ID: Final = 1
_FRAME: Final = 2048


class _Port(NamedTuple):
    """A port with a box on it."""

    number: int
    name: str
    wire: socket.socket
    mac: bytes  # the port's own


class AccessNode(Actor):
    """One access node."""

    def __init__(self) -> None:
        super().__init__()
        links.set_sysctl("ipv4/ip_forward", "1")
        self._ports: dict[int, _Port] = {}
        self._bras: Bras | None = None
        self._accounting: Accounting | None = None
        self._asks_first = True
        self._sessions: set[tuple[bytes, int]] = set()
        self._held: dict[tuple[bytes, int], DhcpMessage] = {}
        self._answers: list[RadiusAnswer] = []
        self._relay = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def connect(self, gate_pid: int) -> None:
        """Lay the uplink to the gate and open the relay's and the BRAS's sockets on it."""
        links.lay_cable(UPLINK, GATE_END, gate_pid)
        links.bring_up(UPLINK, f"{plan.RELAY_TEXT}/24")
        self._relay.bind((plan.RELAY_TEXT, DHCP_PORT))
        self._bras = Bras()
        self.ears[self._relay] = self._hear_server
        self._accounting = Accounting()
        self.ears[self._bras.socket] = self._hear_radius
        self.ears[self._accounting.socket] = self._accounting.hear_acknowledged
        self.ears[self._accounting.requests] = self._hear_request

    def plug(self, number: int, box_pid: int, box_mac: bytes) -> None:
        """Put a box on a port."""
        name = f"port{number}"
        links.lay_cable(name, BOX_END, box_pid, box_mac.hex(":"))
        # All boxes share one subnet and hear nobody but this node, which answers ARP for the others at once.
        links.set_sysctl(f"ipv4/conf/{name}/proxy_arp", "1")
        links.set_sysctl(f"ipv4/neigh/{name}/proxy_delay", "0")
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(IPV4))
        wire.bind((name, IPV4))
        port = _Port(number, name, wire, wire.getsockname()[4])
        self._ports[number] = port
        self.ears[wire] = lambda: self._hear_box(port)

    def unplug(self, number: int) -> None:
        """Pull a box's cable: its session and its route end."""
        port = self._ports.pop(number)
        del self.ears[port.wire]
        port.wire.close()
        links.pull_cable(port.name)
        self._end_sessions({session for session in self._sessions if session[1] == number})

    def ask_radius_first(self, yes: bool) -> None:
        """Switch the BRAS on, or off: a plain relay. Sessions end with it."""
        self._asks_first = yes
        self._end_sessions(set(self._sessions))

    def answers(self, mac: bytes, number: int) -> list[RadiusAnswer]:
        """What RADIUS has said of a box on a port, the latest last."""
        return [answer for answer in self._answers if (answer.mac, answer.port) == (mac, number)]

    def session(self, mac: bytes, number: int) -> Session | None:
        """The box's running session on a port, with the rate in force."""
        assert self._accounting
        return self._accounting.running(mac, number)

    def _end_sessions(self, ended: set[tuple[bytes, int]]) -> None:
        assert self._accounting
        self._sessions -= ended
        for mac, number in sorted(ended):
            self._accounting.stop(mac, number, LOST_CARRIER)

    def _hear_request(self) -> None:
        """CoA or Disconnect: a box whose session has ended must be asked about again."""
        assert self._accounting
        ended = self._accounting.hear_request()
        if ended:
            self._sessions.discard(ended)

    def _hear_box(self, port: _Port) -> None:
        try:
            heard = UdpFrame(port.wire.recv(_FRAME))
            if heard.destination_port != DHCP_PORT or heard.destination != BROADCAST_IP:
                return
            asked = decode(heard.payload)
        except (Malformed, OSError):
            return
        # RFC 3046 2.1: Option 82 from a box itself is not to be trusted.
        if asked.op != BOOTREQUEST or _AGENT in asked.options:
            return
        key = asked.mac, port.number
        if self._asks_first and key not in self._sessions:
            assert self._bras
            self._held[key] = asked
            self._bras.ask(*key)
            return
        self._forward(asked, port.number)

    def _hear_radius(self) -> None:
        assert self._bras
        answer = self._bras.hear()
        if answer is None:
            return
        self._answers.append(answer)
        key = answer.mac, answer.port
        held = self._held.pop(key, None)
        if answer.reply != "Access-Accept":
            return
        if key not in self._sessions:
            assert self._accounting
            self._accounting.start(answer)
        self._sessions.add(key)
        if held:
            self._forward(held, answer.port)

    def _forward(self, asked: DhcpMessage, number: int) -> None:
        circuit_id = plan.line(number).circuit_id
        agent = bytes((_CIRCUIT_ID, len(circuit_id))) + circuit_id
        # RFC 3046 2.1: Option 82 is the last one.
        relayed = asked._replace(hops=asked.hops + 1, giaddr=plan.RELAY, options=asked.options | {_AGENT: agent})
        self._relay.sendto(encode(relayed), (plan.GATE_TEXT, DHCP_PORT))

    def _hear_server(self) -> None:
        try:
            answer = decode(self._relay.recv(_FRAME))
            circuit_id = read_suboptions(answer.options.get(_AGENT, b"")).parts.get(_CIRCUIT_ID)
        except (Malformed, OSError):
            return
        # RFC 3046 2.2: the echoed Option 82 says which port it goes to, and stays here.
        port = next((port for port in self._ports.values() if plan.line(port.number).circuit_id == circuit_id), None)
        if answer.op != BOOTREPLY or port is None:
            return
        bare = {code: value for code, value in answer.options.items() if code != _AGENT}
        if answer.kind == ACK:
            links.route(f"{ip_text(answer.yiaddr)}/32", interface=port.name)
        self._deliver(answer._replace(options=bare), port)

    def _deliver(self, answer: DhcpMessage, port: _Port) -> None:
        # RFC 2131 4.1: broadcast where the box asked for it, or has no address to be reached at.
        wide = answer.flags & BROADCAST or answer.kind == NAK
        mac, address = (BROADCAST_MAC, BROADCAST_IP) if wide else (answer.mac, answer.yiaddr)
        port.wire.send(udp_frame(encode(answer), port.mac, mac, plan.RELAY, address))
