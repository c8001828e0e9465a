"""POST and GET of orders (contract 3 and 10.8)."""

import sqlite3
import threading
from pathlib import Path

import pytest

from tests.api.client import MAC, OTHER, Api, said


def test_an_order_is_applied_once(api: Api) -> None:
    """201, then 200 with the first result; 409 for the same number with other contents."""
    first = api.order("1", mac="D4C1.C8EE.9B1F", rate_down_kbps=20_000, rate_up_kbps="4000")
    assert first.status_code == 201
    assert first.json()["effects"].startswith(f"box {MAC} bound")
    again = api.order("1", mac=MAC, rate_down_kbps=20_000, rate_up_kbps=4_000)
    assert again.status_code == 200
    assert again.json()["effects"] == first.json()["effects"]
    assert said(api.order("1", mac=OTHER)) == (409, "ORDER_CONFLICT")
    [row] = api.rows("bindings")
    assert (row["mac"], row["rate_down_kbps"], row["rate_up_kbps"]) == (MAC, 20_000, 4_000)


@pytest.mark.parametrize(
    ("fields", "reason", "detail"),
    [
        ({}, "MISSING_FIELD", "order is missing"),
        ({"order": "1", "kind": "install"}, "MISSING_FIELD", "account is missing"),
        ({"order": "1", "kind": "nonsense", "account": "A"}, "BAD_FIELD", "'nonsense' is none of"),
        ({"order": "1", "kind": "install", "account": "A", "mac": "xyz"}, "BAD_MAC", "'xyz'"),
        ({"order": "1", "kind": "install", "account": "A", "macc": MAC}, "BAD_FIELD", "did you mean 'mac'?"),
        ({"order": "1", "kind": "install", "account": "A", "rate_down_kbps": True}, "BAD_FIELD", "rate_down_kbps"),
        ({"order": "1", "kind": "install", "account": "A", "rate_down_kbps": 1.5}, "BAD_FIELD", "rate_down_kbps"),
        ({"order": "1", "kind": "install", "account": ["A"]}, "BAD_FIELD", "account"),
        ({"order": "1", "kind": "install", "account": "A\nB"}, "BAD_FIELD", "printable"),
        ({"order": "1", "kind": "swap", "account": "A"}, "UNKNOWN_ACCOUNT", "not installed"),
    ],
)  # fmt: skip
def test_a_refusal_says_why_and_what_mends_it(api: Api, fields: dict[str, object], reason: str, detail: str) -> None:
    """422 with reason, detail and remedy, whoever refuses."""
    answer = api.post("/api/v1/orders", fields)
    assert said(answer) == (422, reason)
    assert detail in answer.json()["detail"]
    assert answer.json()["remedy"]
    assert api.rows("bindings") == []


def test_a_refused_order_is_refused_again(api: Api) -> None:
    """200 would say that it is done."""
    assert api.order("1", "suspend").status_code == 422
    assert said(api.order("1", "suspend")) == (422, "UNKNOWN_ACCOUNT")


def test_a_list_has_one_result_for_each_in_sequence(api: Api) -> None:
    """207. One that is refused costs the others nothing."""
    orders = [
        {"order": "1", "kind": "install", "account": "A", "mac": MAC},
        {"order": "2", "kind": "rate", "account": "A"},
        "nonsense",
        {"order": "3", "kind": "install", "account": "B", "mac": OTHER, "colour": "red"},
        {"order": "4", "kind": "suspend", "account": "A"},
        {"order": "1", "kind": "install", "account": "A", "mac": MAC},
    ]
    answer = api.post("/api/v1/orders", orders)
    assert answer.status_code == 207
    results = [(row["status"], row["order"], row["reason"]) for row in answer.json()]
    assert results == [
        (201, "1", ""), (422, "2", "MISSING_FIELD"), (422, "", "BAD_FIELD"), (422, "3", "BAD_FIELD"), (201, "4", ""),
        (200, "1", ""),
    ]  # fmt: skip
    assert [row["state"] for row in api.rows("bindings")] == ["suspended"]


def test_a_long_list_is_applied_in_parts_and_wholly(api: Api) -> None:
    """More than one transaction; the same list again changes nothing."""
    orders = [{"order": f"o{n}", "kind": "install", "account": f"A{n}", "mac": f"02000000{n:04x}"} for n in range(450)]
    assert {row["status"] for row in api.post("/api/v1/orders", orders).json()} == {201}
    assert {row["status"] for row in api.post("/api/v1/orders", orders).json()} == {200}
    assert len(api.rows("boxes")) == 450
    assert api.post("/api/v1/orders", []).json() == []


def test_an_order_is_held_for_its_account(tmp_path: Path) -> None:
    """202 until the install comes; then it is applied and GET says so."""
    api = Api(tmp_path, "\n[orders]\nhold_s = 60\n")
    assert said(api.order("1", "rate", rate_down_kbps=5)) == (202, "UNKNOWN_ACCOUNT")
    assert api.order("1", "rate", rate_down_kbps=5).status_code == 202
    assert api.order("2", mac=MAC).status_code == 201
    assert api.get("/api/v1/orders/1").json()["state"] == "applied"
    assert api.order("1", "rate", rate_down_kbps=5).status_code == 200
    api.close()


def test_one_order_is_found_by_its_number(api: Api) -> None:
    """Whatever the number is made of; 404 for one that is not there."""
    api.order("2026/11 22?#%", mac=MAC)
    answer = api.get("/api/v1/orders/2026%2F11%2022%3F%23%25")
    assert answer.status_code == 200
    assert answer.json() == api.rows("orders")[0]
    assert api.get("/api/v1/orders/absent").status_code == 404


def test_two_at_once_make_one_order(api: Api) -> None:
    """One 201 and one 200, however they fall."""
    both = threading.Barrier(2)
    answers: list[int] = []

    def hand_in(number: str) -> None:
        both.wait()
        answers.append(api.order(number, mac=MAC).status_code)

    for number in map(str, range(5)):
        threads = [threading.Thread(target=hand_in, args=(number,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == [200] * 5 + [201] * 5


def test_a_locked_store_is_told_and_nothing_is_half_done(api: Api) -> None:
    """503 STORE_UNAVAILABLE; the same order is applied when the lock is gone."""
    api.order("0", account="Z")
    other = sqlite3.connect(api.store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = api.order("1", mac=MAC)
    assert said(answer) == (503, "STORE_UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) > 0
    assert len(api.rows("orders")) == 1  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    assert api.order("1", mac=MAC).status_code == 201
