"""Two shapes of an access network, each with a gate in it: boxes heard directly, and boxes behind a relay.

Direct::    box eth0 ---------- switch -- acc0 gate 10.20.0.2/16, 192.0.2.1
            BRAS, if asked for --/

Relayed::   box eth0 -- switch -- acc0 relay 10.21.0.1/16, core0 10.20.0.1 -- core -- core0 gate 10.20.0.2, 192.0.2.1
                                             BRAS 192.0.2.10, .20, .99 aaa0 --/
"""

from pathlib import Path

from tests.clients.boxes import Box
from tests.clients.gate import RADIUS, Gate, config, dhcp_config
from tests.clients.net import Net, Process, Space, wait_until
from tests.clients.taps import Tap

SERVER = "10.20.0.2"
AAA = "192.0.2.1/24"
RELAY = "10.21.0.1"
BRAS, MIKROTIK, UNKNOWN_NAS = "192.0.2.10", "192.0.2.20", "192.0.2.99"


class _World:
    """Boxes on a switch, and a gate."""

    gate: Gate

    def __init__(self, net: Net, folder: Path) -> None:
        self.net = net
        self._folder = folder
        self._boxes = 0
        self.switch = net.switch()

    def box(self, mac: str) -> Box:
        """Another box, plugged in."""
        self._boxes += 1
        space = self.net.space(f"box{self._boxes}")
        self.net.plug(space, "eth0", self.switch)
        return Box(space, mac, self._folder)


class Direct(_World):
    """The gate hears the boxes on its interface acc0."""

    def __init__(self, net: Net, folder: Path, lease_s: int = 3600, radius: bool = False) -> None:
        super().__init__(net, folder)
        self.space = net.space("gate")
        net.plug(self.space, "acc0", self.switch)
        self.space.set_up("acc0", f"{SERVER}/16", AAA)
        if radius:
            self.bras = add_bras(net, self.switch)
        text = config(dhcp_config(interfaces=["acc0"], lease_s=lease_s), RADIUS if radius else "")
        self.gate = Gate(self.space, folder, text)

    def tap(self, name: str = "tap") -> Tap:
        """What passes the gate's access interface."""
        return Tap(self.space, "acc0", self._folder / f"{name}.pcap")


def add_bras(net: Net, switch: Space) -> Space:
    """A NAS with one address for each kind of client."""
    bras = net.space("bras")
    net.plug(bras, "aaa0", switch)
    bras.set_up("aaa0", *(f"{address}/24" for address in (BRAS, MIKROTIK, UNKNOWN_NAS)))
    return bras


class Relayed(_World):
    """The gate hears the relay on 10.20.0.2:67, and RADIUS from a BRAS. Boxes are routed to it, not bridged."""

    def __init__(self, net: Net, folder: Path, lease_s: int = 3600, store: str = "gatekeeper.db") -> None:
        super().__init__(net, folder)
        self.space = net.space("gate")
        self.relay = net.space("relay")
        self.core = core = net.switch("core")
        net.plug(self.space, "core0", core)
        net.plug(self.relay, "core0", core)
        net.plug(self.relay, "acc0", self.switch)
        self.space.set_up("core0", f"{SERVER}/24", AAA)
        self.relay.set_up("core0", "10.20.0.1/24")
        self.relay.set_up("acc0", f"{RELAY}/16")
        self.relay.sysctl(ip_forward=1)
        self.space.ip("route add 10.21.0.0/16 via 10.20.0.1")
        self.bras = add_bras(net, core)
        text = config(dhcp_config(listen=[f"{SERVER}:67"], lease_s=lease_s, network="10.21"), RADIUS)
        self.gate = Gate(self.space, folder, text.replace("sqlite:gatekeeper.db", f"sqlite:{store}"))

    def dhcrelay(self, *servers: str) -> Process:
        """ISC's relay, appending Option 82; it asks every one of these. Returns once it listens."""
        words = ["dhcrelay", "-4", "-d", "--no-pid", "-a", "-m", "replace", "-id", "acc0", "-iu", "core0"]
        process = self.relay.start(*words, *(servers or (SERVER,)), output=self._folder / "dhcrelay.log")
        # The last of its sockets is the one to the server.
        wait_until(lambda: "Sending on   Socket/fallback" in process.text(), 10, "dhcrelay listening")
        return process

    def tap(self, name: str = "tap") -> Tap:
        """What passes between the gate and relay or BRAS."""
        return Tap(self.space, "core0", self._folder / f"{name}.pcap")
