"""Whether a wall clock is believed: what a heartbeat says, what the clocks say at the start, what comes of it."""

import pytest

from gatekeeper.state.clock import BELIEVED, JUMPED, RESTARTED, Beat, Move, Reading, Standing, compare, move_of

NOW = 1_800_000_000
HOUR, DAY, YEARS = 3600, 86_400, 10 * 365 * 86_400
LAST = Beat(NOW, NOW, "one", 5000.0)
# Not believed already when it was stopped: the wall clock was two hours ahead, and had been for 300 s.
DOUBTED = Beat(NOW + 2 * HOUR, NOW, "one", 5000.0, JUMPED, NOW - 300)
OLD = Beat(NOW, NOW)  # of a gatekeeper that kept the wall clock's time alone


def believed(wall: float) -> Standing:
    return Standing(wall, BELIEVED, 0.0)


CASES = {
    "nobody ever served": (None, Reading(NOW + YEARS, "one", 50), believed(NOW + YEARS)),
    # The same boot: the time that passed is known.
    "a steady restart": (LAST, Reading(NOW + 3, "one", 5003), believed(NOW + 3)),
    "stopped for a day": (LAST, Reading(NOW + DAY, "one", 5000 + DAY), believed(NOW + DAY)),
    "NTP has slewed meanwhile": (LAST, Reading(NOW + 61, "one", 5002), believed(NOW + 61)),
    "+2 h": (LAST, Reading(NOW + 2 * HOUR, "one", 5003), Standing(NOW + 3, JUMPED, NOW + 3)),
    "+10 y": (LAST, Reading(NOW + YEARS, "one", 5003), Standing(NOW + 3, JUMPED, NOW + 3)),
    "-2 h": (LAST, Reading(NOW - 2 * HOUR, "one", 5003), Standing(NOW + 3, JUMPED, NOW + 3)),
    "-2 min": (LAST, Reading(NOW - 120, "one", 5003), Standing(NOW + 3, JUMPED, NOW + 3)),
    "a battery that is empty": (LAST, Reading(9, "one", 5003), Standing(NOW + 3, JUMPED, NOW + 3)),
    "still ahead": (DOUBTED, Reading(NOW + 2 * HOUR + 3, "one", 5003), Standing(NOW + 3, JUMPED, NOW - 300)),
    "corrected while it was down": (DOUBTED, Reading(NOW + 3, "one", 5003), believed(NOW + 3)),
    # Another boot: how long the machine was off nobody can tell, but for what its start takes.
    "a reboot": (LAST, Reading(NOW + 90, "two", 40), believed(NOW + 90)),
    "a server whose firmware takes four minutes": (LAST, Reading(NOW + 280, "two", 40), believed(NOW + 280)),
    "a night without power": (LAST, Reading(NOW + 8 * HOUR, "two", 40), Standing(NOW, RESTARTED, NOW)),
    "a reboot, -2 h": (LAST, Reading(NOW - 2 * HOUR, "two", 40), Standing(NOW, RESTARTED, NOW)),
    "a reboot, 1970": (LAST, Reading(40, "two", 40), Standing(NOW, RESTARTED, NOW)),
    "a gate that is started late": (LAST, Reading(NOW + DAY, "two", DAY - 30), believed(NOW + DAY)),
    "less passed than this boot lasts": (LAST, Reading(NOW + 2 * HOUR, "two", 5 * HOUR), Standing(NOW, RESTARTED, NOW)),
    "carried to a machine that runs for long": (LAST, Reading(NOW + 30, "two", 100 * DAY), believed(NOW + 30)),
    "doubted before the reboot": (DOUBTED, Reading(NOW + DAY, "two", 40), Standing(NOW, RESTARTED, NOW - 300)),
    "time since boot that went back": (LAST, Reading(NOW + DAY, "one", 40), Standing(NOW, RESTARTED, NOW)),
    "a kernel that tells no boot": (Beat(NOW, NOW), Reading(NOW + DAY, "", 40), Standing(NOW, RESTARTED, NOW)),
    # A store of before: it may be of this boot or another one.
    "an upgrade": (OLD, Reading(NOW + 20, "two", 100 * DAY), believed(NOW + 20)),
    "an upgrade that took an hour": (OLD, Reading(NOW + HOUR, "two", DAY), believed(NOW + HOUR)),
    "an upgrade, +10 y": (OLD, Reading(NOW + YEARS, "two", DAY), Standing(NOW, RESTARTED, NOW)),
    "an upgrade, -2 h": (OLD, Reading(NOW - 2 * HOUR, "two", DAY), Standing(NOW, RESTARTED, NOW)),
}


@pytest.mark.parametrize(("last", "reading", "standing"), CASES.values(), ids=CASES)
def test_what_time_it_is_after_a_heartbeat(last: Beat | None, reading: Reading, standing: Standing) -> None:
    """A time that cannot be explained is not believed, and no more time is reckoned with than surely passed."""
    assert compare(last, reading) == standing


MOVES = {
    # standing, wall clock, the operator says that the time passed -> by, older leases move too
    "a jump": (Standing(NOW, JUMPED, NOW - 9), NOW + 2 * HOUR - 0.5, False, (2 * HOUR, True)),
    "a jump that was time": (Standing(NOW, JUMPED, NOW - 9), NOW + 2 * HOUR, True, (2 * HOUR, False)),
    "a night without power": (Standing(NOW, RESTARTED, NOW - 9), NOW + 8 * HOUR, False, (8 * HOUR, False)),
    "set back": (Standing(NOW, JUMPED, NOW - 9), NOW - 2 * HOUR - 0.5, False, (-2 * HOUR, True)),
    "set back, and no time that passed": (Standing(NOW, JUMPED, NOW - 9), NOW - 2 * HOUR, True, (-2 * HOUR, True)),
    "set back by a reboot": (Standing(NOW, RESTARTED, NOW - 9), NOW - 2 * HOUR, False, (-2 * HOUR, True)),
}


@pytest.mark.parametrize(("standing", "wall", "passed", "move"), MOVES.values(), ids=MOVES)
def test_what_confirming_a_clock_means(standing: Standing, wall: float, passed: bool, move: tuple[int, bool]) -> None:
    """Parts of a second are the holders'. What is known to have lasted goes on; what was given before the machine was
    off is judged by the clock."""
    by_s, older = move
    assert move_of(standing, wall, passed) == Move(by_s, NOW, NOW - 9, older)
