"""What real clients hear of what they are to start from, and whose class they are in."""

from collections.abc import Callable

import pytest

from tests.clients.boxes import MAC, STBID, Box
from tests.clients.worlds import Direct

pytestmark = pytest.mark.clients
World = Callable[..., Direct]

SUBNET = 'next_server = "10.20.0.9"\nboot_file = "stb/kernel.bin"\nserver_name = "tftp.example.net"\n'
TABLES = """
[[dhcp.class]]
exact = "SCITV"
boot_file = "scitv/kernel.bin"

[[dhcp.profile]]
plan = "gold"
next_server = "10.20.0.10"
"""


@pytest.fixture
def box(direct: World) -> Box:
    """A box whose account has a plan."""
    world = direct()
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace("lease_s = ", f"{SUBNET}lease_s = ", 1) + TABLES)
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID, "--plan", "gold")
    world.gate.start()
    return world.box(MAC)


def test_udhcpc_hears_what_its_class_and_plan_start_from(box: Box) -> None:
    """The header's fields, and the options that it asks for."""
    assert box.udhcpc_once("-O", "tftp", "-O", "bootfile") == 0
    bound = box.wait_for("bound")
    assert (bound["siaddr"], bound["boot_file"]) == ("10.20.0.10", "scitv/kernel.bin")
    assert (bound["sname"], bound["tftp"]) == ("tftp.example.net", "tftp.example.net")
    assert bound["bootfile"] == "scitv/kernel.bin"


def test_udhcpc_that_says_its_own_make_beside_the_given_one_is_in_its_class(box: Box) -> None:
    """OpenWrt's way to send an option 60: udhcpc -x 60:…, and the client's own stays in the message."""
    assert box.udhcpc_once("-V", "udhcp 1.36.1", "-x", f"60:{b'SCITV'.hex()}") == 0
    assert box.wait_for("bound")["boot_file"] == "scitv/kernel.bin"
