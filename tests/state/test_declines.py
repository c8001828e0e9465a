"""How often a box is believed that somebody else has its address, and how much of a pool that may take."""

import pytest

from gatekeeper.state.declines import MAX_BOXES, Declines

NOW = 1_800_000_000
BOX, OTHER = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"
FIRST, SECOND = 0x0A140100, 0x0A1E0000  # two pools


def declines(*sizes: int) -> Declines:
    made = Declines()
    made.arrange([((first, first + size - 1),) for first, size in zip((FIRST, SECOND), sizes, strict=False)])
    return made


def test_a_box_s_declines_are_those_of_the_last_hour() -> None:
    """To the second, and each box's own."""
    made = declines(64)
    for at in (NOW, NOW + 60, NOW + 3000):
        made.say(BOX, at)
    assert made.said(OTHER, NOW) == 0
    assert [made.said(BOX, NOW + later) for later in (3000, 3599, 3600, 3660, 6600)] == [3, 3, 2, 1, 0]


def test_boxes_are_remembered_up_to_a_bound_and_the_oldest_goes() -> None:
    """One that declines again is young again."""
    made = declines(64)
    for number in range(MAX_BOXES - 1):
        made.say(number.to_bytes(6, "big"), NOW)
    for mac in (bytes(6), OTHER, BOX):
        made.say(mac, NOW + 1)
    assert [made.said(mac, NOW + 1) for mac in (bytes(6), BOX, b"\0\0\0\0\0\x01")] == [2, 1, 0]


@pytest.mark.parametrize(("size", "most"), [(1, 1), (4, 1), (5, 1), (9, 1), (10, 2), (64, 12), (1000, 200)])
def test_a_fifth_of_a_pool_is_kept_from_use_and_one_address_at_least(size: int, most: int) -> None:
    """Of the dynamic addresses of one subnet; the next subnet has its own."""
    made = declines(size, 10)
    for number in range(most):
        assert made.has_room(FIRST + number, NOW)
        made.keep(FIRST + number, NOW + 3600)
    assert made.has_room(FIRST + size - 1, NOW) is (size == most)
    assert made.has_room(FIRST, NOW)  # it is there already
    assert made.has_room(SECOND, NOW)


def test_the_room_comes_back_as_quarantines_end() -> None:
    """Whichever end first; one that a person ends, at once."""
    made = declines(10)
    made.keep(FIRST + 1, NOW + 60)
    made.keep(FIRST, NOW + 3600)
    assert [made.has_room(FIRST + 2, NOW + later) for later in (0, 59, 60)] == [False, False, True]
    made.keep(FIRST + 2, NOW + 7200)
    assert not made.has_room(FIRST + 3, NOW + 61)
    made.end([FIRST + 2])
    assert made.has_room(FIRST + 3, NOW + 61)


def test_what_is_in_quarantine_counts_in_the_ranges_of_a_reload() -> None:
    """Wherever its address belongs then."""
    made = declines(10)
    made.keep(FIRST, NOW + 3600)
    made.arrange([((SECOND, SECOND + 9),), ((FIRST, FIRST + 4),)])
    assert not made.has_room(FIRST + 1, NOW)
    assert made.has_room(SECOND, NOW)


def test_a_fixed_address_is_of_no_pool_and_fills_none() -> None:
    """It is in no range: how often its box is believed bounds it."""
    made = declines(4)
    made.keep(FIRST + 99, NOW + 3600)
    made.keep(FIRST - 1, NOW + 3600)
    assert made.has_room(FIRST + 99, NOW)
    assert made.has_room(FIRST, NOW)
