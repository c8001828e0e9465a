"""What a person names a box by: each kind whole, and by how it begins; what may mean several things is said."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Reason
from gatekeeper.office.keys import boxes_named, subject_named
from gatekeeper.office.undone import Misread, NoSuch, Undone
from gatekeeper.policy.orders import OrderRules
from gatekeeper.state.evidence import Refused
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.text import mac_text
from tests.store.ledger import NOW, bound, report

FIRST, SECOND, THIRD = "d4:c1:c8:ee:9b:1f", "d4:c1:c8:ee:9b:20", "00:25:9e:00:00:07"
STRANGER, UNHEARD = "02:00:00:00:00:99", "02:aa:bb:cc:dd:ee"
STBID = "00100199006007000000D4C1C8EE9B1F"


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    """Two accounts with boxes, one that waits for its box, leases, a session, a stranger."""
    made = SqliteStore(str(tmp_path / "gatekeeper.db"), create=True)
    desk = OrderDesk(made, OrderRules(2))
    orders: list[dict[str, str]] = [
        {"order": "2026112200017", "account": "028123456@itv", "mac": FIRST, "stbid": STBID},
        {"order": "2026112200018", "account": "028123456@itv", "mac": SECOND},
        {"order": "2026112200019", "account": "028999999@itv", "mac": THIRD, "address": "10.20.9.90"},
        {"order": "2026112300001", "account": "waits"},
        {"order": "2026112300002", "account": "028777777777", "mac": "02:00:00:00:07:07"},
        {"order": "Z-refused", "account": "028999999@itv", "mac": FIRST},
    ]
    for order in orders:
        desk.hand_in({"kind": "install", **order}, NOW)
    held = report(_mac(SECOND), "028123456@itv")
    made.commit([bound(_mac(FIRST), 0x0A140150, NOW - 7200)])  # it has run out
    made.commit([held._replace(session=held.session._replace(address=0x0A140150))])
    made.note([Refused(_mac(STRANGER), "dhcp", Reason.WRONG_ADDRESS, "p", 1, NOW, NOW, address=0x0A140777)], {})
    return made


@pytest.mark.parametrize(
    ("key", "macs"),
    [
        (FIRST, [FIRST]), ("D4C1.C8EE.9B1F", [FIRST]), (" d4c1c8ee9b1f ", [FIRST]), (UNHEARD, [UNHEARD]),
        ("028123456@itv", [FIRST, SECOND]), ("2026112200017", [FIRST, SECOND]), (STBID, [FIRST]),
        (STBID.lower(), [FIRST]),
        ("10.20.1.80", [SECOND]), ("10.20.9.90", [THIRD]), ("10.20.7.119", [STRANGER]), ("Z-refused", [FIRST]),
        ("00100199006007000000" + UNHEARD.replace(":", ""), [UNHEARD]),
        ("0281", [FIRST, SECOND]), ("028999", [THIRD]), ("2026112200019", [THIRD]), ("0010019", [FIRST]),
        ("d4:c1:c8:ee:9b:1", [FIRST]), ("D4-C1-C8-EE-9B-2", [SECOND]), ("0025.9", [THIRD]),
        ("02:00:00:00:00", [STRANGER]),
        ("10.20.9", [THIRD]), ("10.20.1.", [SECOND]), ("Z", [FIRST]), ("028777777777", ["02:00:00:00:07:07"]),
    ],
)  # fmt: skip
def test_a_box_is_found_by_all_that_names_it(store: SqliteStore, key: str, macs: list[str]) -> None:
    """Contract 6: a MAC in any spelling, an account, an address, an STBID, an order number, a unique prefix of one."""
    assert [mac_text(mac) for mac in boxes_named(store, key, NOW).macs] == macs


def test_what_a_box_was_named_by_is_said(store: SqliteStore) -> None:
    assert boxes_named(store, "0281", NOW).named == "account 028123456@itv"
    assert boxes_named(store, "d4c1c8ee9b1f", NOW).named == ""


@pytest.mark.parametrize(
    ("key", "candidates"),
    [
        ("028", ["account 028123456@itv", "account 028777777777", "account 028999999@itv"]),
        ("d4:c1", [f"MAC {FIRST}", f"MAC {SECOND}"]),
        ("20261122", ["order 2026112200017", "order 2026112200018", "order 2026112200019"]),
        ("00", ["MAC 00:25:9e:00:00:07", f"STBID {STBID}"]),
    ],
)
def test_what_may_mean_boxes_that_differ_is_refused_with_what_it_may_mean(
    store: SqliteStore, key: str, candidates: list[str]
) -> None:
    with pytest.raises(Misread) as refused:
        boxes_named(store, key, NOW)
    for candidate in candidates:
        assert candidate in str(refused.value)


def test_several_names_of_the_same_boxes_are_no_question(store: SqliteStore) -> None:
    """Two orders of one account, and the account itself."""
    desk = OrderDesk(store, OrderRules(2))
    for number in ("same1", "same2"):
        desk.hand_in({"order": number, "kind": "install", "account": "same", "mac": UNHEARD}, NOW)
    assert [mac_text(mac) for mac in boxes_named(store, "sam", NOW).macs] == [UNHEARD]


def test_the_candidates_are_bounded(store: SqliteStore) -> None:
    desk = OrderDesk(store, OrderRules(2))
    for number in range(40):
        desk.hand_in({"order": f"n{number}", "kind": "install", "account": f"many{number:02}"}, NOW)
    with pytest.raises(Misread, match="account many19 and more") as refused:
        boxes_named(store, "many", NOW)
    assert "many20" not in str(refused.value)


@pytest.mark.parametrize("key", ["nobody", "10.20.1.9", "10.20.9.9", "fe:ed", "waits", "%", "_"])
def test_what_means_no_box_is_said(store: SqliteStore, key: str) -> None:
    """An account that waits for its box is one of them; a whole address is never the beginning of another."""
    with pytest.raises(NoSuch):
        boxes_named(store, key, NOW)


@pytest.mark.parametrize("key", ["", "  "])
def test_nothing_names_nothing(store: SqliteStore, key: str) -> None:
    with pytest.raises(Misread):
        boxes_named(store, key, NOW)


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("0281", ("account", "028123456@itv")), ("2026112200017", ("account", "028123456@itv")),
        (STBID, ("mac", FIRST)), ("d4c1.c8ee.9b2", ("mac", SECOND)), (UNHEARD.upper(), ("mac", UNHEARD)),
        ("10.20.9.9", ("address", 0x0A140909)), ("10.20.9.", ("address", 0x0A14095A)), ("waits", ("account", "waits")),
        ("nobody", ("account", "nobody")), ("028777777777", ("account", "028777777777")),
    ],
)  # fmt: skip
def test_a_timeline_takes_the_same_keys(store: SqliteStore, key: str, subject: tuple[str, object]) -> None:
    """A whole address is itself: who had it when is its story."""
    assert subject_named(store, key, NOW) == subject


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9a-fA-F:.|@%_' -]{0,20}", fullmatch=True)))
def test_any_text_names_something_or_is_said_to_name_nothing(store: SqliteStore, key: str) -> None:
    """Wildcards of SQL, separators alone, octets that are no UTF-8 as an argument brings them."""
    for ask in (boxes_named, subject_named):
        try:
            ask(store, key, NOW)
        except Undone as told:
            assert told.detail


def test_octets_that_are_no_text_name_nothing(store: SqliteStore) -> None:
    for ask in (boxes_named, subject_named):
        with pytest.raises(Misread, match="no text"):
            ask(store, "\udcff", NOW)
