"""Looking, as command line and HTTP do it."""

import re

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Reason
from gatekeeper.office.listing import holder, rows, story
from gatekeeper.office.undone import Misread, NoSuch
from gatekeeper.policy.orders import OrderRules
from gatekeeper.report.listing import STATIC
from gatekeeper.store.sqlite import SqliteStore
from tests.engine.bench import BOX, NOW, OTHER, Bench


@pytest.fixture
def store(bench: Bench) -> SqliteStore:
    """Box A on its order, and B, installed an hour later."""
    desk = OrderDesk(bench.store, OrderRules(2))
    desk.hand_in({"order": "2", "kind": "install", "account": "B", "mac": OTHER.hex()}, NOW)
    desk.hand_in({"order": "1", "kind": "install", "account": "A", "mac": BOX.hex()}, NOW + 3600)
    return bench.store


def test_rows_are_chosen_matched_and_sorted(bench: Bench, store: SqliteStore) -> None:
    """By a filter, a pattern, a column."""

    def orders(**how: object) -> list[object]:
        return [row["order"] for row in rows("orders", bench.book, store, NOW, **{"filters": {}, **how})]

    assert orders() == ["2", "1"]
    assert orders(sort_by="order") == ["1", "2"]
    assert orders(filters={"mac": OTHER.hex("-"), "account": None}) == ["2"]
    assert orders(patterns=[("account", re.compile("^A"))]) == ["1"]


@pytest.mark.parametrize("what", STATIC)
def test_what_is_in_no_store_needs_none(what: str) -> None:
    """Tables of gatekeeper's own."""
    assert next(rows(what, None, None, NOW, {}))


@pytest.mark.parametrize("how", [{"sort_by": "nonsense"}, {"filters": {"mac": "x"}}, {"filters": {"ip": "10.20.1"}}])
def test_a_column_or_key_that_is_none_is_told(bench: Bench, store: SqliteStore, how: dict[str, object]) -> None:
    """However late it is found."""
    with pytest.raises(Misread) as misread:
        list(rows("orders", bench.book, store, NOW, **{"filters": {}, **how}))
    assert misread.value.reason is Reason.BAD_FIELD


def test_a_story_begins_where_it_is_wanted(store: SqliteStore) -> None:
    """All of it, or what is younger."""
    assert [row["kind"] for row in story(store, "B", "", NOW + 60)] == ["order"]
    assert list(story(store, OTHER.hex(), "30s", NOW + 60)) == []
    with pytest.raises(Misread, match="'soon' is neither a span"):
        story(store, "B", "soon", NOW)


@pytest.mark.parametrize(("at", "said"), [("", "nobody has 10.20.1.9"), ("1h", "nobody had 10.20.1.9 then")])
def test_an_address_that_nobody_has_is_told_so(store: SqliteStore, at: str, said: str) -> None:
    """Now, or then."""
    with pytest.raises(NoSuch) as none:
        holder(store, "10.20.1.9", at, NOW)
    assert none.value.detail == said
