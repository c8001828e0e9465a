"""The files of a store are deleted or replaced while it is being served."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import DISCOVER, OFFER, REQUEST
from tests.clients.relay import RelayAgent
from tests.clients.worlds import Relayed

pytestmark = pytest.mark.clients

BOX = "d4:c1:c8:00:01:00"


@pytest.mark.parametrize("name", ["gatekeeper.db", "gatekeeper.db-wal", "gatekeeper.db-shm"])
def test_a_file_that_is_gone_or_replaced_ends_the_acks_within_a_second(
    relayed: Callable[..., Relayed], tmp_path: Path, name: str
) -> None:
    """SQLite writes on into a file that has no name; put back, all goes on without a restart."""
    world = relayed()
    world.gate.install(BOX, "028123456@itv")
    world.gate.start()
    agent = RelayAgent(world.relay)
    assert agent.dora(BOX, b"line")
    (tmp_path / name).rename(tmp_path / "aside")
    world.gate.wait_for(f"{tmp_path / name} is gone", timeout_s=2)
    assert_no_ack(agent)
    shutil.copy(tmp_path / "aside", tmp_path / name)
    world.gate.wait_for(f"{tmp_path / name} is another file", timeout_s=12)
    assert_no_ack(agent)
    (tmp_path / "aside").rename(tmp_path / name)
    end = time.monotonic() + 5
    while not agent.dora(BOX, b"line", timeout_s=0.5):
        assert time.monotonic() < end
    world.gate.assert_sound()
    assert world.gate.stop() == 0


def assert_no_ack(agent: RelayAgent) -> None:
    """Nor a NAK: the box keeps what it has."""
    offer = agent.answer_to(agent.ask(DISCOVER, BOX, b"line"))
    assert offer and offer.kind == OFFER
    options = {50: offer.yiaddr.to_bytes(4, "big"), 54: offer.options[54]}
    assert agent.answer_to(agent.ask(REQUEST, BOX, b"line", options), timeout_s=1) is None
