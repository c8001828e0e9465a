"""[orders] hold_s: an order that comes before the install of its account waits for it (contract 10.5)."""

from pathlib import Path

import pytest

from tests.engine.bench import BOX, CONFIG, NOW, OTHER, Bench, access_request, told

HOLD_S = 600


@pytest.fixture
def holding(tmp_path: Path) -> Bench:
    return Bench(tmp_path, f"{CONFIG}\n[orders]\nhold_s = {HOLD_S}\n")


def _orders(bench: Bench, now: int = NOW) -> dict[object, tuple[object, object]]:
    return {row["order"]: (row["state"], row["reason"]) for row in bench.store.view("orders", now)}


def test_without_hold_it_is_refused(bench: Bench) -> None:
    """The default: BSS learns at once that something is missing."""
    assert bench.order("amend", mac=BOX.hex()).record.reason == "UNKNOWN_ACCOUNT"


def test_a_held_order_is_applied_with_the_install(holding: Bench) -> None:
    """In the sequence in which they came, and at the next packet."""
    assert holding.order("amend", mac=BOX.hex()).record.state == "held"
    assert holding.order("rate", now=NOW + 1, rate_down_kbps="50000").record.state == "held"
    assert told(holding.ask(access_request()))[1] == "UNKNOWN_MAC"
    assert holding.order("install", now=NOW + 60, rate_down_kbps="1").record.state == "applied"
    assert _orders(holding) == {"#1": ("applied", ""), "#2": ("applied", ""), "#3": ("applied", "")}
    accepted = holding.ask(access_request(identifier=2), now=NOW + 61)
    assert told(accepted) == ("Access-Accept", "")
    assert accepted.binding and accepted.binding.rate.down_kbps == 50_000


def test_a_held_swap_that_cannot_be_applied_then_is_refused_then(holding: Bench) -> None:
    """It waited for the account, not for a box that never was."""
    holding.order("swap", old_mac=OTHER.hex(), mac=BOX.hex())
    holding.order("install", now=NOW + 60)
    assert _orders(holding)["#1"] == ("refused", "UNKNOWN_MAC")


def test_an_order_is_held_for_so_long_and_no_longer(holding: Bench) -> None:
    """Afterwards it was refused, and the install does without it; nothing is lost silently."""
    holding.order("amend", mac=BOX.hex())
    assert _orders(holding, NOW + HOLD_S)["#1"] == ("refused", "UNKNOWN_ACCOUNT")
    holding.order("install", now=NOW + HOLD_S)
    assert list(holding.store.view("boxes", NOW)) == []


def test_the_same_held_order_again_is_still_held(holding: Bench) -> None:
    """Exactly once by its number, also while it waits."""
    fields = {"order": "7", "kind": "amend", "account": "A", "mac": BOX.hex()}
    holding.desk.hand_in(fields, NOW)
    again = holding.desk.hand_in(fields, NOW + 5)
    assert (again.again, again.record.state) == (True, "held")
    late = holding.desk.hand_in(fields, NOW + HOLD_S)
    assert (late.again, late.record.state, late.record.reason) == (True, "refused", "UNKNOWN_ACCOUNT")


def test_one_account_s_orders_wait_for_its_own_install(holding: Bench) -> None:
    """Another account's is another's."""
    holding.order("amend", "A", mac=BOX.hex())
    holding.order("install", "B", now=NOW + 1)
    assert _orders(holding)["#1"] == ("held", "UNKNOWN_ACCOUNT")


def test_held_orders_survive_a_restart(tmp_path: Path) -> None:
    """They are in the store like all others."""
    file = str(tmp_path / "store.db")
    first = Bench(tmp_path, f"{CONFIG}\n[orders]\nhold_s = {HOLD_S}\n", file)
    first.order("amend", mac=BOX.hex())
    first.store.close()
    second = Bench(tmp_path, f"{CONFIG}\n[orders]\nhold_s = {HOLD_S}\n", file)
    second.desk.hand_in({"order": "i", "kind": "install", "account": "A"}, NOW + 60)
    assert _orders(second)["#1"] == ("applied", "")
