"""The access line: learned by one protocol, it binds the other. Lines in the China Telecom form, as both see them."""

from collections.abc import Callable

import pytest

from gatekeeper.wire.dhcp import DISCOVER
from tests.clients.boxes import MAC, STBID
from tests.clients.nas import Answer, access_request
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import MIKROTIK, Relayed

pytestmark = pytest.mark.clients

# The access node leaves the BRAS part empty, the BRAS fills it in and adds its outer tag.
HOME_AT_NODE, HOME_AT_BRAS = b"0 0/0/0:4096.1234 CD-OLT-07/0/0/1/0/7", "eth 1/2/3:502.1234 CD-OLT-07/0/0/1/0/7"
AWAY_AT_NODE, AWAY_AT_BRAS = b"0 0/0/0:4096.1234 CD-OLT-07/0/0/1/0/8", "eth 1/2/3:502.1234 CD-OLT-07/0/0/1/0/8"


class Line:
    """One box that can be carried from line to line, and heard by both protocols."""

    def __init__(self, world: Relayed) -> None:
        self.gate = world.gate
        self.relay = RelayAgent(world.relay)
        self._bras = world.bras

    def by_dhcp(self, circuit: bytes) -> str:
        """The address it gets."""
        return self.relay.dora(MAC, circuit)

    def is_silent(self, circuit: bytes) -> bool:
        """True if its DISCOVER gets no answer."""
        return self.relay.answer_to(self.relay.ask(DISCOVER, MAC, circuit), timeout_s=0.7) is None

    def by_radius(self, line: str, **keys: str) -> Answer:
        return access_request(self._bras, MAC, NAS_Port_Id=line, **keys)  # type: ignore[arg-type]

    def binding(self) -> tuple[str, str]:
        (row,) = self.gate.show("bindings")
        return row["port"], row["port_state"]


@pytest.fixture
def line(relayed: Callable[..., Relayed]) -> Line:
    """The box is installed; its line is not known."""
    world = relayed()
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.gate.start()
    return Line(world)


def test_a_line_learned_by_radius_binds_dhcp(line: Line) -> None:
    """At home both are let in; away the DISCOVER is dropped with the two lines named."""
    assert line.binding() == ("", "unlearned")
    assert line.by_radius(HOME_AT_BRAS).name == "Access-Accept"
    assert line.binding() == (HOME_AT_BRAS, "learned")
    assert line.is_silent(AWAY_AT_NODE)
    line.gate.wait_for("no offer PORT_MISMATCH")
    assert f'bound="{HOME_AT_BRAS}" seen="{AWAY_AT_NODE.decode()}"' in line.gate.log()
    row = wait_until(lambda: line.gate.show("refused"), 5, "the refused box")[0]
    assert (row["mac"], row["reason"], row["port"]) == (MAC, "PORT_MISMATCH", AWAY_AT_NODE.decode())
    assert row["bound"] == HOME_AT_BRAS
    columns = "port,port_state,port_by,port_at"
    (bound,) = line.gate.show("bindings", "--columns", columns)
    assert (bound["port"], bound["port_state"], bound["port_by"]) == (HOME_AT_BRAS, "learned", "radius")
    assert bound["port_at"].startswith("20")
    assert line.by_dhcp(HOME_AT_NODE)


def test_a_line_learned_by_dhcp_binds_radius(line: Line) -> None:
    """An OFFER teaches nothing yet, an ACK does."""
    offered = line.relay.answer_to(line.relay.ask(DISCOVER, MAC, AWAY_AT_NODE))
    assert offered is not None
    assert line.binding() == ("", "unlearned")
    address = line.by_dhcp(HOME_AT_NODE)
    assert address
    assert line.binding() == (HOME_AT_NODE.decode(), "learned")
    refused = line.by_radius(AWAY_AT_BRAS)
    assert (refused.name, refused.one("Reply-Message")) == ("Access-Reject", "PORT_MISMATCH")
    line.gate.wait_for(f"Access-Reject {MAC} from bras1 port {AWAY_AT_BRAS}: PORT_MISMATCH")
    assert line.by_radius(HOME_AT_BRAS).name == "Access-Accept"


def test_the_same_line_is_known_whichever_nas_reports_it(line: Line) -> None:
    """The form names its access node, so that no NAS name belongs to it."""
    assert line.by_radius(HOME_AT_BRAS).name == "Access-Accept"
    keys = {"source": MIKROTIK, "secret": "other-secret"}
    assert line.by_radius("trunk 7/0/1:9.1234 CD-OLT-07/0/0/1/0/7", **keys).name == "Access-Accept"
    assert line.by_radius(AWAY_AT_BRAS, **keys).one("Reply-Message") == "PORT_MISMATCH"


def test_a_request_that_names_no_line_is_refused_once_one_is_learned(line: Line) -> None:
    """Only a renewal need not say where it is."""
    assert line.by_radius(HOME_AT_BRAS).name == "Access-Accept"
    refused = line.by_radius("")
    assert (refused.name, refused.one("Reply-Message")) == ("Access-Reject", "PORT_MISSING")
    assert line.is_silent(b"")
    line.gate.wait_for("no offer PORT_MISSING")
    wait_until(lambda: len(line.gate.show("refused", "--mac", MAC)) == 2, 5, "both protocols' rows")
    said = line.gate.cli("explain", MAC, check=False)
    assert said.returncode == 3
    for protocol, message in (("RADIUS", "Access-Request from bras1"), ("DHCP", "DHCPDISCOVER (discover) via")):
        assert f"last heard: {protocol} {message}" in said.stdout
    assert said.stdout.count("naming no port") == 2
    assert line.by_radius(HOME_AT_BRAS).name == "Access-Accept"
    let_in = wait_until(lambda: "let in: Access-Accept" in line.gate.cli("explain", MAC, check=False).stdout, 5, "it")
    assert let_in


def test_a_move_order_lets_the_box_learn_its_new_line(line: Line) -> None:
    """And the old one is not its own any more."""
    assert line.by_dhcp(HOME_AT_NODE)
    assert line.is_silent(AWAY_AT_NODE)
    line.gate.cli("order", "move", "--order", "m1", "--account", "028123456@itv")
    assert line.binding() == ("", "unlearned")
    assert line.by_dhcp(AWAY_AT_NODE)
    assert line.by_radius(HOME_AT_BRAS).one("Reply-Message") == "PORT_MISMATCH"
