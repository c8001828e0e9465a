"""RFC 2131 4.3.3 with a real client: an address that somebody else uses."""

from collections.abc import Callable

import pytest

from tests.clients.boxes import MAC
from tests.clients.worlds import Direct

pytestmark = pytest.mark.clients


def test_an_address_in_use_is_declined_quarantined_and_another_is_given(direct: Callable[..., Direct]) -> None:
    """udhcpc -a asks by ARP before it takes the lease, and a squatter answers for the first address of the pool."""
    world = direct()
    squatter = world.box("02:00:00:00:00:66")
    squatter.space.set_up("eth0", "10.20.1.0/16")
    world.gate.install(MAC, "028123456@itv")
    world.gate.start()
    box = world.box(MAC)
    client = box.udhcpc("-a", "-q", "-n", "-t", "3", "-T", "1")
    assert box.wait_for("bound", timeout_s=30)["ip"] == "10.20.1.1"
    assert client.wait(10) == 0
    states = {row["address"]: row["state"] for row in world.gate.show("leases")}
    assert states == {"10.20.1.0": "declined", "10.20.1.1": "active"}
    assert [(row["leased"], row["quarantined"]) for row in world.gate.show("pools")] == [(1, 1)]
    assert "DHCPDECLINE of 10.20.1.0 from d4:c1:c8:ee:9b:1f" in world.gate.log()
    world.gate.assert_sound()
