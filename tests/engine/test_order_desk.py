"""The order desk: one order, one transaction, exactly once (contract 3, 10.4, 10.5)."""

from pathlib import Path

import pytest

from tests.engine.bench import BOX, CONFIG, FIRST, NOW, OTHER, THIRD, Bench, release, selecting

STBID = "00100199006007000000D4C1C8EE9B1F"


def _row(bench: Bench, account: str = "A") -> dict[str, object]:
    return next(row for row in bench.store.view("bindings", NOW) if row["account"] == account)


def _boxes(bench: Bench) -> dict[object, object]:
    return {row["mac"]: row["account"] for row in bench.store.view("boxes", NOW)}


def test_the_same_order_again_answers_the_first_result(bench: Bench) -> None:
    """Nothing is written twice, and nothing is undone."""
    fields = {"order": "7", "kind": "install", "account": "A", "mac": BOX.hex()}
    first = bench.desk.hand_in(fields, NOW)
    bench.order("suspend")
    again = bench.desk.hand_in(fields | {"mac": BOX.hex("-")}, NOW + 60)
    assert (first.again, again.again) == (False, True)
    assert again.record == first.record
    assert _row(bench)["state"] == "suspended"


def test_the_same_refused_order_again_is_refused_with_the_first_cause(bench: Bench) -> None:
    """Also when it could be applied by now: the correction comes under a new number."""
    fields = {"order": "7", "kind": "suspend", "account": "A"}
    first = bench.desk.hand_in(fields, NOW)
    bench.install()
    again = bench.desk.hand_in(fields, NOW + 60)
    assert (first.record.reason, again.record, again.again) == ("UNKNOWN_ACCOUNT", first.record, True)


def test_the_same_number_with_other_contents_is_a_conflict(bench: Bench) -> None:
    """It changes nothing, and the number goes on to stand for the first order."""
    fields = {"order": "7", "kind": "install", "account": "A", "mac": BOX.hex()}
    bench.desk.hand_in(fields, NOW)
    conflict = bench.desk.hand_in(fields | {"mac": OTHER.hex()}, NOW)
    assert (conflict.record.state, conflict.record.reason) == ("refused", "ORDER_CONFLICT")
    assert _boxes(bench) == {BOX.hex(":"): "A"}
    assert bench.desk.hand_in(fields, NOW).record.state == "applied"


def test_an_order_that_cannot_be_read_is_not_kept(bench: Bench) -> None:
    """Its number may be the very thing that is wrong; corrected, it is applied."""
    fields = {"order": "7", "kind": "install", "account": "A", "mac": "x"}
    assert bench.desk.hand_in(fields, NOW).record.reason == "BAD_MAC"
    assert bench.desk.hand_in(fields | {"mac": BOX.hex()}, NOW).record.state == "applied"


REFUSED = [
    # kind, fields -> reason; account A has BOX, account B has OTHER and the address 10.20.9.9
    ("suspend", {"account": "Z"}, "UNKNOWN_ACCOUNT"),
    ("amend", {"account": "Z", "mac": THIRD.hex()}, "UNKNOWN_ACCOUNT"),
    ("cancel", {"account": "Z"}, "UNKNOWN_ACCOUNT"),
    ("install", {"mac": OTHER.hex()}, "MAC_IN_USE"),
    ("amend", {"mac": OTHER.hex()}, "MAC_IN_USE"),
    ("swap", {"old_mac": BOX.hex(), "mac": OTHER.hex()}, "MAC_IN_USE"),
    ("swap", {"old_mac": THIRD.hex(), "mac": "020000000099"}, "UNKNOWN_MAC"),
    ("swap", {"old_mac": OTHER.hex(), "mac": "020000000099"}, "UNKNOWN_MAC"),
    ("swap", {"mac": THIRD.hex()}, "MISSING_FIELD"),
    ("swap", {"old_mac": BOX.hex()}, "MISSING_FIELD"),
    ("swap", {"old_mac": BOX.hex(), "mac": BOX.hex()}, "BAD_FIELD"),
    ("rate", {}, "MISSING_FIELD"),
    ("amend", {"address": "10.20.9.9"}, "ADDRESS_IN_USE"),
    ("install", {"mac": THIRD.hex(), "boxes": "1"}, "TOO_MANY_BOXES"),
    ("install", {"stbid": STBID, "mac": THIRD.hex()}, "STBID_MISMATCH"),
]


@pytest.mark.parametrize(("kind", "fields", "reason"), REFUSED)
def test_a_refused_order_changes_nothing(bench: Bench, kind: str, fields: dict[str, str], reason: str) -> None:
    """Wholly or not at all; it is kept with its cause."""
    bench.install()
    bench.install(OTHER, account="B", address="10.20.9.9")
    before = [list(bench.store.view("bindings", NOW)), list(bench.store.view("boxes", NOW))]
    result = bench.order(kind, **fields)
    assert (result.record.state, result.record.reason) == ("refused", reason)
    assert [list(bench.store.view("bindings", NOW)), list(bench.store.view("boxes", NOW))] == before
    if reason != "STBID_MISMATCH":  # that one could not be read
        assert list(bench.store.view("orders", NOW))[-1]["reason"] == reason


def test_an_address_that_another_box_has_now_cannot_be_fixed(bench: Bench) -> None:
    """Until its lease has ended."""
    bench.install()
    bench.install(OTHER, account="B")
    bench.hear(selecting(BOX, 0x0A140100))
    assert bench.order("amend", "B", address="10.20.1.0").record.reason == "ADDRESS_IN_USE"
    assert bench.order("amend", "A", address="10.20.1.0").record.state == "applied"
    assert bench.order("amend", "B", NOW + 3600, address="10.20.1.0").record.reason == "ADDRESS_IN_USE"


@pytest.mark.parametrize(("boxes", "configured", "most"), [("", 2, 2), ("", 3, 3), ("1", 2, 1), ("3", 2, 3)], ids=str)
def test_an_account_has_as_many_boxes_as_the_order_or_the_configuration_says(
    tmp_path: Path, boxes: str, configured: int, most: int
) -> None:
    """Contract 10.4."""
    bench = Bench(tmp_path, f"{CONFIG}\n[binding]\nboxes_per_account = {configured}\n")
    results = [bench.order("install", mac=f"02000000000{n}", boxes=boxes).record.reason for n in range(1, 6)]
    assert results == [""] * most + ["TOO_MANY_BOXES"] * (5 - most)


def test_a_box_installed_again_needs_no_more_room(bench: Bench) -> None:
    """It is there already; the STBID that came earlier stays."""
    bench.install(stbid=STBID, boxes="1")
    bench.install(boxes="1")
    assert [row["stbid"] for row in bench.store.view("boxes", NOW)] == [STBID]


def test_amend_fills_in_and_leaves_the_rest(bench: Bench) -> None:
    """Only the fields that the order gives."""
    bench.install(rate_down_kbps="20000", rate_up_kbps="4000", subscriber="S", port="ge 1/0/7")
    bench.order("amend", rate_up_kbps="0", acs_url="http://acs2.example.net/")
    row = _row(bench)
    assert (row["rate_down_kbps"], row["rate_up_kbps"], row["subscriber"]) == (20000, 0, "S")
    assert (row["port"], row["port_state"], row["acs_url"]) == ("ge 1/0/7", "ordered", "http://acs2.example.net/")


def test_swap_unbinds_one_box_and_binds_the_other(bench: Bench) -> None:
    """In one step."""
    bench.install()
    assert bench.order("swap", old_mac=BOX.hex(), mac=OTHER.hex()).record.state == "applied"
    assert _boxes(bench) == {OTHER.hex(":"): "A"}


def test_swap_finds_the_new_box_in_its_stbid(bench: Bench) -> None:
    """Contract 3: MAC or STBID."""
    bench.install(OTHER)
    bench.order("swap", old_mac=OTHER.hex(), stbid=STBID)
    assert _boxes(bench) == {"d4:c1:c8:ee:9b:1f": "A"}


@pytest.mark.parametrize(("port", "state"), [("", "unlearned"), ("ge 1/0/9", "ordered")])
def test_move_clears_or_sets_the_port_and_keeps_the_mac(bench: Bench, port: str, state: str) -> None:
    """Contract 3."""
    bench.install(port="ge 1/0/7")
    bench.order("move", port=port)
    assert (_row(bench)["port"], _row(bench)["port_state"]) == (port, state)
    assert _boxes(bench) == {BOX.hex(":"): "A"}


def test_suspend_and_resume(bench: Bench) -> None:
    """And nothing else changes."""
    bench.install(rate_down_kbps="20000")
    states = []
    for kind in ("suspend", "resume"):
        bench.order(kind, rate_down_kbps="1")
        states.append(_row(bench)["state"])
    assert states == ["suspended", "active"]
    assert _row(bench)["rate_down_kbps"] == 20000


def test_cancel_deregisters_the_account_and_frees_what_it_had(bench: Bench) -> None:
    """MAC and address may go to another account; the same account may be installed anew, from nothing."""
    bench.install(address="10.20.9.9", rate_down_kbps="20000", port="ge 1/0/7")
    bench.order("cancel")
    assert _row(bench)["state"] == "cancelled"
    assert bench.order("rate", rate_down_kbps="1").record.reason == "UNKNOWN_ACCOUNT"
    bench.install(account="B", address="10.20.9.9")
    bench.install(OTHER)
    row = _row(bench)
    assert (row["state"], row["rate_down_kbps"], row["port_state"], row["address"]) == ("active", 0, "unlearned", "")


def test_an_installed_account_without_a_box_is_waiting(bench: Bench) -> None:
    """Contract 10.14."""
    bench.order("install")
    assert (_row(bench)["state"], _row(bench)["mac"]) == ("waiting", "")


def test_every_order_is_listed_with_its_outcome(bench: Bench) -> None:
    """Contract 10.14: order kind account mac state reason detail received effects; times to the millisecond."""
    bench.install()
    bench.order("rate", "Z", now=NOW + 0.125, rate_down_kbps="1")
    rows = [(row["kind"], row["state"], row["reason"], row["received"]) for row in bench.store.view("orders", NOW)]
    assert rows == [("install", "applied", "", NOW * 1000), ("rate", "refused", "UNKNOWN_ACCOUNT", NOW * 1000 + 125)]


def test_an_order_and_the_lease_that_followed_it_in_the_same_second_stand_in_that_sequence(bench: Bench) -> None:
    """An order works at the very next packet, and a technician reads the timeline a minute later."""
    bench.install()
    bench.bind(now=NOW + 1.25)
    bench.order("suspend", now=NOW + 1.5)
    assert bench.bind(now=NOW + 1.625) == 0
    bench.order("resume", now=NOW + 1.75)
    bench.hear(release(BOX, FIRST), now=NOW + 1.875)
    rows = [(row["kind"], row["at_ms"]) for row in bench.store.timeline("account", "A", NOW + 1)]
    happened = (("lease", 250), ("order", 500), ("order", 750), ("released", 875))
    assert rows == [(kind, (NOW + 1) * 1000 + ms) for kind, ms in happened]
