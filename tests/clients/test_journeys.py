"""The four processes of zero-touch IPTV with real programs: install by customer and by technician, swap, move.

udhcpc behind ISC's dhcrelay, radclient as the BRAS with authentication and accounting, FreeRADIUS taking Disconnects.
"""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.boxes import MAC, STBID
from tests.clients.coa_target import CoaTarget
from tests.clients.nas import access_request, accounting_request
from tests.clients.net import wait_until
from tests.clients.worlds import BRAS, Relayed

pytestmark = pytest.mark.clients

ACCOUNT, NEW = "028123456@itv", "d4:c1:c8:ee:9b:20"


class Journey:
    """A gate with everything, one subscriber, and what happens to him."""

    def __init__(self, world: Relayed, folder: Path) -> None:
        self.world = world
        self.gate = world.gate
        text = self.gate.file.read_text()
        both = '"192.0.2.1:1812"]\nlisten_acct = ["192.0.2.1:1813"]'
        self.gate.file.write_text(text.replace('"192.0.2.1:1812"]', both))
        self.target = CoaTarget(world.bras, folder, BRAS)
        self._orders = 0

    def begin(self) -> None:
        self.world.dhcrelay()
        self.gate.start()
        self.target.start()

    def order(self, kind: str, *words: str) -> str:
        self._orders += 1
        number = f"{kind}-{self._orders}"
        self.gate.cli("order", kind, "--order", number, "--account", ACCOUNT, *words)
        return number

    def online(self, mac: str, session: str) -> None:
        """The BRAS asks about the box, lets it in, and accounts for it."""
        answer = access_request(self.world.bras, mac)
        assert answer.name == "Access-Accept", answer.text
        told = answer.attributes["Class"][0]
        accounting_request(self.world.bras, "Start", session, User_Name=mac, Class=told)

    def effects(self, number: str) -> str:
        return str(next(row["effects"] for row in self.gate.show("orders") if row["order"] == number))

    def kinds(self, key: str) -> list[str]:
        return [line.split()[1] for line in self.gate.cli("timeline", key).stdout.splitlines()]


@pytest.fixture
def journey(relayed: Callable[..., Relayed], tmp_path: Path) -> Iterator[Journey]:
    made = Journey(relayed(), tmp_path)
    yield made
    made.gate.assert_sound()


def test_the_customer_installs_the_box_himself(journey: Journey) -> None:
    """Order, AAA, address, ITMS URL; the timeline tells it all, and the ITMS can ask who has the address."""
    journey.begin()
    journey.order("install", "--stbid", STBID, "--down", "20000", "--up", "4000")
    journey.online(MAC, "00000001")
    box = journey.world.box(MAC)
    box.udhcpc()
    bound = box.wait_for("bound")
    assert bytes.fromhex(bound["opt43"])[2:34] == b"http://itms.example.net:7547/acs"
    row = journey.gate.show("sessions", "--mac", MAC)[0]
    assert (row["account"], row["state"]) == (ACCOUNT, "active")
    # Who was let in by RADIUS without anything to be kept is on record within a second or so.
    wait_until(lambda: set(journey.kinds(MAC)) >= {"order", "Access-Accept", "session", "lease"}, 5, "all of it")
    assert journey.kinds(MAC)[0] == "order"
    told = journey.gate.cli("whois", bound["ip"]).stdout
    assert told.startswith(f"{bound['ip']} {MAC} account={ACCOUNT} ")


def test_the_technician_fills_the_mac_in_while_the_box_is_trying(journey: Journey) -> None:
    """No restart, no waiting for a cache: the box's next try gets the lease."""
    journey.begin()
    journey.order("install", "--down", "20000", "--up", "4000")
    assert journey.gate.show("bindings")[0]["state"] == "waiting"
    box = journey.world.box(MAC)
    box.udhcpc("-t", "3", "-T", "1", "-A", "1")
    wait_until(lambda: journey.gate.show("refused", "--mac", MAC), 10, "the refused box")
    journey.order("amend", "--stbid", STBID)
    box.wait_for("bound", timeout_s=5)
    assert journey.kinds(MAC)[:3] == ["order", "refused", "order"]
    assert "UNKNOWN_MAC" in journey.gate.cli("timeline", MAC).stdout.splitlines()[1]
    assert journey.gate.show("refused", "--mac", MAC) == []


def test_a_swap_while_both_boxes_are_powered(journey: Journey) -> None:
    """The old one hears no at its next renewal and its session ends; the new one is in at once; and back again."""
    journey.begin()
    journey.order("install", "--stbid", STBID)
    journey.online(MAC, "00000001")
    old, new = journey.world.box(MAC), journey.world.box(NEW)
    client = old.udhcpc("-A", "1", "-T", "1")
    address = old.wait_for("bound")["ip"]
    new.udhcpc("-t", "3", "-T", "1", "-A", "1")
    wait_until(lambda: journey.gate.show("refused", "--mac", NEW), 10, "the new box, refused")
    before = len(old.events())
    number = journey.order("swap", "--old-mac", MAC, "--mac", NEW)
    bound = new.wait_for("bound", timeout_s=6)
    assert bound["ip"] != address  # the old box may still use its own
    client.send(signal.SIGUSR1)  # renew now
    old.wait_for("nak", "deconfig", after=before)
    wait_until(lambda: "acknowledged" in journey.effects(number), 8, "the Disconnect acknowledged")
    assert "00000001" in journey.target.received("Disconnect-Request")[0]
    before = len(old.events())
    journey.order("swap", "--old-mac", NEW, "--mac", MAC)
    assert old.wait_for("bound", timeout_s=12, after=before)["ip"] != bound["ip"]


def test_the_subscriber_moves(journey: Journey) -> None:
    """The old line forgets him, the new one is learned, the session ends; an address of the old place goes on."""
    journey.begin()
    journey.order("install", "--stbid", STBID)
    box = journey.world.box(MAC)
    assert box.udhcpc_once() == 0
    first = journey.gate.show("bindings")[0]
    assert first["port_state"] == "learned"
    number = journey.order("move")
    assert journey.gate.show("bindings")[0]["port_state"] == "unlearned"
    assert "port_state learned -> unlearned" in journey.effects(number)
    assert box.udhcpc_once() == 0
    assert journey.gate.show("bindings")[0]["port_state"] == "learned"
