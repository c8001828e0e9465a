"""Real clients on the access VLAN that the gate listens on by frames."""

from collections.abc import Callable

import pytest

from tests.clients.boxes import MAC, STBID, STRANGER
from tests.clients.gate import OPTION_43
from tests.clients.net import wait_until
from tests.clients.worlds import SERVER, Direct

pytestmark = pytest.mark.clients
World = Callable[..., Direct]


@pytest.fixture
def world(direct: World) -> Direct:
    """One installed box."""
    made = direct()
    made.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    made.gate.start()
    return made


def test_udhcpc_gets_all_that_the_box_needs(world: Direct) -> None:
    """Address, mask, router, DNS, lease time, NTP, and the ITMS in Option 43, octet for octet."""
    tap = world.tap()
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    bound = box.wait_for("bound")
    assert bound["ip"].startswith("10.20.")
    assert bound["subnet"] == "255.255.0.0"
    assert bound["router"] == "10.20.0.1"
    assert bound["dns"] == "10.20.0.53 10.20.0.54"
    assert bound["lease"] == "3600"
    assert bound["serverid"] == SERVER
    assert bound["opt43"] == OPTION_43.hex()
    (ack,) = tap.wait_for(lambda seen: any(one.kind == "ACK" for one in seen), 5, "the ACK")[3:]
    assert ack.option(43) == OPTION_43
    assert (ack.yiaddr, ack.mac, ack.heard.source) == (bound["ip"], MAC, SERVER)
    lease = world.gate.lease(MAC)
    assert (lease["address"], lease["state"], lease["account"]) == (bound["ip"], "active", "028123456@itv")


def test_option_43_comes_to_a_box_that_does_not_ask_for_it(world: Direct) -> None:
    """Sichuan boxes leave 43 out of their request list."""
    tap = world.tap()
    box = world.box(MAC)
    box.dhclient("-d")
    box.wait_for("BOUND")
    seen = tap.dhcp()
    assert [one.kind for one in seen] == ["DISCOVER", "OFFER", "REQUEST", "ACK"]
    asked, _, asked_again, _ = (one.option(55) or b"" for one in seen)
    assert asked and 43 not in asked + asked_again
    assert [seen[at].option(43) for at in (1, 3)] == [OPTION_43, OPTION_43]
    assert [seen[at].option(12) for at in (0, 2)] == [STBID.encode()] * 2


def test_two_boxes_of_an_account_share_no_address(world: Direct) -> None:
    """The ordered one is the first box's; the other one gets one of the pool, and keeps that."""
    world.gate.install(STRANGER, "028123456@itv", "--address", "10.20.9.9")
    first, second = world.box(MAC), world.box(STRANGER)
    assert first.udhcpc_once() == 0
    assert first.wait_for("bound")["ip"] == "10.20.9.9"
    assert second.udhcpc_once() == 0
    held = second.wait_for("bound")["ip"]
    assert held.startswith("10.20.") and held != "10.20.9.9"
    assert world.gate.lease(MAC)["address"] == "10.20.9.9"
    assert world.gate.lease(STRANGER)["address"] == held


def test_an_unknown_box_gets_nothing_and_is_listed(world: Direct) -> None:
    """Not one packet to it; the technician finds it in ``show refused``."""
    tap = world.tap()
    stranger = world.box(STRANGER)
    assert stranger.udhcpc_once() != 0
    heard = tap.dhcp(mac=STRANGER)
    assert [one.kind for one in heard] == ["DISCOVER"] * 3
    row = wait_until(lambda: world.gate.show("refused", "--mac", STRANGER), 5, "the refused box")[0]
    assert (row["reason"], row["protocol"]) == ("UNKNOWN_MAC", "dhcp")
    wait_until(lambda: world.gate.show("refused", "--mac", STRANGER)[0]["count"] == 3, 5, "three refusals")
    world.gate.wait_for(f"DHCPDISCOVER from {STRANGER} via acc0: no offer UNKNOWN_MAC")
    assert world.gate.show("leases") == []


def test_an_order_lets_a_retrying_box_in(world: Direct) -> None:
    """The box goes on asking as boxes do; once the order is in, its next try gets the lease."""
    stranger = world.box(STRANGER)
    client = stranger.udhcpc("-t", "2", "-T", "1", "-A", "1")
    wait_until(lambda: world.gate.show("refused", "--mac", STRANGER), 10, "the refused box")
    world.gate.install(STRANGER, "later@itv")
    bound = stranger.wait_for("bound", timeout_s=6)
    assert client.running()
    assert world.gate.lease(STRANGER)["address"] == bound["ip"]
    assert "later@itv" in world.gate.log()


def test_dhclient_gets_releases_and_comes_back_to_the_same_address(world: Direct) -> None:
    """DORA, RELEASE, DORA, and INIT-REBOOT from its lease file."""
    box = world.box(MAC)
    tap = world.tap()
    client = box.dhclient_bound()
    bound = box.wait_for("BOUND")
    address = bound["new_ip_address"]
    assert bound["new_subnet_mask"] == "255.255.0.0"
    assert bound["new_routers"] == "10.20.0.1"
    assert bound["new_domain_name_servers"] == "10.20.0.53 10.20.0.54"
    assert bound["new_dhcp_lease_time"] == "3600"
    client.end()

    # It forgot nothing: RFC 2131 4.3.2, INIT-REBOOT.
    again = box.dhclient_bound()
    assert box.wait_for("REBOOT")["new_ip_address"] == address
    kinds = [one.kind for one in tap.dhcp(mac=MAC)]
    assert kinds == ["DISCOVER", "OFFER", "REQUEST", "ACK", "REQUEST", "ACK"]
    again.end()

    assert box.dhclient("-r").wait(10) == 0
    wait_until(lambda: world.gate.lease(MAC)["state"] == "released", 5, "the released lease")
    seen = len(box.events())
    box.dhclient("-d")
    assert box.wait_for("BOUND", "REBOOT", after=seen)["new_ip_address"] == address
    assert world.gate.lease(MAC)["state"] == "active"


def test_dhclient_without_an_order_gets_nothing(world: Direct) -> None:
    """It says so and leaves with 2."""
    stranger = world.box(STRANGER)
    client = stranger.dhclient("-1", "-d", timeout_s=3)
    assert client.wait(15) == 2
    assert "No DHCPOFFERS received" in client.text()


def test_dhcpcd_gets_a_lease(world: Direct) -> None:
    """It sends a DUID as its client identifier, and leaves once it is configured."""
    box = world.box(MAC)
    client = box.dhcpcd()
    bound = box.wait_for("BOUND", timeout_s=20)
    assert bound["new_ip_address"] == world.gate.lease(MAC)["address"]
    client.end()
