"""The access VLAN: several on one trunk, an interface that goes and comes back, and servers that are not ours."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.access import ROGUE_GIVES, ROGUE_IP, ROGUE_MAC, VLANS, Trunk, cpu_seconds, rogue_server
from tests.clients.boxes import MAC, STBID, STRANGER
from tests.clients.gate import GATEKEEPER, Gate, config, dhcp_config
from tests.clients.nas import access_request
from tests.clients.net import Net, wait_until
from tests.clients.taps import Tap
from tests.clients.worlds import SERVER, Direct

pytestmark = pytest.mark.clients
SECOND = "d4:c1:c8:ee:9b:20"


@pytest.fixture
def trunk(net: Net, tmp_path: Path) -> Trunk:
    """Two installed boxes, and the gate at work."""
    made = Trunk(net, tmp_path)
    made.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    made.gate.install(SECOND, "028123457@itv")
    assert "in order" in made.space.run(*GATEKEEPER, "check", "-c", str(made.gate.file)).stdout
    made.gate.start()
    return made


@pytest.fixture
def world(direct: Callable[..., Direct]) -> Direct:
    """One installed box on a plain interface, with RADIUS beside it."""
    made = direct(radius=True)
    made.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    made.gate.start()
    return made


def test_boxes_of_two_vlans_get_leases_of_their_own_subnets_through_one_trunk(trunk: Trunk) -> None:
    """The gate has neither a subinterface nor an address there; the tag is on the answers."""
    for mac, (vlan, network) in zip((MAC, SECOND), VLANS.items(), strict=True):
        box = trunk.box(mac, vlan)
        assert box.udhcpc_once() == 0
        bound = box.wait_for("bound")
        assert bound["ip"].startswith(f"{network}.1.")
        assert (bound["router"], bound["serverid"]) == (f"{network}.0.1", f"{network}.0.2")
        assert trunk.gate.lease(mac)["address"] == bound["ip"]
        trunk.gate.wait_for(f"DHCPACK on {bound['ip']} to {mac} via trk0.{vlan}")
    trunk.gate.assert_sound()


def test_a_capture_of_the_trunk_replays_the_same(trunk: Trunk, tmp_path: Path) -> None:
    """By the tags: each box got its lease from the subnet of its VLAN, a third VLAN got nothing."""
    tap = Tap(trunk.space, "trk0", tmp_path / "trunk.pcap", "")
    for mac, vlan in zip((MAC, SECOND), VLANS, strict=True):
        assert trunk.box(mac, vlan).udhcpc_once() == 0
    assert trunk.box(STRANGER, 300).udhcpc_once() != 0
    tap.stop()
    orders = tmp_path / "orders.csv"
    lines = (f"1,install,028123456@itv,{MAC}", f"2,install,028123457@itv,{SECOND}", f"3,install,three@itv,{STRANGER}")
    orders.write_text("\n".join(("order,kind,account,mac", *lines, "")))
    done = trunk.gate.cli("replay", "-r", str(tap.file), "--orders", str(orders), "-o", "json")
    rows = json.loads(done.stdout)
    heard = [(row["mac"], row["address"], row["reason"], row["recorded"]) for row in rows]
    granted = [(mac, f"{network}.1.0", "", "same") for mac, network in zip((MAC, SECOND), VLANS.values(), strict=True)]
    assert heard[:4] == [granted[0], granted[0], granted[1], granted[1]]
    assert set(heard[4:]) == {(STRANGER, "", "NO_SUBNET", "none")}


def test_a_box_on_a_trunk_renews_by_broadcast(net: Net, tmp_path: Path) -> None:
    """Nobody answers ARP for the gate's address on the VLAN, so the unicast renewal fails and the rebinding counts."""
    trunk = Trunk(net, tmp_path)
    trunk.gate.file.write_text(trunk.gate.file.read_text().replace("vlan =", "lease_s = 12\nvlan ="))
    trunk.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    trunk.gate.start()
    box = trunk.box(MAC, 100)
    box.udhcpc()
    bound = box.wait_for("bound")
    assert box.wait_for("renew", timeout_s=20)["ip"] == bound["ip"]


def test_a_vlan_of_no_subnet_and_an_untagged_box_get_nothing(trunk: Trunk) -> None:
    """They are refused with a reason, under the name of the VLAN."""
    assert trunk.box(MAC, 300).udhcpc_once() != 0
    trunk.gate.wait_for(f"DHCPDISCOVER from {MAC} via trk0.300: no offer NO_SUBNET")
    assert trunk.box(SECOND, 0).udhcpc_once() != 0
    trunk.gate.wait_for(f"DHCPDISCOVER from {SECOND} via trk0: no offer NO_SUBNET")
    trunk.gate.assert_sound()


def test_a_plain_interface_does_not_hear_tagged_frames(net: Net, tmp_path: Path) -> None:
    """They are another network's; the kernel would hand them over with the tag gone."""
    trunk = Trunk(net, tmp_path)
    plain = dhcp_config(interfaces=["trk0"])
    trunk.space.ip(f"address add {SERVER}/16 dev trk0")
    trunk.gate.file.write_text(config(plain))
    trunk.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    trunk.gate.start()
    assert trunk.box(MAC, 100).udhcpc_once() != 0
    assert MAC not in trunk.gate.log()
    assert trunk.box(MAC, 0).udhcpc_once() == 0


def test_a_vlan_comes_and_goes_by_reload(net: Net, tmp_path: Path) -> None:
    """On an interface that is open already; the untagged boxes notice nothing."""
    trunk = Trunk(net, tmp_path)
    with_vlans = trunk.gate.file.read_text()
    first = with_vlans.index("[[dhcp.subnet]]")
    trunk.space.ip(f"address add {SERVER}/16 dev trk0")
    plain = config(dhcp_config(interfaces=["trk0"]))
    trunk.gate.file.write_text(plain)
    trunk.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    trunk.gate.install(SECOND, "028123457@itv")
    trunk.gate.start()
    untagged, tagged = trunk.box(MAC, 0), trunk.box(SECOND, 200)
    assert untagged.udhcpc_once() == 0
    trunk.gate.file.write_text(plain + with_vlans[first:])
    assert "[[dhcp.subnet]] 10.40.0.0/16 is there" in trunk.gate.cli("reload").stdout
    assert (tagged.udhcpc_once(), untagged.udhcpc_once()) == (0, 0)
    trunk.gate.wait_for(f"DHCPACK on 10.40.1.0 to {SECOND} via trk0.200")
    trunk.gate.file.write_text(plain)
    assert "[[dhcp.subnet]] 10.40.0.0/16 is gone" in trunk.gate.cli("reload").stdout
    assert (tagged.udhcpc_once() != 0, untagged.udhcpc_once()) == (True, 0)
    trunk.gate.assert_sound()


def renew_interface(world: Direct) -> None:
    """The interface again, as a driver that was loaded anew makes it."""
    world.net.plug(world.space, "acc0", world.switch)
    world.space.set_up("acc0", f"{SERVER}/16", "192.0.2.1/24")


@pytest.mark.parametrize("how", ["deleted", "down"])
def test_an_interface_that_went_away_is_served_again_when_it_is_back(world: Direct, how: str) -> None:
    """Told once each way; meanwhile RADIUS goes on, and the process does not spin."""
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    world.space.ip("link del acc0" if how == "deleted" else "link set acc0 down")
    world.gate.wait_for("alarm: interface acc0 is lost")
    assert world.gate.process
    before = cpu_seconds(world.gate.process)
    time.sleep(2)
    assert cpu_seconds(world.gate.process) - before < 0.5
    if how == "deleted":
        renew_interface(world)
    else:
        world.space.ip("link set acc0 up")
    world.gate.wait_for("interface acc0 is back")
    assert box.udhcpc_once() == 0
    assert access_request(world.bras, MAC).name == "Access-Accept"
    for line in ("interface acc0 is lost", "interface acc0 is back"):
        assert world.gate.log().count(line) == 1, world.gate.log()
    world.gate.assert_sound()


def test_radius_goes_on_while_the_trunk_is_away(trunk: Trunk) -> None:
    """And the trunk comes back with its VLANs."""
    trunk.space.ip("link del trk0")
    trunk.gate.wait_for("alarm: interface trk0 is lost")
    assert access_request(trunk.bras, MAC).name == "Access-Accept"
    trunk.plug_trunk()
    trunk.gate.wait_for("interface trk0 is back")
    box = trunk.box(SECOND, 200)
    assert box.udhcpc_once() == 0
    assert box.wait_for("bound")["ip"].startswith("10.40.1.")
    trunk.gate.assert_sound()


def test_an_interface_that_comes_back_with_another_address_is_served_under_it(net: Net, tmp_path: Path) -> None:
    """Where no server_id is set, that address is what boxes know us by."""
    world = Direct(net, tmp_path)
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace('server_id = "10.20.0.2"\n', ""))
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.gate.start()
    world.space.ip("link del acc0")
    world.gate.wait_for("alarm: interface acc0 is lost")
    net.plug(world.space, "acc0", world.switch)
    world.space.set_up("acc0", "10.20.0.9/16")
    world.gate.wait_for("interface acc0 is back")
    box = world.box(MAC)
    client = box.dhclient_bound()
    assert box.wait_for("BOUND")["new_dhcp_server_identifier"] == "10.20.0.9"
    client.end()
    # The unicast RELEASE comes to the new address.
    assert box.dhclient("-r").wait(10) == 0
    wait_until(lambda: world.gate.lease(MAC)["state"] == "released", 5, "the released lease")
    world.gate.assert_sound()


def assert_rogue_is_known(gate: Gate, interface: str) -> None:
    """One line, one row."""
    gate.wait_for(
        f"rogue DHCP server {ROGUE_IP} ({ROGUE_MAC}) on {interface}: DHCPOFFER of {ROGUE_GIVES} to {STRANGER}"
    )
    rows = wait_until(lambda: gate.show("rogue"), 5, "the foreign server in show rogue")
    assert [(row["server"], row["mac"], row["interface"]) for row in rows] == [(ROGUE_IP, ROGUE_MAC, interface)]
    assert rows[0]["offers"] >= 1
    assert rows[0]["first_seen"] <= rows[0]["last_seen"]
    assert gate.log().count("rogue DHCP server") == 1
    gate.assert_sound()


def test_a_foreign_dhcp_server_is_told_once_and_listed(world: Direct, tmp_path: Path) -> None:
    """What the gate itself sends on the same wire is no foreign server's."""
    assert world.box(MAC).udhcpc_once("-B") == 0
    assert world.gate.show("rogue") == []
    space = world.net.space("rogue")
    world.net.plug(space, "eth0", world.switch)
    rogue_server(space, tmp_path)
    assert world.box(STRANGER).udhcpc_once("-B") == 0
    assert_rogue_is_known(world.gate, "acc0")


def test_a_foreign_dhcp_server_on_a_vlan_of_a_trunk_is_named_with_it(trunk: Trunk, tmp_path: Path) -> None:
    """So that it can be found."""
    rogue_server(trunk.port(100), tmp_path)
    assert trunk.box(STRANGER, 100).udhcpc_once("-B") == 0
    assert_rogue_is_known(trunk.gate, "trk0.100")
