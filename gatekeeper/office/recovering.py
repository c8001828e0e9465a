"""After commits of the store were lost: see to it that no address is given to two boxes."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gatekeeper.book import Policybook
from gatekeeper.store.found import Recovered
from gatekeeper.store.opening import open_store, store_to_mend


def pooled(book: Policybook) -> Sequence[tuple[int, int]]:
    """First and last address of each pool."""
    return [span for subnet in book.subnets for span in subnet.ranges]


def is_lacking(url: str, folder: Path) -> bool:
    """True if something that was acknowledged is not in the store. Raises StoreError."""
    store = open_store(url, folder)
    try:
        return store.loss() != ""
    finally:
        store.close()


def recover(url: str, folder: Path, book: Policybook, now: int, progress: Callable[[int], object]) -> Recovered:
    """Keep every address that may have been given by what the store lacks, until its lease is over.

    progress: is told how many addresses of ``pooled`` were gone through. Raises StoreError.
    """
    store = store_to_mend(url, folder)
    try:
        store.check()
        return store.recover(pooled(book), book.longest_lease_s(), now, progress)
    finally:
        store.close()
