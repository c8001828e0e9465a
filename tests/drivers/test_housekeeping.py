"""What the packet loop tells of its engines once a second."""

from collections import Counter
from pathlib import Path

import pytest

from gatekeeper.config.load import load_file
from gatekeeper.drivers.access import Interfaces
from gatekeeper.drivers.commit import Committer
from gatekeeper.drivers.housekeeping import Housekeeper
from gatekeeper.drivers.log import Log
from gatekeeper.heart.tallies import Tallies
from tests.engine.bench import BOX, OTHER, Bench, access_request

CLIENT = """
[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.1"
secret = "testing123"
reply = { "Filter-Id" = "x{account}" }
"""


def test_an_attribute_that_has_no_room_is_logged_once_and_counted_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which, and of whose answer; a line for each packet would bury the rest."""
    bench = Bench(tmp_path, CLIENT)
    log, counts = Log("none"), Counter[tuple[str, ...]]()
    settings = load_file(tmp_path / "gatekeeper.toml")
    committer, interfaces = Committer(lambda: bench.store), Interfaces(settings, log)
    house = Housekeeper(bench.world, committer, log, interfaces, Tallies(), counts)
    for mac, account in ((BOX, "a" * 253), (OTHER, "b" * 253)):
        bench.install(mac, account)
        assert bench.ask(access_request(mac.hex(), password=mac.hex(), identifier=mac[5])).reply == "Access-Accept"
        house.drain_engines(bench.engines)
    log.stop()
    assert counts == {("radius", "attribute-left-out", "bras1", "Filter-Id"): 2}
    told = capsys.readouterr().err.splitlines()
    assert told == ["left out of an answer to bras1: Filter-Id, whose value had no room: see show stats"]
