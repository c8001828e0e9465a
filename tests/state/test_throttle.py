"""Token buckets: what passes, for whom it counts, and that neither time nor strangers break them."""

import os
from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.state.throttle import BURST_S, MAX_KEYS, Buckets, Throttle

NOW = 1_800_000_000.0
BOX, OTHER = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"
HOME, AWAY = ("olt1", "1/0/7"), ("olt1", "1/0/8")
RELAY, FAR = 0x0A140001, 0x0A1E0001
MANY = 1_000_000


def _mac(number: int) -> bytes:
    return number.to_bytes(6, "big")


def _passed(throttle: Throttle, count: int, now: float = NOW, mac: bytes = BOX, line: Hashable = HOME) -> int:
    """How many of so many packets at one moment pass."""
    return sum(not throttle.charge(mac, line, RELAY, now) for _ in range(count))


def _strangers(throttle: Throttle, count: int, line: Hashable, now: float = NOW) -> int:
    """The same, each from a MAC of its own."""
    return sum(not throttle.charge(_mac(number), line, RELAY, now) for number in range(count))


@pytest.mark.parametrize(("per_s", "burst"), [(1, 8), (3, 8), (4, 8), (5, 10), (50, 100)])
def test_a_box_may_burst_for_two_seconds_and_eight_packets_at_least(per_s: int, burst: int) -> None:
    """DISCOVER, REQUEST and their retries; then its rate, to the packet."""
    throttle = Throttle(per_s, MANY, MANY, 0)
    assert _passed(throttle, 500) == burst
    assert [_passed(throttle, 500, NOW + second) for second in (1, 2, 3)] == [per_s] * 3
    assert _passed(throttle, 500, NOW + 100) == burst


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [
        ((5, 50, 20_000, 0), "per_mac_per_s=5"),
        ((MANY, 50, 20_000, 0), "per_port_per_s=50"),
        ((MANY, MANY, 20_000, 0), "per_nas_per_s=20000"),
        ((MANY, MANY, MANY, 300), "total_per_s=300"),
        ((MANY, MANY, MANY, 0), ""),
        ((5, 5, 5, 5), "per_mac_per_s=5"),
    ],
)
def test_a_refusal_names_the_narrowest_limit(limits: tuple[int, int, int, int], refusal: str) -> None:
    """As [limits] has it."""
    throttle = Throttle(*limits)
    told = [throttle.charge(BOX, HOME, RELAY, NOW) for _ in range(50_000)]
    assert (told[0], told[-1]) == ("", refusal)


def test_a_flood_of_one_mac_leaves_its_line_to_the_others() -> None:
    """A packet that is refused takes nothing from the wider buckets."""
    throttle = Throttle(5, 50, 20_000, 0)
    assert _passed(throttle, 10_000) == 10
    assert _strangers(throttle, 10_000, HOME) == 90


def test_a_flood_on_one_line_leaves_the_relay_to_the_others() -> None:
    """Invented MACs behind one port: the boxes behind the other ports notice nothing."""
    throttle = Throttle(5, 50, 200, 200)
    assert _strangers(throttle, 10_000, HOME) == 100
    assert sum(_passed(throttle, 10, line=("olt1", str(number))) for number in range(30)) == 300


def test_a_flood_from_one_relay_leaves_the_total_to_the_others() -> None:
    """And what the total refuses is not charged to the box."""
    throttle = Throttle(5, MANY, 100, 150)
    assert _strangers(throttle, 10_000, None) == 200
    assert [throttle.charge(BOX, HOME, FAR, NOW) for _ in range(10)] == [""] * 10
    assert throttle.charge(BOX, HOME, FAR, NOW) == "per_mac_per_s=5"
    assert sum(not throttle.charge(_mac(number), None, FAR, NOW) for number in range(1000)) == 90
    assert throttle.charge(OTHER, AWAY, 3, NOW) == "total_per_s=150"
    assert [throttle.charge(OTHER, AWAY, 3, NOW + 1) for _ in range(11)].count("") == 10


def test_nobody_silences_a_box_from_another_line() -> None:
    """Packets in its name count for the line that they come from."""
    throttle = Throttle(5, 50, 20_000, 0)
    assert _passed(throttle, 10_000, line=AWAY) == 10
    assert _passed(throttle, 10, line=HOME) == 10


def test_packets_without_mac_or_line_count_for_their_sender() -> None:
    """They do not share a bucket that no box has."""
    throttle = Throttle(5, 50, 100, 0)
    assert _passed(throttle, 1000, mac=b"", line=None) == 200


@given(
    per_s=st.integers(1, MANY),
    at_least=st.sampled_from([0.0, 8.0]),
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 0.01), st.floats(0, 3)), min_size=1, max_size=200),
)
def test_in_no_span_of_time_do_more_pass_than_rate_times_time_and_burst(
    per_s: int, at_least: float, gaps: list[float]
) -> None:
    """Looked at for every span that begins and ends with a packet."""
    buckets, burst = Buckets("x", per_s, at_least), max(BURST_S * per_s, at_least)
    passed, now = [], 0.0
    for gap in gaps:
        now += gap
        full_at = buckets.draw("key", now)
        if full_at is not None:
            buckets.take("key", full_at, now)
            passed.append(now)
    for first, begin in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= per_s * (passed[last] - begin) + burst + 1e-3


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.floats(0, 0.3)), max_size=300))
def test_no_flood_takes_what_a_calm_box_on_another_line_needs(packets: list[tuple[int, int, float]]) -> None:
    """Whatever comes by the other lines of its relay, four packets a second always pass."""
    throttle, now = Throttle(5, 50, 20_000, 0), NOW
    for mac, line, gap in packets:
        for _ in range(20):
            throttle.charge(_mac(mac), ("olt1", f"1/1/{line}"), RELAY, now)
        now += gap
        assert int(gap * 4) == 0 or throttle.charge(BOX, HOME, RELAY, now) == ""


def test_high_rates_are_exact_in_unix_time() -> None:
    """A double of Unix seconds has steps of a quarter of a microsecond; a million a second is still a million."""
    throttle = Throttle(MANY, MANY, 250_000, 0)
    _passed(throttle, 500_000)
    passed = sum(_passed(throttle, 300, NOW + step / 1000) for step in range(1, 1001))
    assert abs(passed - 250_000) <= 1


@pytest.mark.parametrize("jump_s", [-0.5, -3600.0, -1.8e9])
def test_a_clock_that_goes_back_locks_nobody_out(jump_s: float) -> None:
    """Nor for longer than a second."""
    throttle = Throttle(5, 50, 200, 300)
    assert _passed(throttle, 100) == 10
    assert _passed(throttle, 10, NOW + jump_s + 3) == 10


def test_a_million_random_macs_stay_bounded() -> None:
    """And none of them is refused: the first packet of a new box always has a token of its own."""
    throttle, box = Throttle(5, MANY, MANY, 0), 0
    for number in range(MANY):
        now = NOW + number / 50_000
        assert not throttle.charge(os.urandom(6), None, RELAY, now)
        if not number % 1000:
            box += _passed(throttle, 2, now)
    assert box == 10 + 20 * 5 - 1
    assert len(throttle._mac) <= MAX_KEYS


def test_new_keys_never_push_out_one_that_is_being_limited() -> None:
    """Where more are in use than there is room for, the new one passes uncounted; the wider buckets hold it."""
    buckets = Buckets("x", 1)
    for number in [0, 0, *range(1, MAX_KEYS + 1000)]:
        full_at = buckets.draw(number, NOW)
        assert full_at is not None
        buckets.take(number, full_at, NOW)
    assert len(buckets) == MAX_KEYS
    assert buckets.draw(0, NOW) is None
    assert buckets.draw(MAX_KEYS + 2000, NOW) is not None


def test_idle_keys_make_room_for_new_ones() -> None:
    """The one that finds no room is counted like any other, and those in use stay."""
    buckets = Buckets("x", 1)

    def take(key: Hashable, now: float) -> bool:
        full_at = buckets.draw(key, now)
        if full_at is not None:
            buckets.take(key, full_at, now)
        return full_at is not None

    for number in range(MAX_KEYS - 1):
        take(number, NOW)
    assert [take("busy", NOW + 2) for _ in range(3)] == [True, True, False]
    assert [take("new", NOW + 2) for _ in range(3)] == [True, True, False]
    assert len(buckets) == 2
    assert not take("busy", NOW + 2)


def test_what_is_refused_leaves_nothing_behind() -> None:
    """A flood of invented MACs on one line makes as many buckets as packets pass."""
    throttle = Throttle(5, 50, 20_000, 0)
    _strangers(throttle, 10_000, HOME)
    assert len(throttle._mac) == 100
