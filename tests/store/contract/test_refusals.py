"""RATE_LIMITED in the list of the refused: it does not hide a fresh reason that says more, and outlives an old one."""

import pytest

from gatekeeper.model import Reason, Refused
from gatekeeper.store.ports import Store
from tests.store.ledger import NOW

STRANGER = b"\x02\0\0\0\0\x77"


def _refused(reason: Reason, at: int, port: str, times: int) -> Refused:
    return Refused(STRANGER, "dhcp", reason, port, times, at, at)


@pytest.mark.parametrize(
    ("reason", "after_s", "kept"),
    [
        (Reason.RATE_LIMITED, 59, True),
        (Reason.RATE_LIMITED, 60, False),
        (Reason.SUSPENDED, 1, False),
    ],
)
def test_rate_limited_does_not_hide_a_fresh_reason(store: Store, reason: Reason, after_s: int, kept: bool) -> None:
    """A box in a loop still sends some that get through, and so its reason stays fresh for as long as it holds."""
    store.note([_refused(Reason.UNKNOWN_MAC, NOW, "p", 3)], {})
    store.note([_refused(reason, NOW + after_s, "q", 2)], {})
    (row,) = store.view("refused", NOW)
    first, last = (Reason.UNKNOWN_MAC, NOW, "p"), (reason, NOW + after_s, "q")
    assert (row["reason"], row["last_seen"], row["port"]) == (first if kept else last)
    assert row["count"] == 5
