"""When what commits have put aside is folded: a slice behind each once much waits, all of it while nobody comes."""

from collections.abc import Callable

import pytest

from gatekeeper.drivers.folds import Folds
from gatekeeper.store import StoreError
from gatekeeper.store.ports import SLICE

LONG = 65_536


class Log:
    """A store's: so many slices wait in it."""

    def __init__(self, slices: int = 5) -> None:
        self.slices = slices
        self.asked: list[int] = []
        self.failing: Exception | None = None

    def fold_slice(self, most: int = SLICE) -> bool:
        if self.failing:
            raise self.failing
        self.asked.append(most)
        self.slices -= 1
        return self.slices > 0


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def folds(log: Log, said: list[str]) -> Folds:
    return Folds(log, said.append)  # type: ignore[arg-type]


def never() -> bool:
    return False


def always() -> bool:
    return True


def test_little_waits_for_a_moment_of_rest(folds: Folds, log: Log) -> None:
    folds.written(20)
    folds.fold_behind(0.0)
    assert log.asked == []
    assert folds.wait() and folds.pause_s(0.0) > 0
    folds.fold(0.0, never)
    assert log.asked == [SLICE] * 5
    assert not folds.wait()


@pytest.mark.parametrize(("batch", "most"), [(10, SLICE), (50, 400), (1_000, 1_024)])
def test_of_much_a_slice_goes_behind_each_commit_as_long_as_that_was_large(
    folds: Folds, log: Log, batch: int, most: int
) -> None:
    folds.written(LONG)
    folds.written(batch)
    folds.fold_behind(0.0)
    assert log.asked == [most]
    assert folds.wait()


def test_far_too_much_is_folded_for_more_than_a_slice(folds: Folds, log: Log) -> None:
    """Else it would become ever more where commits come without an end."""
    folds.written(4 * LONG)
    folds.fold_behind(0.0)
    assert len(log.asked) > 1


def test_whoever_comes_waits_for_one_slice(folds: Folds, log: Log) -> None:
    folds.fold(0.0, always)
    assert log.asked == [SLICE]
    assert folds.pause_s(0.0) == 0  # it goes on with that at once, if nobody comes again


@pytest.mark.parametrize("failure", [StoreError("the disk is full"), ZeroDivisionError()])
@pytest.mark.parametrize("fold", [lambda one: one.fold(0.0, never), lambda one: one.fold_behind(0.0)])
def test_what_fails_is_said_and_tried_again_later(
    folds: Folds, log: Log, said: list[str], fold: Callable[[Folds], None], failure: Exception
) -> None:
    """Nobody who waits for a commit is lost by it, be it a bug."""
    folds.written(LONG)
    log.failing = failure
    fold(folds)
    assert len(said) == 1 and (str(failure) or repr(failure)) in said[0]
    log.failing = None
    fold(folds)  # it is too early by the clock that does not jump
    assert log.asked == []
    assert folds.pause_s(0.0) > 0
