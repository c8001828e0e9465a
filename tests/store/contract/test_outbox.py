"""What orders ask of the NASes of running sessions (RFC 5176), and how that is kept."""

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Rate, SessionsEnded
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.outbox import Ended, Wanted
from gatekeeper.store.ports import Store
from tests.store.contract.conftest import Opens
from tests.store.ledger import BOX, KEYS, NOW, OTHER, THIRD, report


@pytest.fixture
def store(store: Store) -> Store:
    """Each box with a running session named by its last octet."""
    store.commit([report(BOX, "A"), report(THIRD, "A"), report(OTHER, "B")])
    return store


def order(store: Store, kind: str, account: str = "A", **fields: str) -> int:
    result = OrderDesk(store, OrderRules(2)).hand_in(
        {"order": f"{kind}-1", "kind": kind, "account": account, **fields}, NOW + 1
    )
    assert result.record.state == "applied", result.record
    return result.sessions


def wanted(store: Store) -> set[tuple[str, bytes]]:
    return {(one.kind, one.mac) for one in store.wanted()}


def asked(store: Store, mac: bytes) -> object:
    """What the NAS was asked about the session of a box, as show sessions tells it."""
    return next(row["asked"] for row in store.view("sessions", NOW) if row["mac"] == mac.hex(":"))


BOTH = {("disconnect", BOX), ("disconnect", THIRD)}


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("swap", {"old_mac": BOX.hex(), "mac": "020000000009"}, {("disconnect", BOX)}),
        ("move", {}, BOTH),
        ("move", {"port": "n|2"}, BOTH),
        ("suspend", {}, BOTH),
        ("cancel", {}, BOTH),
        ("rate", {"rate_down_kbps": "50000"}, {("coa", BOX), ("coa", THIRD)}),
        ("amend", {"rate_up_kbps": "8000"}, {("coa", BOX), ("coa", THIRD)}),
        ("amend", {"subscriber": "s-2"}, set()),
        ("resume", {}, set()),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_each_kind_of_order_asks(
    store: Store, kind: str, fields: dict[str, str], expected: set[tuple[str, bytes]]
) -> None:
    """Of the sessions of this account, and of no other's."""
    assert order(store, kind, **fields) == len(expected)
    assert wanted(store) == expected


def test_a_refused_order_asks_nothing(store: Store) -> None:
    """It changes nothing, so there is nothing to be told."""
    fields = {"order": "s", "kind": "swap", "account": "A", "old_mac": OTHER.hex(), "mac": "020000000009"}
    assert OrderDesk(store, OrderRules(2)).hand_in(fields, NOW).record.state == "refused"
    assert wanted(store) == set()


def test_an_amended_port_ends_the_sessions_on_the_old_one(store: Store) -> None:
    """The first port that is ordered does not: nobody is known to be elsewhere."""
    assert order(store, "amend", port="n|1") == 0
    assert (
        OrderDesk(store, OrderRules(2))
        .hand_in({"order": "2", "kind": "amend", "account": "A", "port": "n|2"}, NOW)
        .sessions
        == 2
    )


def test_the_rate_is_that_of_the_account_when_it_is_sent(store: Store) -> None:
    """Two orders in a row: the second is the truth."""
    order(store, "rate", rate_down_kbps="50000", rate_up_kbps="5000")
    OrderDesk(store, OrderRules(2)).hand_in(
        {"order": "2", "kind": "rate", "account": "A", "rate_down_kbps": "60000"}, NOW
    )
    assert {one.rate for one in store.wanted()} == {Rate(60000, 5000)}


def test_what_is_to_be_sent_is_told_whole(store: Store) -> None:
    """All that a packet of RFC 5176 is made of."""
    order(store, "rate", "B", rate_down_kbps="50000", rate_up_kbps="5000")
    (one,) = store.wanted()
    assert one._replace(id=0, row=0) == Wanted(
        id=0, kind="coa", order="rate-1", row=0, session="2", nas="bras1", source=0xC0000201, mac=OTHER, account="B",
        keys=KEYS, over=False, rate=Rate(50000, 5000),
    )  # fmt: skip
    store.commit([report(OTHER, "B", "stop", NOW + 2)])
    assert [one.over for one in store.wanted()] == [True]


def test_what_is_sent_is_sent_again_until_it_has_an_end(store: Store, opens: Opens) -> None:
    """A crash after sending loses nothing: another process finds it still wanted."""
    order(store, "suspend")
    store.mark_sent(store.wanted())
    again = opens()
    assert wanted(again) == BOTH
    again.end_wanted([Ended(one, "acknowledged", "") for one in again.wanted()], NOW + 2)
    assert wanted(store) == set()


def test_an_acknowledgement_alone_shows_nothing(store: Store) -> None:
    """The session's Stop does."""
    order(store, "swap", old_mac=BOX.hex(), mac="020000000009")
    store.end_wanted([Ended(one, "acknowledged", "") for one in store.wanted()], NOW + 2)
    told = "Disconnect of session 1 at bras1: acknowledged"
    assert effects(store, "swap-1").endswith(told)
    store.commit([report(BOX, "A", "stop", NOW + 3)])
    assert effects(store, "swap-1").endswith(f"{told}, shown by accounting")


STILL = "Disconnect acknowledged, still online"


@pytest.mark.parametrize(
    ("dated", "heard", "told"),
    [(13, 13, STILL), (12, 13, "Disconnect acknowledged"), (5, 60, "Disconnect acknowledged"),
     (60, 5, "Disconnect acknowledged")],
    ids=["later", "while it may still be ending", "an old report, late", "by a NAS whose clock is ahead"],
)  # fmt: skip
def test_a_session_that_goes_on_after_its_acknowledged_end_is_said_to_be_still_online(
    store: Store, dated: int, heard: int, told: str
) -> None:
    """RFC 5176 2.1: a Disconnect-ACK says that the session is no longer; an interim update of later says that it is."""
    order(store, "suspend", "B")
    store.end_wanted([Ended(one, "acknowledged", "") for one in store.wanted()], NOW + 2)
    store.commit([report(OTHER, "B", "interim", NOW + dated)._replace(heard=NOW + heard)])
    assert asked(store, OTHER) == told
    assert ("still online" in effects(store, "suspend-1")) == (told == STILL)


def test_that_it_is_still_online_is_told_once_and_until_it_has_ended(store: Store) -> None:
    """In the timeline of the box, when its accounting showed it."""
    order(store, "suspend", "B")
    store.end_wanted([Ended(one, "acknowledged", "") for one in store.wanted()], NOW + 2)
    for after in (60, 120):
        store.commit([report(OTHER, "B", "interim", NOW + after)])
    (told,) = (row for row in store.timeline("account", "B", 0) if "still online" in str(row["detail"]))
    assert (told["kind"], told["at_ms"]) == ("Disconnect", (NOW + 60) * 1000)
    assert told["detail"] == "session 2 at bras1: acknowledged, still online"
    store.commit([report(OTHER, "B", "stop", NOW + 180)])
    assert asked(store, OTHER) == "Disconnect acknowledged, shown by accounting"
    assert effects(store, "suspend-1").endswith("acknowledged, shown by accounting")


@pytest.mark.parametrize("state", ["refused", "lost"])
def test_what_the_nas_did_not_acknowledge_goes_on_without_a_word_more(store: Store, state: str) -> None:
    """That it was refused or lost says it."""
    order(store, "suspend", "B")
    store.end_wanted([Ended(one, state, "") for one in store.wanted()], NOW + 2)
    store.commit([report(OTHER, "B", "interim", NOW + 60)])
    assert asked(store, OTHER) == f"Disconnect {state}"


def test_a_rate_that_was_changed_leaves_its_session_online(store: Store) -> None:
    """A CoA ends nothing."""
    order(store, "rate", "B", rate_down_kbps="50000")
    store.end_wanted([Ended(one, "acknowledged", "") for one in store.wanted()], NOW + 2)
    store.commit([report(OTHER, "B", "interim", NOW + 60)])
    assert (asked(store, OTHER), asked(store, BOX)) == ("CoA acknowledged", "")


def test_a_nas_that_restarts_has_ended_its_sessions(store: Store) -> None:
    """RFC 2866 5.1: as good as a Stop."""
    order(store, "suspend", "B")
    store.end_wanted([Ended(one, "acknowledged", "") for one in store.wanted()], NOW + 2)
    store.commit([SessionsEnded("bras1", "192.0.2.1", NOW + 3)])
    assert effects(store, "suspend-1").endswith("acknowledged, shown by accounting")


def test_a_change_is_shown_by_a_report_that_bears_its_class(store: Store) -> None:
    """RFC 2865 5.25; a report with the older Class shows nothing."""
    order(store, "rate", "B", rate_down_kbps="50000")
    store.end_wanted([Ended(one, "acknowledged", "") for one in store.wanted()], NOW + 2)
    store.commit([report(OTHER, "B", "interim", NOW + 3, order="older")])
    assert effects(store, "rate-1").endswith("acknowledged")
    store.commit([report(OTHER, "B", "interim", NOW + 4, order="rate-1")])
    assert effects(store, "rate-1").endswith("shown by accounting")


def test_a_session_that_the_nas_does_not_know_is_closed(store: Store) -> None:
    """Error-Cause 503."""
    order(store, "suspend", "B")
    store.end_wanted([Ended(one, "refused", "503 session context not found", gone=True) for one in store.wanted()], NOW)
    rows = {row["mac"]: (row["state"], row["cause"]) for row in store.view("sessions", NOW)}
    assert rows[OTHER.hex(":")] == ("closed", "not known to the NAS")
    assert effects(store, "suspend-1").endswith("refused (503 session context not found)")


def test_a_session_is_asked_to_end_once(store: Store) -> None:
    """Whoever asks again waits for the same answer."""
    first = store.ask_to_disconnect("1", NOW)
    assert store.ask_to_disconnect(BOX.hex("-"), NOW) == first
    assert [one.state for one in store.asked(first)] == ["waiting"]
    assert store.ask_to_disconnect("no such", NOW) == []


def hand_in(store: Store, number: str, kind: str, **fields: str) -> int:
    """An order for account B, which has one running session; how many sessions it asks something of."""
    return OrderDesk(store, OrderRules(2)).hand_in(
        {"order": number, "kind": kind, "account": "B", **fields}, NOW
    ).sessions  # fmt: skip


@pytest.mark.parametrize("sent", [False, True], ids=["waiting", "sent"])
@pytest.mark.parametrize(
    ("kind", "fields"), [("rate", {"rate_down_kbps": "50000"}), ("cancel", {})], ids=["coa", "disconnect"]
)
def test_a_session_that_is_being_ended_is_asked_nothing_more(
    store: Store, kind: str, fields: dict[str, str], sent: bool
) -> None:
    """Protects the NAS from a CoA for a session that is going, and the order from a second Disconnect whose NAK
    (503, RFC 5176 3.5: no such session) would read as if the first one had failed."""
    assert hand_in(store, "1", "suspend") == 1
    if sent:
        store.mark_sent(store.wanted())
    before = [one.id for one in store.wanted()]
    assert hand_in(store, "2", kind, **fields) == 0
    assert [one.id for one in store.wanted()] == before


@pytest.mark.parametrize("sent", [False, True], ids=["waiting", "sent"])
@pytest.mark.parametrize("key", [str(OTHER[5]), OTHER.hex()], ids=["Acct-Session-Id", "MAC"])
def test_a_session_that_an_order_is_ending_is_not_disconnected_twice_by_hand(
    store: Store, key: str, sent: bool
) -> None:
    """``clear`` waits for the Disconnect of the order: one packet to the NAS, one end."""
    hand_in(store, "1", "suspend")
    if sent:
        store.mark_sent(store.wanted())
    (under_way,) = store.wanted()
    assert store.ask_to_disconnect(key, NOW + 1) == [under_way.id]
    assert [one.id for one in store.wanted()] == [under_way.id]


def test_a_session_whose_rate_is_being_changed_may_still_be_ended(store: Store) -> None:
    """A CoA that waits keeps nobody on the line: by order and by hand."""
    hand_in(store, "1", "rate", rate_down_kbps="50000")
    assert hand_in(store, "2", "suspend") == 1
    assert [one.kind for one in store.wanted()] == ["coa", "disconnect"]
    order(store, "rate", rate_down_kbps="50000")
    assert len(store.ask_to_disconnect("1", NOW)) == 1


@pytest.mark.parametrize("state", ["lost", "refused"])
def test_a_session_that_could_not_be_ended_may_be_asked_again(store: Store, state: str) -> None:
    """Only a Disconnect without an end keeps others away; an order and a hand may both try anew."""
    hand_in(store, "1", "suspend")
    for ask in (lambda: hand_in(store, "2", "cancel") == 1, lambda: len(store.ask_to_disconnect("2", NOW)) == 1):
        store.end_wanted([Ended(one, state, "") for one in store.wanted()], NOW + 1)
        assert ask()
        assert [one.kind for one in store.wanted()] == ["disconnect"]


def test_sessions_that_nobody_reports_on_are_closed(store: Store) -> None:
    """Each client by its own limit, the others by the common one."""
    assert store.close_stale({"bras1": 660}, 86_400, 90 * 86_400, NOW + 659) == 0
    assert store.close_stale({"other": 5}, 86_400, 90 * 86_400, NOW + 661) == 0
    assert store.close_stale({"bras1": 660}, 86_400, 90 * 86_400, NOW + 661) == 3
    assert {row["cause"] for row in store.view("sessions", NOW)} == {"not heard of for 660 s"}
    store.commit([report(BOX, "A", "interim", NOW + 700)])
    assert [row["state"] for row in store.view("sessions", NOW) if row["state"] == "active"] == ["active"]


def test_old_sessions_go(store: Store) -> None:
    """After ninety days, with what was asked about them."""
    order(store, "suspend")
    store.commit([report(mac, "A", "stop", NOW + 1) for mac in (BOX, THIRD, OTHER)])
    store.close_stale({}, 86_400, 90 * 86_400, NOW + 91 * 86_400)
    assert list(store.view("sessions", NOW)) == []
    assert store.wanted() == []


def effects(store: Store, number: str) -> str:
    return next(str(row["effects"]) for row in store.view("orders", NOW) if row["order"] == number)
