"""What an access line is, told by real programs: two relays of a pair, and NASes that number their sessions."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.boxes import MAC, STBID
from tests.clients.gate import Gate, config
from tests.clients.nas import access_request
from tests.clients.net import Net, Process, wait_until
from tests.clients.worlds import AAA, BRAS, MIKROTIK, RELAY, SERVER, Relayed, add_bras

pytestmark = pytest.mark.clients
ACCOUNT = "028123456@itv"
SECOND = "10.21.0.3"


class Pair:
    """Two relays of one VLAN, as behind VRRP: each has its own giaddr, and both write the same circuit-id."""

    def __init__(self, world: Relayed, folder: Path) -> None:
        self.world = world
        self.first: Process = world.dhcrelay()
        self._second = world.net.space("relay2")
        world.net.plug(self._second, "core0", world.core)
        world.net.plug(self._second, "acc0", world.switch)
        self._second.set_up("core0", "10.20.0.3/24")
        self._second.set_up("acc0", f"{SECOND}/16")
        world.space.ip(f"route add {SECOND}/32 via 10.20.0.3")
        self._log = folder / "dhcrelay2.log"

    def fail_over(self) -> None:
        """The first relay is no longer there, and the second one is."""
        self.first.end()
        self.world.relay.ip("link set acc0 down")
        words = f"dhcrelay -4 -d --no-pid -a -m replace -id acc0 -iu core0 {SERVER}"
        process = self._second.start(*words.split(), output=self._log)
        wait_until(lambda: "Sending on   Socket/fallback" in process.text(), 10, "the second dhcrelay listening")


def _port(gate: Gate) -> tuple[str, str]:
    row = gate.show("bindings", "--mac", MAC)[0]
    return row["port_state"], row["port"]


@pytest.mark.parametrize("client", ["udhcpc", "dhclient"])
def test_a_box_keeps_its_address_when_the_other_relay_of_the_pair_takes_over(
    relayed: Callable[..., Relayed], tmp_path: Path, client: str
) -> None:
    """port_names joins giaddr with giaddr: a renewal goes astray, the rebinding arrives (RFC 2131 4.4.5)."""
    world = relayed(lease_s=12)
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace("[binding]\n", f'[binding]\nport_names = {{ "{SECOND}" = "{RELAY}" }}\n'))
    world.gate.install(MAC, ACCOUNT, "--stbid", STBID)
    world.gate.start()
    pair, box = Pair(world, tmp_path), world.box(MAC)
    if client == "udhcpc":
        process = box.udhcpc()
        address = box.wait_for("bound")["ip"]
    else:
        box.dhclient("-d")
        address = box.wait_for("BOUND")["new_ip_address"]
    assert _port(world.gate) == ("learned", f"{RELAY}|acc0")
    pair.fail_over()
    seen = len(box.events())
    if client == "udhcpc":
        process.send(signal.SIGUSR1)
        assert box.wait_for("renew", "bound", timeout_s=60, after=seen)["ip"] == address
    else:
        assert box.wait_for("REBIND", "RENEW", timeout_s=20, after=seen)["new_ip_address"] == address
    world.gate.wait_for(f"DHCPACK on {address} to {MAC} via {SECOND}")
    assert _port(world.gate) == ("learned", f"{RELAY}|acc0")
    world.gate.assert_sound()


_SESSIONS = """
[radius]
listen_auth = ["192.0.2.1:1812"]

[[radius.client]]
name = "bng1"
ipaddr = "192.0.2.10"
secret = "testing123"
nas = "accel-ppp"

[[radius.client]]
name = "smartedge1"
ipaddr = "192.0.2.20"
secret = "testing123"
nas = "redback"
"""


@pytest.fixture
def numbering(net: Net, tmp_path: Path) -> Iterator[tuple[Gate, object]]:
    """A gate between an accel-ppp and a SmartEdge."""
    space, switch = net.space("gate"), net.switch()
    net.plug(space, "core0", switch)
    space.set_up("core0", AAA)
    bras = add_bras(net, switch)
    gate = Gate(space, tmp_path, config(radius=_SESSIONS))
    gate.install(MAC, ACCOUNT, "--stbid", STBID)
    gate.start()
    yield gate, bras
    gate.assert_sound()


@pytest.mark.parametrize(
    ("source", "sessions", "learned"),
    [
        (BRAS, ["ipoe0", "ipoe7"], ("unlearned", "")),
        (
            MIKROTIK,
            ["2/5 vlan-id 4 clips 131273", "2/5 vlan-id 4 clips 131299"],
            ("learned", "smartedge1|2/5 vlan-id 4"),
        ),
        (MIKROTIK, ["clips 12", "clips 13"], ("unlearned", "")),
    ],
)
def test_a_new_session_number_keeps_nobody_out(
    numbering: tuple[Gate, object], source: str, sessions: list[str], learned: tuple[str, str]
) -> None:
    """The box comes back on its line after a restart of the NAS: what is left of the port is all that is learned."""
    gate, bras = numbering
    for session in sessions:
        more = {"NAS_Port_Id": session, "Calling_Station_Id": MAC, "Called_Station_Id": "vlan100"}
        answer = access_request(bras, MAC, source=source, **more)  # type: ignore[arg-type]
        assert answer.name == "Access-Accept", answer.text
    assert _port(gate) == learned
