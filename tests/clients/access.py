"""A trunk to the gate, a plain interface that comes and goes, and a DHCP server that nobody ordered.

Trunk::    box eth0 -- access node, which tags -- trk0 gate, no subinterface, no address there
"""

import select
import socket
import struct
import threading
from pathlib import Path

from tests.clients.boxes import Box
from tests.clients.gate import RADIUS, Gate, config
from tests.clients.net import Net, Process, Space, wait_until
from tests.clients.worlds import AAA, add_bras

_SOL_PACKET, _PACKET_AUXDATA, _ETH_P_ALL, _OUTGOING = 263, 8, 3, 4
VLANS = {100: "10.30", 200: "10.40"}
ROGUE_IP, ROGUE_MAC, ROGUE_GIVES = "10.66.0.1", "00:11:22:33:44:66", "10.66.0.7"


def trunk_config(interface: str = "trk0") -> str:
    """Two VLANs on one interface."""
    subnets = "".join(
        f"""
[[dhcp.subnet]]
network = "{net}.0.0/16"
interface = "{interface}"
vlan = {vlan}
server = "{net}.0.2"
pools = ["{net}.1.0-{net}.1.250"]
routers = ["{net}.0.1"]
"""
        for vlan, net in VLANS.items()
    )
    return f'\n[dhcp]\ninterfaces = ["{interface}"]\n{subnets}'


class Tagger:
    """An access node: frames of its ports go up with their port's tag, those that come down go to the tag's ports.

    It tags by itself, because not every kernel has VLAN interfaces.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._ports: dict[socket.socket, int] = {}  # with the VLAN of each, 0 = as it is
        self._up: socket.socket | None = None
        self._opened: list[socket.socket] = []
        self._going = True
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _open(self, interface: str) -> socket.socket:
        # A copy of its own, which stays open until the thread has ended.
        one = self._space.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).dup()
        one.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        one.bind((interface, _ETH_P_ALL))
        one.setblocking(False)
        self._opened.append(one)
        return one

    def add(self, interface: str, vlan: int) -> None:
        """A port."""
        self._ports[self._open(interface)] = vlan

    def uplink(self, interface: str) -> None:
        """The cable to the gate, also when it is another one than before."""
        self._up = self._open(interface)

    def stop(self) -> None:
        self._going = False
        self._thread.join(5)
        for one in self._opened:
            one.close()

    def _carry(self) -> None:
        while self._going:
            ears = [*self._ports, *([self._up] if self._up else [])]
            for one in select.select(ears, [], [], 0.05)[0]:
                try:
                    self._pass_on(one)
                except OSError:
                    continue  # a cable that is pulled

    def _pass_on(self, one: socket.socket) -> None:
        frame, ancillary, _, address = one.recvmsg(2048, 64)
        if address[2] == _OUTGOING:
            return
        vlan = self._ports.get(one, 0)
        for _, _, data in ancillary:
            status, _, _, _, _, tag, _ = struct.unpack_from("=IIIHHHH", data)
            vlan = tag & 0xFFF if status & 0x10 else vlan
        for port, own in list(self._ports.items()):
            if port is not one and own == vlan:
                port.send(frame)
        if self._up and one is not self._up:
            self._up.send(frame[:12] + struct.pack("!HH", 0x8100, vlan) + frame[12:] if vlan else frame)


class Trunk:
    """Boxes of several VLANs reach the gate through one cable."""

    def __init__(self, net: Net, folder: Path) -> None:
        self.net = net
        self._folder = folder
        self._node = net.space("node")
        self._tagger = net.undo_with(Tagger(self._node), Tagger.stop)
        self.space = net.space("gate")
        self.plug_trunk()
        core = net.switch("core")
        net.plug(self.space, "aaa0", core)
        self.space.set_up("aaa0", AAA)
        self.bras = add_bras(net, core)
        self.gate = Gate(self.space, folder, config(trunk_config(), RADIUS))
        self._boxes = 0

    def plug_trunk(self) -> None:
        """The cable between access node and gate."""
        self.net.cable(self.space, "trk0", self._node, "up0")
        self.space.set_up("trk0")
        self._node.set_up("up0")
        self._tagger.uplink("up0")

    def port(self, vlan: int) -> Space:
        """A namespace whose eth0 is on that VLAN, 0 = untagged."""
        self._boxes += 1
        space, port = self.net.space(f"box{self._boxes}"), f"p{self._boxes}"
        self.net.cable(space, "eth0", self._node, port)
        self._node.set_up(port)
        self._tagger.add(port, vlan)
        return space

    def box(self, mac: str, vlan: int) -> Box:
        """A box on that VLAN."""
        return Box(self.port(vlan), mac, self._folder)


def rogue_server(space: Space, folder: Path) -> Process:
    """BusyBox's server, which offers everybody an address of its own, as a home router plugged in backwards does."""
    space.set_up("eth0", f"{ROGUE_IP}/24", mac=ROGUE_MAC)
    file = folder / "udhcpd.conf"
    lines = (f"start {ROGUE_GIVES}", f"end {ROGUE_GIVES}", "interface eth0", f"lease_file {folder}/udhcpd.leases")
    file.write_text("\n".join((*lines, f"pidfile {folder}/udhcpd.pid", "option subnet 255.255.255.0\n")))
    (folder / "udhcpd.leases").touch()
    server = space.start("busybox", "udhcpd", "-f", str(file), output=folder / "udhcpd.log")
    wait_until(lambda: "started" in server.text(), 5, "udhcpd started")
    return server


def cpu_seconds(process: Process) -> float:
    """What the process has used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
