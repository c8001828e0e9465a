"""Listings narrowed by the store: the same rows."""

import pytest

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
