"""What a newcomer meets: a listener on every address of the machine, and the file that ``init`` writes."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.boxes import MAC, STBID, STRANGER, Box
from tests.clients.gate import GATEKEEPER, OPTION_43, Gate
from tests.clients.net import Net, run, wait_until
from tests.clients.worlds import SERVER, Relayed

pytestmark = pytest.mark.clients

_SECOND = "192.0.2.1"  # the gate's other address


def _listening_anywhere(relayed: Callable[..., Relayed]) -> Relayed:
    """A gate that is not told its address, with one installed box."""
    world = relayed()
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace(f'"{SERVER}:67"', '"0.0.0.0:67"').replace(f'server_id = "{SERVER}"\n', ""))
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.relay.ip(f"route add {_SECOND} via {SERVER}")
    world.gate.start()
    return world


def test_a_box_is_served_by_a_gate_that_listens_on_every_address(relayed: Callable[..., Relayed]) -> None:
    """The server id (RFC 2131 4.3.1) is the address that the relay asked, and the renewal goes there."""
    world = _listening_anywhere(relayed)
    world.dhcrelay()
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    assert box.wait_for("bound")["serverid"] == SERVER
    world.gate.assert_sound()


def test_a_relay_that_asks_at_two_addresses_of_one_gate_asks_one_server(relayed: Callable[..., Relayed]) -> None:
    """The REQUEST comes to both; the one that the box did not name must not tell it off."""
    world = _listening_anywhere(relayed)
    world.dhcrelay(SERVER, _SECOND)
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    assert box.wait_for("bound")["serverid"] in (SERVER, _SECOND)
    log = world.gate.log
    wait_until(lambda: log().count(f"DHCPACK on {world.gate.lease(MAC)['address']}") == 2, 5, "both ACKs")
    assert "OTHER_SERVER" not in log()
    world.gate.assert_sound()


def test_an_address_that_comes_later_is_ours_too(relayed: Callable[..., Relayed]) -> None:
    """As by VRRP; nobody reloads anything for that. The pool does not give it to a box."""
    world = _listening_anywhere(relayed)
    later = "198.51.100.1"
    world.space.ip(f"address add {later}/32 dev core0")
    world.relay.ip(f"route add {later} via {SERVER}")
    world.gate.wait_for(f"addresses of this machine: {later} has come")
    world.dhcrelay(later, SERVER)
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    assert box.wait_for("bound")["serverid"] in (SERVER, later)
    assert "OTHER_SERVER" not in world.gate.log()


class Lab:
    """A newcomer's: a gate with one address in the network of the file that ``init`` wrote, and boxes on its wire."""

    def __init__(self, net: Net, folder: Path, address: str) -> None:
        self._net, self._folder = net, folder
        self._switch = net.switch()
        self.space = net.space("gate")
        net.plug(self.space, "eth0", self._switch)
        self.space.set_up("eth0", address)
        self.file = folder / "lab" / "gatekeeper.toml"
        run(*GATEKEEPER, "init", "-c", str(self.file))
        self.gate = Gate(self.space, self.file.parent, self.file.read_text())

    def box(self, name: str, mac: str) -> Box:
        space = self._net.space(name)
        self._net.plug(space, "eth0", self._switch)
        return Box(space, mac, self._folder)


def test_the_file_that_init_writes_serves_a_box_as_it_stands(net: Net, tmp_path: Path) -> None:
    """init, check, an order, serve, check, udhcpc: nothing is edited. A stranger is refused, and said why."""
    lab = Lab(net, tmp_path, "10.20.0.2/16")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in lab.file.parent.iterdir()}
    assert modes["gatekeeper.db"] & 0o137 == 0 and modes["gatekeeper.toml"] == 0o600
    checked = lab.space.run(*GATEKEEPER, "check", "-c", str(lab.file))
    assert (checked.stderr, checked.stdout.splitlines()[-1]) == ("", f"{lab.file}: in order")
    lab.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    lab.gate.start()
    checked = lab.space.run(*GATEKEEPER, "check", "-c", str(lab.file))
    assert "a reload would change nothing" in checked.stdout
    box = lab.box("box", MAC)
    assert box.udhcpc_once() == 0
    bound = box.wait_for("bound")
    assert (bound["ip"], bound["serverid"], bound["router"]) == ("10.20.1.1", "10.20.0.2", "10.20.0.1")
    assert bound["opt43"] == OPTION_43[: 2 + OPTION_43[1]].hex()
    assert lab.box("other", STRANGER).udhcpc_once() != 0
    assert "UNKNOWN_MAC" in lab.gate.cli("explain", STRANGER, check=False).stdout
    lab.gate.assert_sound()


def test_the_gates_own_address_is_given_to_nobody(net: Net, tmp_path: Path) -> None:
    """The first one of the pool is the gate's own; one that comes later is spared as well."""
    lab = Lab(net, tmp_path, "10.20.1.1/16")
    lab.gate.install(MAC, "028123456@itv")
    lab.gate.start()
    lab.space.ip("address add 10.20.1.2/16 dev eth0")
    lab.gate.wait_for("10.20.1.2 has come")
    box = lab.box("box", MAC)
    assert box.udhcpc_once() == 0
    bound = box.wait_for("bound")
    assert (bound["ip"], bound["serverid"]) == ("10.20.1.3", "10.20.1.1")
