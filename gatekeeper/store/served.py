"""What whoever serves asks of a store beside its contents: that it is whole, and stays so."""

from collections.abc import Callable, Iterable
from typing import Protocol

from gatekeeper.store.found import Recovered


class ServedPort(Protocol):
    """Who serves over a store, and minds that it is whole."""

    def begin_serving(self) -> str:
        """Say in the store that it is being served; what is to be said of it, "" = nothing.

        Raises StoreError where something that was acknowledged is not there any more.
        """

    def end_serving(self) -> None:
        """Say that it is served no longer. Before the last connection is closed."""

    def loss(self) -> str:
        """What was acknowledged and is not there, and the ways on, in one line; "" = nothing."""

    def recover(
        self, ranges: Iterable[tuple[int, int]], longest_s: int, now: int, progress: Callable[[int], object]
    ) -> Recovered:
        """Keep every address that may have been given by what is lost: for its box where that is known, and else all
        of these ranges that nobody holds, for longest_s at least. progress: is told of so many more addresses."""

    def amiss(self) -> str:
        """What is wrong with the files of the store that is in use; "" = nothing. Cheap, and of any thread."""

    def confirm(self) -> None:
        """Raises StoreError where something is lost, or a file is gone or another one."""
