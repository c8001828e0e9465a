"""What is kept of refused boxes and of those that were let in: the evidence, one row a box, protocol and reason."""

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Reason
from gatekeeper.policy.orders import OrderRules
from gatekeeper.state.evidence import Admitted, Heard, Refused
from gatekeeper.store import ports
from gatekeeper.store.ports import Store
from gatekeeper.wire.text import mac_text
from tests.store.ledger import BOX, NOW, OTHER

STRANGER = b"\x02\0\0\0\0\x77"
SEEN = Refused(
    STRANGER, "radius", Reason.PORT_MISMATCH, "q", 2, NOW + 5, NOW + 6, "home", "q", "bras1", "Access-Request",
    "Access-Reject", 0x0A140107, "renewing", 0x0A140001, 250,
)  # fmt: skip


def _order(store: Store, kind: str, account: str, **fields: str) -> None:
    desk = OrderDesk(store, OrderRules(2))
    done = desk.hand_in({"order": f"{kind} {account}", "kind": kind, "account": account, **fields}, NOW)
    assert done.record.state == "applied", done.record


def test_different_reasons_are_never_added_up(store: Store) -> None:
    """One row each, the latest first; an order for the box takes them off the list."""
    unknown = Refused(STRANGER, "dhcp", Reason.UNKNOWN_MAC, "p", 3, NOW, NOW + 1)
    store.note([unknown], {("bugs",): 1})
    store.note([SEEN], {("bugs",): 2})
    store.note([unknown._replace(times=1, first_seen=NOW + 7, last_seen=NOW + 7, port="r")], {})
    rows = list(store.view("refused", NOW))
    assert [(row["reason"], row["count"], row["first_seen"], row["last_seen"], row["port"]) for row in rows] == [
        ("UNKNOWN_MAC", 4, NOW, NOW + 7, "r"),
        ("PORT_MISMATCH", 2, NOW + 5, NOW + 6, "q"),
    ]
    assert rows[1] == {
        "mac": mac_text(STRANGER), "reason": "PORT_MISMATCH", "count": 2, "first_seen": NOW + 5, "last_seen": NOW + 6,
        "port": "q", "protocol": "radius", "bound": "home", "seen": "q", "where": "bras1", "message": "Access-Request",
        "address": "10.20.1.7", "account": "",
    }  # fmt: skip
    assert list(store.view("stats", NOW)) == [{"name": "bugs", "value": 3}]
    _order(store, "install", "N", mac=STRANGER.hex())
    assert list(store.view("refused", NOW)) == []
    told = [row for row in store.timeline("mac", mac_text(STRANGER), 0) if row["kind"] == "refused"]
    assert [str(row["detail"]).split(",")[0] for row in told] == ["radius PORT_MISMATCH", "dhcp UNKNOWN_MAC"]


@pytest.mark.parametrize("after_s", [0, 1, 2])
def test_what_was_counted_before_the_order_came_is_not_listed_after_it(store: Store, after_s: int) -> None:
    """It is noted up to a second later, and would stand there as if the order had done nothing."""
    at = NOW + after_s
    unknown = Refused(STRANGER, "dhcp", Reason.UNKNOWN_MAC, "p", 1, at, at)
    _order(store, "install", "N", mac=STRANGER.hex())
    store.note([unknown, unknown._replace(reason=Reason.RATE_LIMITED)], {})
    assert {row["reason"] for row in store.view("refused", NOW)} == {"RATE_LIMITED"}


def test_of_one_box_and_reason_all_is_added_up(store: Store) -> None:
    """Also within one second, where it was a stranger at first: however many rows are written at a time."""
    store.note([SEEN._replace(last_seen=NOW + second) for second in range(7)], {})
    store.note([SEEN._replace(last_seen=NOW + 20)], {})
    (row,) = store.view("refused", NOW)
    assert (row["count"], row["first_seen"], row["last_seen"]) == (16, NOW + 5, NOW + 20)


def test_the_account_of_a_refused_box_is_told(store: Store) -> None:
    store.note([SEEN, SEEN._replace(mac=BOX)], {})
    assert [row["mac"] for row in store.view("refused", NOW, {"account": "A"})] == [mac_text(BOX)]


def test_what_anybody_may_send_in_any_name_is_told_of_boxes_that_an_order_knows(store: Store) -> None:
    """A flood of false relayed messages makes no rows of boxes that nobody has."""
    forged = SEEN._replace(protocol="dhcp", reason=Reason.UNKNOWN_RELAY, seen="10.20.0.77 for giaddr 10.20.0.1")
    store.note([forged, forged._replace(mac=BOX)], {})
    assert [row["mac"] for row in store.view("refused", NOW)] == [mac_text(BOX)]


@pytest.mark.parametrize("port", ["q", "", None], ids=["named", "none named", "not asked"])
def test_the_evidence_is_read_as_it_was_kept(store: Store, port: str | None) -> None:
    """That a packet names no line is another thing than that nobody asked it for one."""
    store.note([SEEN._replace(port=port)], {})
    assert store.heard(STRANGER) == Heard((SEEN._replace(port=port),), ())
    assert store.heard(OTHER) == Heard()


def test_the_last_time_that_a_box_was_let_in_is_kept_by_protocol(store: Store) -> None:
    """What comes late and is older changes nothing; a box that is swapped out is forgotten."""
    first = Admitted(BOX, "A", "bras1", "p", NOW, ms=500)
    store.note([], {}, admitted=[first, first._replace(port="q", ms=501, news=False)])
    store.note([], {}, admitted=[first._replace(at=NOW - 1, ms=999, news=False)])
    store.note([], {}, admitted=[first._replace(protocol="dhcp", address=7, news=False)])
    assert [(one.protocol, one.port, one.at, one.ms) for one in store.heard(BOX).admitted] == [
        ("dhcp", "p", NOW, 500),
        ("radius", "q", NOW, 501),
    ]
    _order(store, "swap", "A", old_mac=BOX.hex(), mac=STRANGER.hex())
    assert store.heard(BOX).admitted == ()


def test_the_journal_is_told_of_those_that_are_news(store: Store) -> None:
    """Not of each Access-Accept, and not of a lease, which it hears of from the commit."""
    store.note([], {}, admitted=[Admitted(BOX, "A", "bras1", "p", NOW + at, news=at == 0) for at in range(3)])
    kinds = [row["kind"] for row in store.timeline("mac", mac_text(BOX), 0)]
    assert kinds.count("Access-Accept") == 1


def test_a_flood_of_invented_macs_costs_no_box_of_ours_its_evidence(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many rows are kept: the oldest strangers go, and only where there is none left, the oldest of ours."""
    if ports.__file__.endswith(".so"):
        pytest.skip("a compiled constant cannot be set to another number")
    for module in ("gatekeeper.store.sqlite.evidence", "gatekeeper.store.ports"):
        monkeypatch.setattr(f"{module}.MAX_REFUSED", 4)
    assert ports.MAX_REFUSED == 4
    ours = SEEN._replace(mac=BOX)
    store.note([ours, ours._replace(protocol="dhcp")], {})
    for number in range(5):
        at = NOW + 100 + number
        store.note([SEEN._replace(mac=bytes((2, 0, 0, 0, 9, number)), first_seen=at, last_seen=at)], {})
    assert [str(row["mac"])[-5:] for row in store.view("refused", NOW)] == ["09:04", "09:03", "00:01", "00:01"]
    reasons = [reason for reason in Reason if reason is not Reason.UNKNOWN_MAC][:4]
    store.note([ours._replace(reason=reason, last_seen=NOW + 200) for reason in reasons], {})
    left = [(row["mac"], row["last_seen"]) for row in store.view("refused", NOW)]
    assert left == [(mac_text(BOX), NOW + 200)] * 4
