"""What a newcomer meets: a listener on every address of the machine, and the file that ``init`` writes."""

from collections.abc import Callable

import pytest

from tests.clients.boxes import MAC, STBID
from tests.clients.net import wait_until
from tests.clients.worlds import SERVER, Relayed

pytestmark = pytest.mark.clients

_SECOND = "192.0.2.1"  # the gate's other address


def _listening_anywhere(relayed: Callable[..., Relayed]) -> Relayed:
    """A gate that is not told its address, with one installed box."""
    world = relayed()
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace(f'"{SERVER}:67"', '"0.0.0.0:67"').replace(f'server_id = "{SERVER}"\n', ""))
    world.gate.install(MAC, "028123456@itv", "--stbid", STBID)
    world.relay.ip(f"route add {_SECOND} via {SERVER}")
    world.gate.start()
    return world


def test_a_box_is_served_by_a_gate_that_listens_on_every_address(relayed: Callable[..., Relayed]) -> None:
    """The server id (RFC 2131 4.3.1) is the address that the relay asked, and the renewal goes there."""
    world = _listening_anywhere(relayed)
    world.dhcrelay()
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    assert box.wait_for("bound")["serverid"] == SERVER
    world.gate.assert_sound()


def test_a_relay_that_asks_at_two_addresses_of_one_gate_asks_one_server(relayed: Callable[..., Relayed]) -> None:
    """The REQUEST comes to both; the one that the box did not name must not tell it off."""
    world = _listening_anywhere(relayed)
    world.dhcrelay(SERVER, _SECOND)
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    assert box.wait_for("bound")["serverid"] in (SERVER, _SECOND)
    log = world.gate.log
    wait_until(lambda: log().count(f"DHCPACK on {world.gate.lease(MAC)['address']}") == 2, 5, "both ACKs")
    assert "OTHER_SERVER" not in log()
    world.gate.assert_sound()


def test_an_address_that_comes_later_is_ours_too(relayed: Callable[..., Relayed]) -> None:
    """As by VRRP; nobody reloads anything for that. The pool does not give it to a box."""
    world = _listening_anywhere(relayed)
    later = "198.51.100.1"
    world.space.ip(f"address add {later}/32 dev core0")
    world.relay.ip(f"route add {later} via {SERVER}")
    world.gate.wait_for(f"addresses of this machine: {later} has come")
    world.dhcrelay(later, SERVER)
    box = world.box(MAC)
    assert box.udhcpc_once() == 0
    assert box.wait_for("bound")["serverid"] in (SERVER, later)
    assert "OTHER_SERVER" not in world.gate.log()
