"""Garbage on every door: it is counted, it breaks nothing, and the next box is served."""

import socket
import time
from collections.abc import Callable, Iterable

import pytest

from tests.clients.boxes import MAC, STBID
from tests.clients.garbage import dhcp_bases, radius_bases, spoiled, spoiled_frames
from tests.clients.nas import access_request
from tests.clients.net import Space, wait_until
from tests.clients.worlds import BRAS, SERVER, Direct

pytestmark = pytest.mark.clients

_VICTIM = "d4:c1:c8:00:00:02"
_COUNT = 4000


@pytest.fixture
def world(direct: Callable[..., Direct]) -> Direct:
    """Two installed boxes: one is well, in the name of the other comes the garbage."""
    made = direct(radius=True)
    made.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    made.gate.install(_VICTIM, "victim@itv")
    made.gate.start()
    return made


def pour(packets: Iterable[bytes], send: Callable[[bytes], object]) -> None:
    """Not faster than the receive buffer empties, so that all of it is read."""
    for number, packet in enumerate(packets):
        try:
            send(packet)
        except OSError:
            continue  # the kernel would not even send it
        if number % 64 == 63:
            time.sleep(0.005)


def udp_socket(space: Space, address: str, port: int = 0) -> socket.socket:
    one = space.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((address, port))
    return one


def assert_well(world: Direct, counter: str) -> None:
    """Boxes and BRAS are served, nothing broke, and MALFORMED was counted."""
    wait_until(lambda: world.gate.counted(counter, "MALFORMED"), 5, f"{counter} MALFORMED counted")
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    assert access_request(world.bras, MAC).name == "Access-Accept"
    world.gate.assert_sound()
    assert world.gate.counted("bugs") == 0
    assert world.gate.stop() == 0


def test_garbage_by_udp_to_the_dhcp_port(world: Direct) -> None:
    """From relays and from nowhere, spoiled at every place."""
    sender = world.net.space("sender")
    world.net.plug(sender, "eth0", world.switch)
    sender.set_up("eth0", "10.20.0.1/16")
    one = udp_socket(sender, "10.20.0.1", 67)
    packets = spoiled(dhcp_bases(bytes.fromhex(_VICTIM.replace(":", ""))), _COUNT, seed=1)
    pour(packets, lambda packet: one.sendto(packet, (SERVER, 67)))
    assert_well(world, "dhcp")


def test_garbage_by_udp_to_the_radius_port(world: Direct) -> None:
    """From a NAS that is known, so that it gets as far as it can."""
    one = udp_socket(world.bras, BRAS)
    packets = spoiled(radius_bases(bytes.fromhex(_VICTIM.replace(":", "")), b"testing123"), _COUNT, seed=2)
    pour(packets, lambda packet: one.sendto(packet, ("192.0.2.1", 1812)))
    assert_well(world, "radius")


def test_garbage_in_frames_on_the_access_vlan(world: Direct) -> None:
    """Spoiled messages, spoiled headers, cut frames."""
    sender = world.net.space("sender")
    world.net.plug(sender, "eth0", world.switch)
    sender.set_up("eth0", mac=_VICTIM)
    one = sender.socket(socket.AF_PACKET, socket.SOCK_RAW)
    one.bind(("eth0", 0x0800))
    mac = bytes.fromhex(_VICTIM.replace(":", ""))
    pour(spoiled_frames(dhcp_bases(mac), mac, _COUNT, seed=3), one.send)
    assert_well(world, "dhcp")
