"""What is counted, and how much there is of everything: for ``show stats``, ``/readyz`` and ``/metrics``."""

import pytest

from gatekeeper.state.clock import JUMPED, Beat
from gatekeeper.state.counts import Counted, Fate, spelled
from gatekeeper.state.nas import NasSeen
from gatekeeper.store.found import PoolCount
from gatekeeper.store.ports import Store
from tests.store.ledger import ADDRESS, BOX, NOW, OTHER, bound, released, report

COUNTS: dict[tuple[str, ...], int] = {
    ("dhcp", "DHCPDISCOVER", "DHCPOFFER", "ok"): 3,
    ("radius", "Access-Request", "no-answer", "UNKNOWN_MAC"): 5,
    ("no-answer", "STORE_UNAVAILABLE"): 2,
    ("bugs",): 1,
    ("radius", "nas", "bras1.example.net", "unsealed"): 6,
    ("radius", "rate-clamped", "bras1.example.net", "Huawei-Output-Peak-Rate"): 8,
}


def test_counts_are_added_up_and_listed_by_their_words(store: Store) -> None:
    """With dots between them, in the sequence of that spelling."""
    store.note((), COUNTS)
    store.note((), COUNTS)
    listed = [(row["name"], row["value"]) for row in store.view("stats", NOW)]
    assert listed == sorted((".".join(words), 2 * count) for words, count in COUNTS.items())


def test_counts_are_kept_as_columns(store: Store) -> None:
    """Nobody takes a text apart to know what became of packets; names of NASes hold dots."""
    store.note((), COUNTS)
    assert store.fates() == [
        (Fate("dhcp", "DHCPDISCOVER", "DHCPOFFER", "ok"), 3),
        (Fate("", "", "no-answer", "STORE_UNAVAILABLE"), 2),
        (Fate("radius", "Access-Request", "no-answer", "UNKNOWN_MAC"), 5),
    ]
    assert store.counters() == [
        (Counted("bugs", ""), 1),
        (Counted("radius.nas.*.unsealed", "bras1.example.net"), 6),
        (Counted("radius.rate-clamped.*", "bras1.example.net.Huawei-Output-Peak-Rate"), 8),
    ]
    told = [(spelled(what), count) for what, count in (*store.fates(), *store.counters())]
    assert sorted(told) == [(row["name"], row["value"]) for row in store.view("stats", NOW)]


def test_the_heartbeat_is_that_of_who_serves(store: Store) -> None:
    """Others note too; the heartbeat is no counter."""
    assert store.beat() is None
    store.note((), {}, beat=Beat(NOW, NOW))
    store.note((), {("api", "ended"): 1})
    last = Beat(NOW + 1, NOW - 7199.5, "boot", 17.25, JUMPED, NOW - 7200.5)
    store.note((), {}, beat=last)
    store.note((), {("api", "ended"): 1})
    assert store.beat() == last


def test_a_pool_is_counted_by_what_is_held_now(store: Store) -> None:
    """Released and ended leases are free."""
    store.commit([bound(BOX, ADDRESS), bound(OTHER, ADDRESS + 1), bound(BOX, ADDRESS + 2)])
    store.commit([released(BOX, ADDRESS + 2)])
    assert store.pool_count([(ADDRESS, ADDRESS + 9)], NOW) == PoolCount(10, 2, 0)
    assert store.pool_count([(ADDRESS, ADDRESS), (ADDRESS + 5, ADDRESS + 9)], NOW) == PoolCount(6, 1, 0)
    assert store.pool_count([(ADDRESS, ADDRESS + 9)], NOW + 3600) == PoolCount(10, 0, 0)


def test_there_is_so_much_of_everything(store: Store) -> None:
    """Accounts A and B with three boxes; a session that is to be ended."""
    store.commit([report(BOX, "A"), report(OTHER, "B"), report(OTHER, "B", "stop", NOW + 1)])
    store.ask_to_disconnect("1", NOW)
    assert store.amounts() == {"boxes": 3, "accounts": 2, "sessions": 1, "held": 0, "outbox": 1}


@pytest.mark.parametrize("last", ["", "192.0.2.7"])
def test_what_a_nas_sends_is_added_up(store: Store, last: str) -> None:
    """The address of the last request without a seal stays until there is another one."""
    store.note((), {}, nas=[NasSeen("bras1", 5, 3, 2, 4, 1, "192.0.2.1", NOW)])
    store.note((), {}, nas=[NasSeen("bras1", 1, 1, 0, 1, 0, last, NOW - 5)])
    (row,) = store.view("nas", NOW)
    assert row == {
        "name": "bras1", "requests": 6, "accepts": 4, "rejects": 2, "sealed": 5, "unsealed": 1,
        "unsealed_from": last or "192.0.2.1", "last_seen": NOW,
    }  # fmt: skip
