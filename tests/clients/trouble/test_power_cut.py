"""No answer leaves before its batch is on disk, and a power cut at any moment loses nothing that was answered.

A traced gate works under load. Its trace has what it wrote, synced and sent in one sequence: so the files can be made
as a power cut would leave them at each moment, and what was answered until then is looked for in them.
"""

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.clients.net import wait_until
from tests.clients.trouble.load import Load
from tests.clients.trouble.promises import Promises
from tests.clients.worlds import Relayed
from tests.faults.disk import CUTS, Disk, torn
from tests.faults.trace import calls, traced

pytestmark = pytest.mark.clients

_TURNS: Final = 3
_TURN_S: Final = 0.7
_LOOKS: Final = 60  # behind each of so many syncs, then behind some
_MOMENTS: Final = 25  # at which the power is cut, in each way of CUTS
_DISKS: Final = {
    "well": (),
    # Counted by thread: it is the commit thread that syncs.
    "fsync fails": ("-e", "inject=fdatasync:error=EIO:when=30..40"),
    "no room": ("-e", "inject=pwrite64:error=ENOSPC:when=300..340"),
}


class Trace:
    """A gate at work on such a disk, killed at the end."""

    def __init__(self, load: Load, folder: Path, faults: tuple[str, ...]) -> None:
        self._folder = folder
        self.load, gate = load, load.gate
        gate.start()
        assert gate.stop() == 0
        self._before = folder / "before"
        self._before.mkdir()
        for path in load.store.parent.glob(load.store.name + "*"):
            (self._before / path.name).write_bytes(path.read_bytes())
        file = folder / "trace"
        gate.started_by = traced(file, *faults)
        gate.start()
        for _ in range(_TURNS):  # a moment of quiet in between, for what is done when nothing else is
            load.run(_TURN_S, gives_back=False)
        gate.kill()
        gate.started_by = ()
        wait_until(lambda: "+++ killed by SIGKILL +++" in end_of(file), 20, "the end of the trace")
        self.calls = [one for one in calls(file) if one.name == "send" or one.path.startswith(str(load.store.parent))]
        assert "Traceback" not in gate.log() and "bug:" not in gate.log(), gate.log()

    def begin(self) -> tuple[Disk, Promises]:
        """As it was before the first call."""
        store = self.load.store
        for path in store.parent.glob(store.name + "*"):
            path.unlink()
        for path in self._before.iterdir():
            (store.parent / path.name).write_bytes(path.read_bytes())
        return Disk(store), Promises(self.load.said)


def end_of(file: Path) -> str:
    """Its last few lines."""
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - 4000))
        return opened.read().decode(errors="replace")


def assert_synced_before_sent(trace: Trace, folder: Path) -> int:
    """What is sent is in what the disk has for sure at that moment; how many promises that were."""
    disk, promises = trace.begin()
    dice, looked_at, looks = random.Random(1), 0, 0
    for number, call in enumerate(trace.calls):
        disk.follow(call)
        if call.name == "send" and promises.hear(call) and (looked_at != disk.syncs or dice.random() < 0.05):
            looked_at = disk.syncs
            if looks >= _LOOKS and dice.random() > 0.2:
                continue
            looks += 1
            cut = disk.power_cut(folder / f"sent{number}", CUTS["nothing"], dice, names_are_kept=False)
            promises.assert_kept_by(cut, call.time_s, f"call {number}, a datagram")
    return promises.count


def cut_at_any_moment(trace: Trace, folder: Path) -> int:
    """How many writes were not synced at those moments: else nothing was tried."""
    disk, promises = trace.begin()
    dice, unsynced = random.Random(2), 0
    inside = [number for number, call in enumerate(trace.calls) if call.name in ("write", "sync begins", "sync")]
    moments = set(dice.sample(inside, min(_MOMENTS, len(inside))))
    for number, call in enumerate(trace.calls):
        disk.follow(call)
        if call.name == "send":
            promises.hear(call)
        if number in moments:
            unsynced += disk.unsynced()
            for name, choose in CUTS.items():
                cut = disk.power_cut(folder / f"{name}{number}", choose, dice, dice.random() < 0.5)
                promises.assert_kept_by(cut, call.time_s, f"call {number}, a {call.name}; of what was written {name}")
    return unsynced


def begin_again(trace: Trace, folder: Path) -> None:
    """The gate itself, over what a power cut at the end has left."""
    disk, _ = trace.begin()
    for call in trace.calls:
        disk.follow(call)
    cut = disk.power_cut(folder / "end", torn, random.Random(3), names_are_kept=False)
    load = trace.load
    for path in load.store.parent.glob(load.store.name + "*"):
        path.unlink()
    for path in cut.parent.iterdir():
        path.rename(load.store.parent / path.name)
    load.gate.start()
    load.assert_on_record()
    load.assert_all_go_on()
    assert load.gate.stop() == 0


@pytest.mark.parametrize("disk", _DISKS)
def test_what_was_answered_was_on_disk(disk: str, relayed: Callable[..., Relayed], tmp_path: Path) -> None:
    """Also on a disk that fails for a while, and with any part of what was not synced."""
    store = tmp_path / "disk"
    store.mkdir()
    load = Load(relayed, tmp_path, boxes=200, store=store / "gatekeeper.db")
    trace = Trace(load, tmp_path, _DISKS[disk])
    promised = assert_synced_before_sent(trace, tmp_path)
    unsynced = cut_at_any_moment(trace, tmp_path)
    begin_again(trace, tmp_path)
    told = f"{disk}: {len(trace.calls)} calls, {promised} promises, {unsynced} writes not synced\n"
    sys.stdout.write(told)
    assert promised > 200 and unsynced > _MOMENTS, told
