"""Renewals by unicast, as boxes send them: heard directly, and routed past the relay."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.clients.boxes import MAC, STBID
from tests.clients.gate import config, dhcp_config
from tests.clients.net import wait_until
from tests.clients.taps import Dhcp, Tap
from tests.clients.worlds import RELAY, SERVER, Direct, Relayed

pytestmark = pytest.mark.clients
EVERYBODY = "255.255.255.255"


def rfc3339(at: float) -> str:
    """As ``show`` prints times."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def renewals(tap: Tap, address: str) -> list[Dhcp]:
    """Requests from the address itself to the server, and the ACKs back."""
    seen = [one for one in tap.dhcp() if one.ciaddr == address]
    asked = [one for one in seen if one.kind == "REQUEST" and (one.heard.source, one.heard.target) == (address, SERVER)]
    granted = [one for one in seen if one.kind == "ACK" and one.heard.target == address]
    return asked + granted if asked and granted else []


def test_dhclient_renews_by_unicast_in_its_own_time(direct: Callable[..., Direct]) -> None:
    """Half-way through a short lease the box asks our port 67, is answered there, and the lease goes on."""
    world = direct(lease_s=10)
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.gate.start()
    tap, box = world.tap(), world.box(MAC)
    box.dhclient("-d")
    address = box.wait_for("BOUND")["new_ip_address"]
    before = world.gate.lease(MAC)["lease_expires"]
    assert box.wait_for("RENEW", timeout_s=14)["new_ip_address"] == address
    asked, granted = wait_until(lambda: renewals(tap, address), 5, "the renewal in the capture")[:2]
    assert asked.heard.target_port == granted.heard.source_port == 67
    assert (asked.option(50), asked.option(54)) == (None, None)
    assert granted.yiaddr == address
    assert granted.option(51) == (10).to_bytes(4, "big")
    after = world.gate.lease(MAC)
    assert (after["address"], after["state"]) == (address, "active")
    assert after["lease_expires"] > before


def test_a_box_that_comes_back_at_once_is_told_what_remains(direct: Callable[..., Direct]) -> None:
    """It renews, and after a reboot begins anew: nothing is written (RFC 2131 4.3.1; Kea's lease caching)."""
    world = direct()
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace("defer = 0\n", ""))
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.gate.start()
    tap, box = world.tap(), world.box(MAC)
    client = box.udhcpc()
    address = box.wait_for("bound")["ip"]
    written = world.gate.lease(MAC)
    client.send(signal.SIGUSR1)
    assert box.wait_for("renew")["ip"] == address
    client.end()
    begun = len(box.events())
    box.udhcpc()
    assert box.wait_for("bound", after=begun)["ip"] == address
    wait_until(lambda: len([one for one in tap.dhcp() if one.kind in ("OFFER", "ACK")]) >= 5, 3, "all answers heard")
    told = [one.option(51) for one in tap.dhcp() if one.kind in ("OFFER", "ACK")]
    left_s = [int.from_bytes(value or b"", "big") for value in told]
    assert left_s[:2] == [3600, 3600] and len(left_s) >= 5  # who waits for an answer may ask again
    assert all(3540 < left <= 3600 for left in left_s[2:]) and left_s == sorted(left_s, reverse=True)
    assert world.gate.lease(MAC) == written
    world.gate.wait_for("extension=deferred extended_at=")
    wait_until(lambda: world.gate.counted("remaining-time") >= 3, 3, "those answers in the counts")


def test_udhcpc_renews_by_unicast_when_told_to(direct: Callable[..., Direct]) -> None:
    """Left alone it would wait for a minute at least; SIGUSR1 makes it renew now, in the same way."""
    world = direct()
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.gate.start()
    tap, box = world.tap(), world.box(MAC)
    client = box.udhcpc()
    address = box.wait_for("bound")["ip"]
    before = world.gate.lease(MAC)["lease_expires"]
    # Times on record are whole seconds.
    wait_until(lambda: world.gate.lease(MAC)["lease_expires"] < rfc3339(time.time() + 3598), 5, "a second to pass")
    client.send(signal.SIGUSR1)
    assert box.wait_for("renew")["ip"] == address
    wait_until(lambda: renewals(tap, address), 5, "the renewal in the capture")
    assert world.gate.lease(MAC)["lease_expires"] > before


def test_a_cancelled_box_hears_no_at_its_next_renewal(direct: Callable[..., Direct]) -> None:
    """NAK, and then silence: its DISCOVER gets nothing."""
    world = direct()
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.gate.start()
    tap, box = world.tap(), world.box(MAC)
    client = box.udhcpc("-t", "2", "-T", "1", "-A", "1")
    box.wait_for("bound")
    world.gate.cli("order", "cancel", "--order", "c1", "--account", "028123456@itv")
    client.send(signal.SIGUSR1)
    box.wait_for("nak")
    box.wait_for("leasefail")
    world.gate.wait_for("DHCPNAK")
    kinds = [one.kind for one in tap.dhcp(mac=MAC)]
    assert kinds.count("OFFER") == 1
    assert kinds[-1] == "DISCOVER"
    (nak,) = tap.dhcp(mac=MAC, kind="NAK")
    assert (nak.heard.source, nak.heard.target, nak.heard.target_mac) == (SERVER, EVERYBODY, "ff:ff:ff:ff:ff:ff")


def test_a_nak_from_a_listener_on_every_address_leaves_where_the_box_is(direct: Callable[..., Direct]) -> None:
    """listen = 0.0.0.0, and a second interface that has the default route: a broadcast has no route of its own."""
    world = direct()
    aside = world.net.switch("aside")
    world.net.plug(world.space, "far0", aside)
    world.space.set_up("far0", "198.51.100.2/24")
    world.space.ip("route add default via 198.51.100.1 dev far0")
    world.gate.file.write_text(config(dhcp_config(listen=["0.0.0.0:67"])))
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.gate.start()
    tap, box = world.tap(), world.box(MAC)
    beside = Tap(world.space, "far0", world.gate.file.with_name("aside.pcap"))
    client = box.udhcpc("-t", "2", "-T", "1", "-A", "1")
    box.wait_for("bound")
    world.gate.cli("order", "cancel", "--order", "c1", "--account", "028123456@itv")
    client.send(signal.SIGUSR1)
    box.wait_for("nak")
    naks = tap.wait_for(lambda seen: any(one.kind == "NAK" for one in seen), 5, "the NAK")
    assert [(one.heard.source, one.heard.target) for one in naks if one.kind == "NAK"] == [(SERVER, EVERYBODY)]
    assert beside.dhcp() == []


def test_a_cancelled_box_behind_a_router_hears_no_at_its_own_address(relayed: Callable[..., Relayed]) -> None:
    """No broadcast passes the router, so the NAK goes to the address that the box still has."""
    world = relayed()
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.gate.start()
    world.dhcrelay()
    tap, box = world.tap(), world.box(MAC)
    client = box.udhcpc("-t", "2", "-T", "1", "-A", "1")
    address = box.wait_for("bound")["ip"]
    world.gate.cli("order", "cancel", "--order", "c1", "--account", "028123456@itv")
    client.send(signal.SIGUSR1)
    box.wait_for("nak")
    # ISC's relay listens to frames, and relays what passes by to the server as well; that answer is not meant here.
    naks = wait_until(lambda: tap.dhcp(kind="NAK", giaddr="0.0.0.0"), 5, "the NAK")
    assert [(one.heard.source, one.heard.target) for one in naks] == [(SERVER, address)]


def test_a_routed_renewal_without_option_82_is_granted_after_the_port_was_learned(
    relayed: Callable[..., Relayed],
) -> None:
    """RFC 3046 2.1: the relay does not touch it, so it names no port; the one learned with the lease stands."""
    world = relayed()
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.gate.start()
    world.dhcrelay()
    tap, box = world.tap(), world.box(MAC)
    client = box.udhcpc()
    address = box.wait_for("bound")["ip"]
    (binding,) = world.gate.show("bindings")
    assert binding["port_state"] == "learned"
    first = world.gate.lease(MAC)
    wait_until(lambda: world.gate.show("leases")[0]["port"] == binding["port"], 5, "the port on the lease")
    client.send(signal.SIGUSR1)
    assert box.wait_for("renew")["ip"] == address
    asked, granted = wait_until(lambda: renewals(tap, address), 5, "the routed renewal in the capture")[:2]
    assert (asked.option(82), granted.option(82)) == (None, None)
    assert asked.giaddr == "0.0.0.0"
    after = world.gate.lease(MAC)
    assert (after["port"], after["first_seen"]) == (first["port"], first["first_seen"])
    assert first["port"].startswith(f"{RELAY}|")
    assert world.gate.counted("PORT_MISSING") == 0
