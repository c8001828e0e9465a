"""kill -9 under full load, again and again: nothing acknowledged is lost, and no address has two holders.

GATEKEEPER_KILLS says how often; 50 is what a release is tried with.
"""

import os
import statistics
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.clients.trouble.load import Load
from tests.clients.worlds import Relayed

_KILLS: Final = int(os.environ.get("GATEKEEPER_KILLS", "5"))
_READY_S: Final = 2.0  # longer than a start over an empty store takes

pytestmark = [pytest.mark.clients, pytest.mark.timeout(60 + 20 * _KILLS)]


def test_what_was_acknowledged_outlives_each_of_them(relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    """Each time at another moment: in a commit, between two, in a checkpoint, while what waits is folded."""
    load = Load(relayed, tmp_path, boxes=600, store=tmp_path / "gatekeeper.db")
    took = [load.gate.start()]
    for _ in range(_KILLS):
        process = load.gate.process
        assert process
        seconds = load.dice.uniform(0.3, 2.0)
        # Under load, or when nothing comes any more and what waited is put into its place.
        killer = threading.Timer(seconds + load.dice.uniform(-0.6, 0.4), process.popen.kill)
        killer.start()
        load.run(seconds)
        killer.join()
        process.wait(5)
        assert "Traceback" not in process.text() and "bug:" not in process.text(), process.text()
        load.assert_on_record()
        took.append(load.gate.start())
        assert took[-1] < took[0] + _READY_S
    load.assert_all_go_on()
    load.assert_on_record()
    load.gate.assert_sound()
    assert load.gate.stop() == 0
    load.assert_on_record()
    told = f"{_KILLS} kills, {load.holders.promises} ACKs, {len(load.said)} reports, {len(load.kept)} sessions kept, "
    sys.stdout.write(f"{told}ready after {statistics.median(took):.2f} s, at most {max(took):.2f} s\n")
    assert load.holders.promises > 100 * _KILLS and len(load.kept) > 50 * _KILLS, told
