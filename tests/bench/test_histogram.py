"""Latencies are kept in buckets a 64th wide, whatever their size."""

import pytest

from gatekeeper.bench.histogram import Histogram


@pytest.mark.parametrize("ns", [0, 1, 63, 64, 65, 127, 128, 1_000, 999_999, 123_456_789, 3_600_000_000_000])
def test_what_was_added_comes_back_to_within_a_64th(ns: int) -> None:
    one = Histogram()
    one.add(ns)
    one.add(10**15)
    assert one.at_share(0.5) == pytest.approx(ns, rel=1 / 64)


def test_shares_are_of_all_that_was_added() -> None:
    one = Histogram()
    for us in range(1, 1001):
        one.add(us * 1000)
    for share in (0.01, 0.5, 0.9, 0.99, 0.999):
        assert one.at_share(share) == pytest.approx(share * 1_000_000, rel=1 / 64)
    assert (one.count, one.most_ns, one.at_share(1)) == (1000, 1_000_000, 1_000_000)


def test_nothing_added_is_nothing() -> None:
    assert Histogram().at_share(0.99) == 0


def test_a_clock_that_went_back_counts_as_no_time() -> None:
    one = Histogram()
    one.add(-5)
    one.add(10)
    assert (one.count, one.at_share(0.5)) == (2, 0)
