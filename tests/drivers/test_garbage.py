"""Cyclic garbage is looked for again and again, but only now and then."""

import gc

from gatekeeper.drivers.garbage import EVERY_S, Garbage


def test_garbage_is_collected_when_there_is_time_once_a_minute() -> None:
    """A loop that is never idle collects nothing, and one that is does not do it all the time."""
    collected: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        collected.append(phase)

    gc.callbacks.append(note)
    try:
        garbage = Garbage()
        assert not gc.isenabled()
        at = [1000.0, 1001.0, 1000.0 + EVERY_S - 1, 1000.0 + EVERY_S, 1001.0 + EVERY_S, 1000.0 + 3 * EVERY_S]
        counts = []
        for now in at:
            garbage.idle(now)
            counts.append(collected.count("start"))
        assert counts == [1, 1, 1, 2, 2, 3]
    finally:
        gc.callbacks.remove(note)
        gc.unfreeze()
        gc.enable()
