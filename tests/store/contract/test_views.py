"""Listings narrowed by the store: the same rows."""

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.ports import Store
from tests.store.ledger import BOX, NOW

MAC = BOX.hex(":")


@pytest.mark.parametrize("what", ["bindings", "boxes", "leases", "sessions", "orders", "refused"])
@pytest.mark.parametrize(
    "only", [{"mac": MAC}, {"account": "A"}, {"account": "A", "mac": MAC}, {"address": "10.20.1.0"}]
)
def test_a_narrowed_listing_has_the_rows_that_are_asked_for(store: Store, what: str, only: dict[str, str]) -> None:
    """Each of them, in the same sequence."""

    def such(rows: object) -> list[dict[str, object]]:
        return [row for row in rows if all(row.get(name) == value for name, value in only.items())]  # type: ignore[attr-defined]

    assert such(store.view(what, NOW, only)) == such(store.view(what, NOW))


def test_orders_stand_in_the_sequence_in_which_they_came(store: Store) -> None:
    """Of one millisecond too, as in a file; whatever their numbers are, and also where one was held meanwhile."""
    desk = OrderDesk(store, OrderRules(2, hold_s=60))
    fields = {"kind": "rate", "account": "Z", "rate_down_kbps": "1"}
    desk.hand_in_all(({**fields, "order": "z"}, {**fields, "order": "y", "account": "A"}), NOW + 0.5)
    desk.hand_in({"order": "x", "kind": "install", "account": "Z"}, NOW + 0.75)
    rows = [(row["order"], row["state"], row["received"]) for row in store.view("orders", NOW + 1)][-3:]
    at_ms = NOW * 1000
    assert rows == [("z", "applied", at_ms + 500), ("y", "applied", at_ms + 500), ("x", "applied", at_ms + 750)]


def test_every_listing_of_the_store_is_there_and_no_other(store: Store) -> None:
    """A wrong name is said, with those that there are; a name of something else of the store's is wrong too."""
    listings = ["bindings", "boxes", "leases", "sessions", "nas", "secrets", "orders", "refused", "rogue", "ports"]
    listings += ["stats"]
    for what in listings:
        list(store.view(what, NOW))
    for wrong in ("lease", "close", "_rows"):
        with pytest.raises(ValueError, match=f"no listing '{wrong}': there are {' '.join(listings)}"):
            store.view(wrong, NOW)
