"""The last word of a box is what is on disk; what kill -9 and power cuts leave of it is tried in ``trouble``."""

from collections.abc import Callable

import pytest

from gatekeeper.wire.dhcp import DISCOVER, RELEASE, REQUEST
from tests.clients.net import wait_until
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

MAC = "d4:c1:c8:00:00:00"


def test_a_release_right_behind_its_request_is_the_last_word(relayed: Callable[..., Relayed]) -> None:
    """Both are written in one transaction, in the sequence in which they came."""
    world, mac = relayed(), MAC
    world.gate.install(mac, "028123456@itv")
    world.gate.start()
    agent = RelayAgent(world.relay)
    for _ in range(5):
        offer = agent.answer_to(agent.ask(DISCOVER, mac, b"line"))
        assert offer
        server = {54: offer.options[54]}
        asked = agent.ask(REQUEST, mac, b"line", {50: offer.yiaddr.to_bytes(4, "big"), **server})
        agent.ask(RELEASE, mac, b"line", server, ciaddr=offer.yiaddr)
        assert agent.answer_to(asked)
        wait_until(lambda: world.gate.lease(mac)["state"] == "released", 2, "the release on record")
