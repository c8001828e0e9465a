"""Lists in parts (contract 10.15): limit, after, Link (RFC 8288), X-Total-Count."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gatekeeper.api import lists
from gatekeeper.api.cursors import cursor_of, next_link, place_of
from gatekeeper.office.undone import Misread
from tests.api.client import Api, said

ACCOUNTS = 23


@pytest.fixture
def filled(api: Api) -> Api:
    """Accounts with names that a query must quote, each with a box; three on one line."""
    orders = [
        {"order": f"#{at}", "kind": "install", "account": f"a&b={at:02}@itv é", "mac": f"0200000000{at:02x}"}
        | ({"port": "ge 1/0/7"} if at < 3 else {})
        for at in range(ACCOUNTS)
    ]
    assert api.post("/api/v1/orders", orders).status_code == 207
    return api


def _parts(api: Api, path: str) -> Iterator[list[dict[str, Any]]]:
    """The list from this path on, by its Links."""
    for _ in range(100):
        answer = api.ask("GET", path, headers={"Authorization": f"Bearer {api.token}"})
        assert answer.status_code == 200, answer.text
        yield answer.json()
        link = re.fullmatch(r'<(/[!-~]*)>; rel="next"', answer.headers.get("Link", ""))
        assert bool(link) is (answer.headers.get("X-Truncated") == "true")
        if not link:
            return
        path = link[1]
    raise AssertionError("it has no end")


@pytest.mark.parametrize("what", ["bindings", "boxes", "orders", "ports", "pools", "reasons", "nas", "rfc"])
def test_the_parts_of_a_list_are_the_list(filled: Api, what: str) -> None:
    """By Link alone, which is relative to the API's root and keeps what was asked."""
    whole = filled.rows(what)
    for limit in (1, 7, len(whole), len(whole) + 1):
        parts = list(_parts(filled, f"/api/v1/{what}?limit={limit}"))
        assert all(len(part) == limit for part in parts[:-1])
        assert [row for part in parts for row in part] == whole


def test_filters_hold_in_every_part(filled: Api) -> None:
    """Of the account, of the line: also one that the store does not narrow by."""
    parts = list(_parts(filled, "/api/v1/bindings?limit=2&port=ge+1%2F0%2F7"))
    assert [[row["account"][4:6] for row in part] for part in parts] == [["00", "01"], ["02"]]
    assert list(_parts(filled, "/api/v1/orders?limit=1&mac=02-00-00-00-00-01")) == [filled.rows("orders")[1:2]]


def test_a_list_that_is_whole_does_not_say_more(filled: Api) -> None:
    """Neither Link nor X-Truncated, also where there are just as many as were asked for."""
    answer = filled.get("/api/v1/boxes", limit=str(ACCOUNTS))
    assert len(answer.json()) == ACCOUNTS
    assert {"link", "x-truncated", "x-total-count"}.isdisjoint(answer.headers)


@pytest.mark.parametrize(
    ("what", "query", "total"),
    [("boxes", {}, ACCOUNTS), ("boxes", {"limit": "2"}, ACCOUNTS), ("bindings", {"port": "ge 1/0/7"}, 3),
     ("orders", {"mac": "020000000001"}, 1), ("rogue", {"mac": "020000000001"}, 0), ("reasons", {"limit": "1"}, None),
     ("pools", {"limit": "1"}, None), ("boxes", {"ip": "10.20.1.1"}, 0)],
)  # fmt: skip
def test_the_total_is_told_where_it_is_asked_for(filled: Api, what: str, query: dict[str, str], total: int) -> None:
    """Of all parts, by the same filters; it does not change with the part."""
    told = filled.get(f"/api/v1/{what}", total="true", **query).headers["X-Total-Count"]
    query.pop("limit", "")
    assert int(told) == len(filled.rows(what, **query))
    assert total is None or int(told) == total
    assert "X-Total-Count" not in filled.get(f"/api/v1/{what}", **query).headers


BAD = ["x", "W10", "e30", "bnVsbA", "*", "é", "W1s", "=", cursor_of("leases", (1,)), cursor_of("boxes", (1,)),
       cursor_of("boxes", ("a", "b")), cursor_of("boxes", ()), cursor_of("boxes", ("\ud800",)), "W" * 4000]  # fmt: skip


@pytest.mark.parametrize("cursor", BAD)
def test_a_cursor_that_is_none_of_this_list_is_refused(filled: Api, cursor: str) -> None:
    """422 with the field's name, before anything is read."""
    answer = filled.get("/api/v1/boxes", after=cursor)
    assert said(answer) == (422, "BAD_FIELD")
    assert answer.json()["detail"].startswith("after: ")


@pytest.mark.parametrize("number", [1 << 63, 1 << 200, True, None, 1.5])
def test_a_number_that_no_store_could_have_is_no_place(number: Any) -> None:
    """SQLite's integers have 64 bits."""
    with pytest.raises(Misread):
        place_of("leases", cursor_of("leases", (number,)))
    assert place_of("leases", cursor_of("leases", ((1 << 63) - 1,))) == ((1 << 63) - 1,)


def test_a_nested_cursor_is_refused() -> None:
    """As deep as its length allows."""
    with pytest.raises(Misread):
        place_of("leases", "W1tb" * 1024)


def test_a_link_keeps_what_was_asked() -> None:
    """RFC 3986 2: octets that are neither letters nor digits are escaped; the old cursor goes."""
    link = next_link("/api/v1/boxes", [("account", 'a>"&b'), ("after", "old"), ("limit", "2")], "new")
    assert link == '</api/v1/boxes?account=a%3E%22%26b&limit=2&after=new>; rel="next"'


def test_a_row_of_the_configuration_that_has_gone_is_said(filled: Api) -> None:
    """A cursor is no count: where its row is there no longer, nobody knows what is behind it."""
    answer = filled.get("/api/v1/pools", after=cursor_of("pools", ("10.99.0.0-10.99.0.1",)))
    assert said(answer) == (422, "BAD_FIELD")
    assert answer.json()["detail"] == "after: the row that it names is there no longer: begin anew"


def test_the_timeline_goes_on_with_what_is_older(filled: Api) -> None:
    """The youngest part first, each part from old to young."""
    for at in range(6):
        filled.order(f"r{at}", "rate", account="a&b=00@itv é", rate_down_kbps=at + 1)
    whole = filled.rows("timeline", key="020000000000")
    assert len(whole) == 7
    for limit in (1, 3, 7, 8):
        parts = list(_parts(filled, f"/api/v1/timeline?key=020000000000&limit={limit}"))
        assert [row for part in reversed(parts) for row in part] == whole
    assert filled.get("/api/v1/timeline", key="020000000000", limit="2", total="true").headers["X-Total-Count"] == "7"
    assert said(filled.get("/api/v1/timeline", key="020000000000", after=cursor_of("boxes", ("a",))))[0] == 422


def test_a_long_answer_is_the_same_as_a_short_one(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept in a temporary file, in several pieces, sent in several parts."""
    whole = filled.get("/api/v1/bindings").content
    for name, size in (("_IN_MEMORY", 100), ("_PIECE", 3), ("_PART", 11)):
        monkeypatch.setattr(lists, name, size)
    answer = filled.get("/api/v1/bindings")
    assert answer.content == whole
    assert int(answer.headers["Content-Length"]) == len(whole)
    assert len(json.loads(whole)) == ACCOUNTS
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/api/v1/leases", "/api/v1/timeline", "/api/v1/ports"])
def test_openapi_tells_of_parts(api: Api, path: str) -> None:
    """Parameters and headers."""
    told = api.get("/openapi.json").json()["paths"][path]["get"]
    assert {"limit", "after", "total"} <= {one["name"] for one in told["parameters"]}
    assert set(told["responses"]["200"]["headers"]) == {"Link", "X-Truncated", "X-Total-Count"}
    assert "503" in told["responses"]


def test_an_answer_that_finds_no_room_is_told(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk where temporary files are: 503 with what helps, before anything was sent."""

    class Full:
        """A file that takes nothing."""

        def write(self, octets: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    monkeypatch.setattr(lists.tempfile, "SpooledTemporaryFile", lambda size: Full())
    answer = filled.get("/api/v1/boxes")
    assert (answer.status_code, "limit=" in answer.json()["remedy"]) == (503, True)
    assert "No space left on device" in answer.json()["detail"]


def test_answers_that_are_kept_have_a_bound(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow readers of long answers leave room for others; once they have been sent there is room again."""
    monkeypatch.setattr(lists, "_MOST_KEPT", -1)
    assert filled.get("/api/v1/boxes").status_code == 503
    monkeypatch.setattr(lists, "_MOST_KEPT", 0)
    monkeypatch.setattr(lists, "_IN_MEMORY", 1)
    assert [filled.get("/api/v1/boxes").status_code for _ in range(3)] == [200] * 3
