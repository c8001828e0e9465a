"""Access lines as a store tells them: one row a line, whoever is on it; and lines that are VLANs."""

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import LeaseBound, SessionReported
from gatekeeper.policy.lines import LineUse
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.ports import Store
from gatekeeper.store.rows import line_of
from tests.store.ledger import ADDRESS, BOX, NOW, OTHER, THIRD, learned, lease, report

LINE = "eth 31/31/7:4096.1234 guangzhou001/0/31/63/31/127"
BY_NODE = "0 0/0/0:4096.1234 guangzhou001/0/31/63/31/127"  # as the access node spells it
AWAY = "n|away"


def _order(store: Store, number: str, kind: str, account: str, **fields: str) -> None:
    done = OrderDesk(store, OrderRules(9)).hand_in({"order": number, "kind": kind, "account": account, **fields}, NOW)
    assert done.record.state == "applied", done.record


def _lease(port: str, mac: bytes = BOX, address: int = ADDRESS, **more: object) -> LeaseBound:
    return LeaseBound(lease(mac, address)._replace(port=port, **more))  # type: ignore[arg-type]


def _session(port: str, mac: bytes, account: str, status: str = "start", at: int = NOW) -> SessionReported:
    found = report(mac, account, status, at)
    return found._replace(session=found.session._replace(port=port))


def _rows(store: Store, **only: str) -> dict[str, tuple[object, ...]]:
    names = ("accounts", "boxes", "there", "first_seen", "last_seen")
    return {str(row["port"]): tuple(row[name] for name in names) for row in store.view("ports", NOW, only or None)}


def test_what_is_bound_leased_and_accounted_for_on_a_line_is_one_row(store: Store) -> None:
    """Whichever spelling each has; the one that an account is bound by is shown."""
    _order(store, "9", "amend", "A", port=LINE)
    store.commit(
        [
            _lease(BY_NODE, first_seen=NOW - 500, last_seen=NOW - 10),
            _lease(BY_NODE, OTHER, ADDRESS + 1, account="B", first_seen=NOW - 400, last_seen=NOW - 5),
            _session(LINE, OTHER, "B", at=NOW - 900),
        ]
    )
    assert _rows(store) == {LINE: (2, 3, 2, NOW - 900, NOW - 5)}


def test_an_order_alone_has_nobody_seen(store: Store) -> None:
    """Its boxes count, and it says where they are to be."""
    _order(store, "9", "amend", "A", port=LINE)
    assert _rows(store) == {LINE: (1, 2, 0, None, None)}


def test_an_account_that_waits_for_its_box_is_on_its_line_without_one(store: Store) -> None:
    _order(store, "9", "install", "W", port=LINE)
    assert _rows(store) == {LINE: (1, 0, 0, None, None)}


def test_a_port_is_seen_when_it_is_learned(store: Store) -> None:
    """And no longer is when an order has written another: when and by whom was told of the learned one."""
    store.commit([learned(port="n|1")])
    assert _rows(store) == {"n|1": (1, 2, 1, NOW, NOW)}
    _order(store, "9", "move", "A", port="n|2")
    assert _rows(store) == {"n|2": (1, 2, 0, None, None)}


@pytest.mark.parametrize("gone", ["expired", "released", "declined"])
def test_who_was_on_a_line_once_counts_no_longer(store: Store, gone: str) -> None:
    """A line is known by what is on record of it; an apartment's former tenants do not make it a VLAN."""
    ended = {"expires_at": NOW} if gone == "expired" else {"state": gone}
    store.commit([_lease(AWAY, first_seen=NOW - 9, **ended)])
    assert _rows(store) == {AWAY: (0, 0, 0, NOW - 9, NOW)}


def test_a_session_that_is_over_tells_when_and_no_more(store: Store) -> None:
    """Ended ones are kept for months."""
    store.commit([_session(AWAY, BOX, "A", at=NOW - 50)])
    assert _rows(store) == {AWAY: (1, 1, 1, NOW - 50, NOW - 50)}
    store.commit([_session(AWAY, BOX, "A", "stop", at=NOW - 20)])
    assert _rows(store) == {AWAY: (0, 0, 0, NOW - 50, NOW - 20)}


def test_what_names_no_line_no_box_or_no_account_makes_none(store: Store) -> None:
    """A session of a NAS that tells the line alone; a lease without Option 82."""
    nameless = _session(AWAY, BOX, "")
    store.commit([_lease(""), nameless._replace(session=nameless.session._replace(mac=b""))])
    assert _rows(store) == {AWAY: (0, 0, 0, NOW, NOW)}


@pytest.mark.parametrize(
    ("only", "found"),
    [
        ({"mac": BOX.hex(":")}, {"n|1", "n|2", "n|4"}),  # bound; by a lease; by a session
        ({"mac": THIRD.hex(":")}, {"n|1"}),
        ({"account": "B"}, {"n|3"}),
        ({"account": "A"}, {"n|1", "n|2", "n|4"}),
        ({"account": "A", "mac": THIRD.hex(":")}, {"n|1"}),
        ({"address": "10.20.1.1"}, {"n|2"}),
        ({"account": "nobody"}, set()),
    ],
)
def test_lines_are_found_by_box_account_and_address(store: Store, only: dict[str, str], found: set[str]) -> None:
    """Each with all who are on it: a row is of many boxes."""
    _order(store, "8", "amend", "A", port="n|1")
    _order(store, "9", "amend", "B", port="n|3")
    _order(store, "7", "install", "C", port="n|1")
    store.commit([_lease("n|2"), _session("n|4", BOX, "A")])
    rows = _rows(store, **only)
    assert set(rows) == found
    assert all(row == _rows(store)[port] for port, row in rows.items())


def _crowd(store: Store, port: str, many: int, first: int = 0) -> None:
    for number in range(first, first + many):
        _order(store, f"{port}{number}", "install", f"{port}{number}", port=port)


def test_lines_of_more_accounts_than_so_many_are_told_the_fullest_first(store: Store) -> None:
    """Whatever they are spelled, and no more lines than asked for."""
    _crowd(store, "n|1", 4)
    _crowd(store, "n|2", 2)
    _crowd(store, LINE, 2)
    _crowd(store, BY_NODE, 1, first=2)
    found = [LineUse("n|1", 4, 0, "n|1"), LineUse(min(LINE, BY_NODE), 3, 0, line_of(LINE))]
    assert store.shared_lines(2, 9) == found
    assert store.shared_lines(2, 1) == found[:1]
    assert store.shared_lines(4, 9) == store.shared_lines(0, 9) == []


def test_a_line_is_full_of_accounts_that_are_bound_to_it_now(store: Store) -> None:
    """Not of those that have gone; learned ones were seen there."""
    _crowd(store, "n|1", 2)
    store.commit([learned(port="n|1")])
    assert store.shared_lines(2, 9) == [LineUse("n|1", 3, 1, "n|1")]
    _order(store, "9", "cancel", "n|10")
    assert store.shared_lines(2, 9) == []


def test_orders_that_name_no_node_do_not_make_a_line_of_many_nodes_a_vlan(store: Store) -> None:
    """Contract 10.1: without a qualifier a port matches any; and many such lines keep no other from being told."""
    for number in range(3):
        _crowd(store, f"ge 1/0/{number}", 4)
    _crowd(store, "n|1", 3)
    assert store.shared_lines(2, 1) == [LineUse("n|1", 3, 0, "n|1")]
