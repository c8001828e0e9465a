"""Real clients behind ISC's relay, which appends Option 82."""

import signal
from collections.abc import Callable

import pytest

from tests.clients.boxes import MAC, STBID, STRANGER
from tests.clients.gate import OPTION_43
from tests.clients.net import run, wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import RELAY, SERVER, Relayed

_AGENT = "dhcp.option.agent_information_option"
pytestmark = pytest.mark.clients


@pytest.fixture
def world(relayed: Callable[..., Relayed]) -> Relayed:
    """One installed box, and a relay."""
    made = relayed()
    made.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    made.gate.start()
    made.dhcrelay()
    return made


def test_udhcpc_behind_the_relay_gets_its_lease(world: Relayed) -> None:
    """The subnet is the relay's, and all options come through."""
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    bound = box.wait_for("bound")
    assert bound["ip"].startswith("10.21.")
    assert (bound["router"], bound["serverid"]) == (RELAY, SERVER)
    assert bound["opt43"] == OPTION_43.hex()
    world.gate.wait_for(f"DHCPACK on {bound['ip']} to {MAC} via {RELAY} account=028123456@itv")


def test_option_82_comes_back_octet_for_octet_and_last(world: Relayed) -> None:
    """RFC 3046 2.2. The relay takes it off again, and so needs to find it."""
    tap = world.tap()
    box = world.box(MAC)
    box.dhclient("-d")
    assert box.wait_for("BOUND")["new_ip_address"].startswith("10.21.")
    seen = tap.wait_for(lambda seen: any(one.kind == "ACK" for one in seen), 5, "the ACK")
    assert [one.kind for one in seen] == ["DISCOVER", "OFFER", "REQUEST", "ACK"]
    discover, offer, request, ack = seen
    for asked, answered in ((discover, offer), (request, ack)):
        assert asked.giaddr == answered.giaddr == answered.heard.target == RELAY
        assert answered.heard.target_port == 67
        assert asked.option(82)
        assert answered.options[-1] == (82, asked.option(82))
        assert answered.option(61) == asked.option(61)
    agent = request.option(82) or b""
    circuit = agent[2 : 2 + agent[1]]
    assert circuit == b"acc0"
    (binding,) = world.gate.show("bindings")
    assert (binding["port"], binding["port_state"]) == (f"{RELAY}|acc0", "learned")


def test_tshark_finds_nothing_wrong_with_the_answers(world: Relayed) -> None:
    """A reader of its own: no malformed packet, no warning, Option 82 and 43 seen."""
    tap = world.tap()
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    tap.wait_for(lambda seen: any(one.kind == "ACK" for one in seen), 5, "the ACK")
    tap.stop()
    checks = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    shown = ["dhcp.option.dhcp", "_ws.expert", "dhcp.option.type", f"{_AGENT}.agent_circuit_id"]
    fields = [word for name in shown for word in ("-e", name)]
    done = run("tshark", "-r", str(tap.file), *checks, "-Y", "dhcp", "-T", "fields", *fields, timeout_s=60)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["1", "2", "3", "5"]
    assert [row[1] for row in rows] == [""] * 4
    # tshark versions differ in how they number END.
    assert [[code for code in row[2].split(",") if code not in ("0", "255")][-1] for row in rows] == ["82"] * 4
    assert [row[3] for row in rows] == [b"acc0".hex()] * 4


def test_an_unknown_box_behind_the_relay_gets_nothing(world: Relayed) -> None:
    """Nothing goes back to the relay, and its port is listed with it."""
    tap = world.tap()
    stranger = world.box(STRANGER)
    assert stranger.udhcpc_once() != 0
    assert {one.kind for one in tap.dhcp(mac=STRANGER)} == {"DISCOVER"}
    row = wait_until(lambda: world.gate.show("refused", "--mac", STRANGER), 5, "the refused box")[0]
    assert (row["reason"], row["port"]) == ("UNKNOWN_MAC", f"{RELAY}|acc0")


def test_a_release_behind_the_relay_frees_the_address(world: Relayed) -> None:
    """The RELEASE is unicast, so it passes the relay by."""
    box = world.box(MAC)
    client = box.udhcpc("-R")
    box.wait_for("bound")
    assert world.gate.lease(MAC)["state"] == "active"
    client.end()
    wait_until(lambda: world.gate.lease(MAC)["state"] == "released", 5, "the released lease")


def test_options_that_found_no_room_are_counted_in_the_stats(relayed: Callable[..., Relayed]) -> None:
    """RFC 2131 2: a reply has 576 octets unless option 57 says more; also those before a reload are in the sum."""
    world = relayed()
    large = "".join(f'{code} = "{200 * "ab"}", ' for code in (200, 201, 202))
    world.gate.file.write_text(world.gate.file.read_text().replace("options = { ", f"options = {{ {large}"))
    world.gate.install(MAC, "028123456@itv")
    world.gate.start()
    relay = RelayAgent(world.relay)
    assert relay.dora(MAC, b"ge 1/0/7")
    assert world.gate.process
    world.gate.process.send(signal.SIGHUP)
    world.gate.wait_for("is in force")
    assert relay.dora(MAC, b"ge 1/0/7")
    # One of the three fits. Two DORAs have four replies.
    left_out = [f"dhcp.option-left-out.{code}" for code in (201, 202)]
    wait_until(lambda: [world.gate.counted(name) for name in left_out] == [4, 4], 5, "the counts")
    assert world.gate.log().count("dhcp: option 201 had no room in a reply") == 1
    world.gate.assert_sound()
