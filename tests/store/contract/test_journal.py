"""The journal: what is told of a box, an account, an address, and who had an address when."""

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Reason
from gatekeeper.policy.orders import OrderRules
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.store.ports import Store
from gatekeeper.wire.text import mac_text
from tests.store.ledger import ADDRESS, BOX, NOW, OTHER, THIRD, bound, learned, released, report

STRANGER = b"\x02\0\0\0\0\x09"


def kinds(store: Store, mac: bytes = BOX, since: int = 0) -> list[str]:
    return [str(row["kind"]) for row in store.timeline("mac", mac_text(mac), since)]


def order(store: Store, kind: str, account: str = "A", now: float = NOW + 1, **fields: str) -> None:
    number = f"{kind}-{account}-{now}"
    result = OrderDesk(store, OrderRules(2)).hand_in({"order": number, "kind": kind, "account": account, **fields}, now)
    assert result.record.state == "applied", result.record


def test_one_box_through_order_radius_and_dhcp(store: Store) -> None:
    """In the sequence in which it happened, orders of its account included."""
    store.note([], {}, admitted=[Admitted(BOX, "A", "bras1", "n|1", NOW + 1)])
    store.commit([bound(at=NOW + 2), learned()])
    store.commit([report(BOX, "A", at=NOW + 3)])
    order(store, "rate", rate_down_kbps="50000", now=NOW + 4)
    store.commit([report(BOX, "A", "stop", at=NOW + 5), released(at=NOW + 6)])
    assert kinds(store) == [
        *("order", "port learned", "Access-Accept", "lease", "session", "order", "session ended", "released"),
    ]
    told = [str(row["detail"]) for row in store.timeline("account", "A", NOW + 4)]
    assert told[0] == "rate-A-1800000004 rate applied: rate 50000/0 kbit/s (rate_down_kbps 0 -> 50000)"


def test_within_a_second_things_stand_where_they_happened(store: Store) -> None:
    """What RADIUS let in, and what was refused, is noted later than the lease that came of it, and stands before it."""
    store.note([Refused(STRANGER, "dhcp", Reason.UNKNOWN_MAC, "p", 1, NOW, NOW, ms=100)], {})
    order(store, "install", "C", mac=STRANGER.hex(), now=NOW + 0.25)
    store.commit([bound(STRANGER)._replace(lease=bound().lease._replace(mac=STRANGER))], at_ms=[NOW * 1000 + 750])
    store.note(
        [Refused(STRANGER, "radius", Reason.SUSPENDED, "p", 1, NOW, NOW, ms=500)],
        {},
        admitted=[Admitted(STRANGER, "C", "bras1", "p", NOW, ms=625)],
    )
    rows = [(row["kind"], int(str(row["at_ms"])) - NOW * 1000) for row in store.timeline("mac", mac_text(STRANGER), 0)]
    # That it is refused still stands beside the event.
    refused = [("refused", 500)] * 2
    assert rows == [("refused", 100), ("order", 250), *refused, ("Access-Accept", 625), ("lease", 750)]


def test_an_access_accept_stands_before_the_port_that_it_let_be_learned(store: Store) -> None:
    """Both are of one packet, and the port is on disk first."""
    store.commit([learned()], at_ms=[NOW * 1000 + 125])
    store.note([], {}, admitted=[Admitted(BOX, "A", "bras1", "n|1", NOW, ms=125)])
    assert kinds(store) == ["order", "Access-Accept", "port learned"]


def test_within_a_millisecond_things_stand_in_the_sequence_in_which_they_were_noted(store: Store) -> None:
    """An order, then what came of it."""
    order(store, "swap", old_mac=BOX.hex(), mac=STRANGER.hex(), now=NOW + 0.5)
    rows = [str(row["kind"]) for row in store.timeline("account", "A", NOW)]
    assert rows[-2:] == ["order", "box unbound"]


def test_what_a_nas_dates_to_another_second_stands_there(store: Store) -> None:
    """Acct-Delay-Time (RFC 2866 5.2): the session began before the report of it came, nobody knows how many ms."""
    late = report(BOX, "A", at=NOW + 3)._replace(heard=NOW + 8)
    prompt = report(OTHER, "B", at=NOW + 8)
    store.commit([late, prompt], at_ms=[(NOW + 8) * 1000 + 345] * 2)
    (session,) = (row["at_ms"] for row in store.timeline("mac", mac_text(BOX), NOW + 1))
    (other,) = (row["at_ms"] for row in store.timeline("mac", mac_text(OTHER), NOW + 1))
    assert (session, other) == ((NOW + 3) * 1000, (NOW + 8) * 1000 + 345)


def test_a_renewal_is_no_event(store: Store) -> None:
    """A box renews a hundred times for each thing that happens to it."""
    store.commit([bound()])
    for minute in range(1, 5):
        lease = bound(at=NOW + 60 * minute)
        store.commit([lease._replace(lease=lease.lease._replace(first_seen=NOW))])
    assert kinds(store).count("lease") == 1


def test_a_stranger_is_told_of_when_it_is_none_any_more(store: Store) -> None:
    """A flood of invented MACs leaves no event; the technician's box tells how long it was turned away."""
    store.note([Refused(STRANGER, "dhcp", Reason.UNKNOWN_MAC, "n|7", 5, NOW, NOW + 20)], {})
    assert list(store.timeline("account", "", 0)) == []  # no event: it is counted among the refused
    now = list(store.timeline("mac", mac_text(STRANGER), 0))
    assert [(row["kind"], row["at_ms"]) for row in now] == [("refused", (NOW + 20) * 1000)]
    assert str(now[0]["detail"]).startswith("dhcp UNKNOWN_MAC, 5 times since 2027-01-15T08:00:00Z")
    order(store, "install", "C", mac=STRANGER.hex(), now=NOW + 30)
    rows = list(store.timeline("mac", mac_text(STRANGER), 0))
    assert [row["kind"] for row in rows] == ["refused", "order"]
    assert (rows[0]["at_ms"], rows[0]["port"]) == ((NOW + 20) * 1000, "n|7")


def test_a_known_box_that_is_refused_is_told_of_once_an_hour(store: Store) -> None:
    """And at once where the reason is another one."""
    for at, reason in (
        (0, "SUSPENDED"),
        (60, "SUSPENDED"),
        (120, "PORT_MISMATCH"),
        (180, "PORT_MISMATCH"),
        (4000, "PORT_MISMATCH"),
    ):
        store.note([Refused(BOX, "dhcp", Reason(reason), "p", 1, NOW + at, NOW + at)], {})
    rows = [row for row in store.timeline("mac", mac_text(BOX), 0) if row["kind"] == "refused"]
    # What is refused now, and how often, stands beside it: one row a reason.
    assert [row["at_ms"] // 1000 - NOW for row in rows] == [0, 60, 120, 4000, 4000]  # type: ignore[operator]


def test_a_released_lease_does_not_end_twice(store: Store) -> None:
    """The box gave the address back; that its time is over when somebody else gets it is no news."""
    store.commit([bound(BOX)])
    store.commit([released(BOX, at=NOW + 10)])
    store.commit([bound(OTHER, at=NOW + 4000)])
    told = [(row["kind"], row["mac"]) for row in store.timeline("address", ADDRESS, 0)]
    assert told == [("lease", mac_text(BOX)), ("released", mac_text(BOX)), ("lease", mac_text(OTHER))]


def test_a_lease_that_ran_out_ends_when_it_did_and_not_when_its_address_goes_on(store: Store) -> None:
    """Who had an address is asked for a time."""
    store.commit([bound(BOX)])
    store.commit([bound(OTHER, at=NOW + 4000)])
    told = [(row["kind"], row["at_ms"]) for row in store.timeline("address", ADDRESS, 0)]
    assert told == [("lease", NOW * 1000), ("lease ended", (NOW + 3600) * 1000), ("lease", (NOW + 4000) * 1000)]


def test_what_lost_is_not_told(store: Store) -> None:
    """Each event is true when it is written: of two boxes for one address one has it, of two ports one is learned."""
    store.commit([bound(OTHER)])
    assert store.commit([bound(BOX, at=NOW + 1), learned(BOX), learned(THIRD, "n|2")]) == {0, 2}
    assert kinds(store) == ["order", "port learned"]
    assert "port learned" not in kinds(store, THIRD)


def test_a_box_that_is_given_another_address_has_given_up_the_first(store: Store) -> None:
    """Unless it does not get the other one."""
    store.commit([bound(BOX)])
    store.commit([bound(OTHER, ADDRESS + 1)])
    store.commit([bound(BOX, ADDRESS + 1, NOW + 1, ended=ADDRESS)])
    assert kinds(store) == ["order", "lease"]
    store.commit([bound(BOX, ADDRESS + 2, NOW + 2, ended=ADDRESS)])
    assert kinds(store) == ["order", "lease", "lease ended", "lease"]


def test_since_leaves_out_what_is_older(store: Store) -> None:
    store.commit([bound(at=NOW + 100)])
    assert kinds(store, since=NOW + 50) == ["lease"]


def test_who_has_and_who_had_an_address(store: Store) -> None:
    """The question that an ITMS asks AAA: now, and for a time that is over."""
    store.commit([bound(BOX, at=NOW)])
    store.commit([bound(OTHER, at=NOW + 4000)])
    store.commit([released(OTHER, at=NOW + 4100)])
    store.commit([bound(BOX, at=NOW + 4200)])

    def had(at: int) -> tuple[str, str, int, int] | None:
        found = store.holder(ADDRESS, at)
        return (found.mac, found.account, found.since - NOW, found.until - NOW) if found else None

    box, other = mac_text(BOX), mac_text(OTHER)
    assert had(NOW - 1) is None
    assert had(NOW + 10) == (box, "A", 0, 3600)
    assert had(NOW + 3700) is None
    assert had(NOW + 4050) == (other, "B", 4000, 4100)
    assert had(NOW + 4150) is None
    assert had(NOW + 4300) == (box, "A", 4200, 7800)
    assert had(NOW + 9000) is None
    assert store.holder(ADDRESS + 1, NOW) is None


def test_an_address_that_a_bras_gave_is_known_by_accounting(store: Store) -> None:
    """DHCP was not ours; Framed-IP-Address says who has it."""
    session = report(BOX, "A")
    store.commit([session._replace(session=session.session._replace(address=ADDRESS))])
    found = store.holder(ADDRESS, NOW + 60)
    assert found and (found.mac, found.account, found.by) == (mac_text(BOX), "A", "session 1 at bras1")
    assert store.holder(ADDRESS, NOW - 60) is None


def test_old_events_go(store: Store) -> None:
    """As many days as [history] keep_days says."""
    store.commit([bound(at=NOW + 100)])
    store.prune_journal(NOW + 50)
    assert kinds(store) == ["lease"]


def test_a_place_in_the_journal_is_given_once(store: Store) -> None:
    """Also where all that was noted is gone: whoever reads on from a place misses nothing and reads nothing twice."""
    store.commit([bound(at=NOW + 100)])
    store.fold_all()
    (before,) = (row["seq"] for row in store.timeline("address", ADDRESS, 0))
    store.prune_journal(NOW + 200)
    assert kinds(store) == []
    store.commit([bound(OTHER, at=NOW + 9000)])
    assert min(int(str(row["seq"])) for row in store.timeline("address", ADDRESS, 0)) > int(str(before))


def test_who_had_an_address_is_asked_by_the_second(store: Store) -> None:
    """What happened in a second has happened when it is asked for."""
    store.commit([bound(BOX)], at_ms=[NOW * 1000 + 900])
    store.commit([released(BOX, at=NOW + 10)], at_ms=[(NOW + 10) * 1000 + 900])
    found = store.holder(ADDRESS, NOW)
    assert found and (found.since, found.until) == (NOW, NOW + 10)
    assert store.holder(ADDRESS, NOW + 10) is None
