"""[dhcp] arp_probe = "first": addresses are asked for on the link before they are offered."""

import signal
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.clients.access import cpu_seconds
from tests.clients.boxes import MAC, STRANGER
from tests.clients.net import wait_until
from tests.clients.taps import Tap
from tests.clients.worlds import AAA, SERVER, Direct

pytestmark = pytest.mark.clients
HEADER = 24  # octets of a capture with nothing in it
OTHER_STRANGER = "00:11:22:33:44:66"


@pytest.fixture
def world(direct: Callable[..., Direct]) -> Direct:
    """One installed box, and a gate that probes and tells strangers not to make up an address."""
    made = direct()
    keys = '[dhcp]\narp_probe = "first"\ndeny_auto_configure = true\n'
    made.gate.file.write_text(made.gate.file.read_text().replace("[dhcp]\n", keys))
    made.gate.install(MAC, "028123456@itv")
    made.gate.start()
    return made


def test_a_probed_address_in_use_is_never_offered(world: Direct) -> None:
    """The squatter answers our probe, and the box is offered the next address."""
    squatter = world.box("02:00:00:00:00:66")
    squatter.space.set_up("eth0", "10.20.1.0/16")
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    assert box.wait_for("bound")["ip"] == "10.20.1.1"
    states = {row["address"]: row["state"] for row in world.gate.show("leases")}
    assert states == {"10.20.1.0": "declined", "10.20.1.1": "active"}
    assert "no offer ADDRESS_CONFLICT" in world.gate.log()
    assert "DHCPOFFER on 10.20.1.0" not in world.gate.log()
    world.gate.assert_sound()


def test_an_interface_that_is_lost_while_it_is_probed_is_served_again_when_it_is_back(world: Direct) -> None:
    """The process does not spin meanwhile; the box asks anew and gets the address that was asked for."""
    probes = Tap(world.space, "acc0", world.gate.file.with_name("probes.pcap"), "arp")
    box = world.box(MAC)
    box.udhcpc("-t", "20", "-T", "1", "-A", "1")
    wait_until(lambda: probes.file.stat().st_size > HEADER, 5, "a probe", every_s=0.005)
    world.space.ip("link del acc0")
    world.gate.wait_for("alarm: interface acc0 is lost")
    assert world.gate.process
    before = cpu_seconds(world.gate.process)
    time.sleep(2)
    assert cpu_seconds(world.gate.process) - before < 0.5
    world.net.plug(world.space, "acc0", world.switch)
    world.space.set_up("acc0", f"{SERVER}/16", AAA)
    world.gate.wait_for("interface acc0 is back")
    assert box.wait_for("bound")["ip"] == "10.20.1.0"
    world.gate.assert_sound()


@pytest.mark.rfc(2563, "2.3")
def test_refusals_by_option_116_are_not_probed_and_do_not_push_each_other_out(world: Direct) -> None:
    """They offer 0.0.0.0, which nobody can hold; two strangers that ask at once are both told at once."""
    tap = world.tap()
    zero = Tap(world.space, "acc0", world.gate.file.with_name("zero.pcap"), "arp[24:4] = 0")
    strangers = (STRANGER, OTHER_STRANGER)
    clients = [world.box(mac).udhcpc("-n", "-q", "-t", "1", "-T", "1", "-x", "0x74:01") for mac in strangers]
    tap.wait_for(lambda seen: {one.mac for one in seen if one.kind == "OFFER"} == set(strangers), 5, "both offers")
    for client in clients:
        client.end(signal.SIGKILL)
    for mac in strangers:
        told = tap.dhcp(mac=mac)
        assert ("DISCOVER", "OFFER") in pairwise(one.kind for one in told)
        assert {(one.yiaddr, one.option(116)) for one in told if one.kind == "OFFER"} == {("0.0.0.0", b"\0")}
    assert zero.file.stat().st_size == HEADER
    world.gate.assert_sound()


def test_arp_probe_is_taken_up_at_a_restart(world: Direct) -> None:
    """It needs sockets of its own; a reload says so, and goes on with the rest."""
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace('arp_probe = "first"', 'arp_probe = "off"'))
    assert world.gate.process
    world.gate.process.send(signal.SIGHUP)
    world.gate.wait_for("is in force")
    assert "reload: [dhcp] arp_probe stays as it is until a restart" in world.gate.log()
    world.gate.assert_sound()
