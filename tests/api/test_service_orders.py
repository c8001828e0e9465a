"""TMF641 v4 over our orders: externalId = order number, items add modify delete noChange (issue 5.7)."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.client import MAC, OTHER, TMF, Api


def item(action: str, account: str = "A", state: str = "", number: str = "1", **values: object) -> dict[str, Any]:
    """One item; values: its characteristics."""
    characteristics = [{"name": name, "value": value} for name, value in values.items()]
    service = {"id": account, "state": state, "serviceCharacteristic": characteristics}
    return {"id": number, "action": action, "service": service}


def order(number: str, *items: dict[str, Any], **more: object) -> dict[str, Any]:
    """A ServiceOrder_Create, with attributes that we have no use for."""
    return {
        "externalId": number, "serviceOrderItem": list(items), "@type": "ServiceOrder", "category": "IPTV",
        "priority": "4", **more,
    }  # fmt: skip


def states(body: dict[str, Any]) -> list[str]:
    """Of the order, then of its items."""
    return [body["state"], *(one["state"] for one in body["serviceOrderItem"])]


def test_an_item_is_an_order(api: Api) -> None:
    """201 with id, href and state; GET gives the same; the order has the externalId as its number."""
    sent = order("SO1", item("add", mac=MAC, rate_down_kbps=20_000, number="77"))
    answer = api.post(TMF, sent)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["id"], body["href"], body["externalId"]) == ("SO1", f"{TMF}/SO1", "SO1")
    assert states(body) == ["completed", "completed"]
    assert body["serviceOrderItem"][0]["id"] == "77"
    assert answer.headers["Location"] == f"{TMF}/SO1"
    assert api.get(f"{TMF}/SO1").json() == body
    [row] = api.rows("orders")
    assert (row["order"], row["kind"], row["account"], row["mac"]) == ("SO1", "install", "A", MAC)


def test_the_same_again_is_answered_the_same_and_other_contents_are_a_conflict(api: Api) -> None:
    """200 and 409, like orders; a conflict changes nothing."""
    first = api.post(TMF, order("SO1", item("add", mac=MAC)))
    again = api.post(TMF, order("SO1", item("add", mac=MAC), priority="1"))
    assert (again.status_code, again.json()) == (200, first.json())
    other = api.post(TMF, order("SO1", item("add", mac=OTHER)))
    assert (other.status_code, other.json()["code"]) == (409, "ORDER_CONFLICT")
    assert [row["mac"] for row in api.rows("boxes")] == [MAC]


def test_the_same_with_more_items_is_a_conflict(api: Api) -> None:
    """Though none of their numbers was there before: of several items each has its own."""
    assert api.post(TMF, order("SO1", item("add", mac=MAC))).status_code == 201
    more = order("SO1", item("add", "B", mac=OTHER, number="1"), item("add", "C", number="2"))
    answer = api.post(TMF, more)
    assert (answer.status_code, answer.json()["code"]) == (409, "ORDER_CONFLICT")
    assert [row["mac"] for row in api.rows("boxes")] == [MAC]


def test_a_number_that_an_order_has_already_is_a_conflict(api: Api) -> None:
    """Nothing of the service order is done, or kept."""
    api.order("SO1/1", mac=MAC)
    both = order("SO1", item("add", "B", mac=OTHER, number="0"), item("delete", number="1"))
    assert api.post(TMF, both).status_code == 409
    assert api.get(f"{TMF}/SO1").status_code == 404
    assert len(api.rows("boxes")) == 1


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (item("add", mac=OTHER), "install"),
        (item("modify", rate_down_kbps="30000"), "amend"),
        (item("modify", old_mac=MAC, mac=OTHER), "swap"),
        (item("modify", orderKind="rate", rate_down_kbps=30_000), "rate"),
        (item("modify", orderKind="move", port="ge 1/0/8"), "move"),
        (item("modify", state="inactive"), "suspend"),
        (item("modify", state="active"), "resume"),
        (item("modify", state="terminated"), "cancel"),
        (item("modify", state="active", rate_down_kbps=5), "amend"),
        (item("delete"), "cancel"),
        (item("modify", rate_down_kbps={"@type": "integer", "value": 7}), "amend"),
    ],
)  # fmt: skip
def test_each_action_is_one_kind_of_order(api: Api, sent: dict[str, Any], kind: str) -> None:
    """add install, modify amend or what it says, delete cancel."""
    api.order("0", mac=MAC)
    answer = api.post(TMF, order("SO1", sent))
    assert (answer.status_code, states(answer.json())) == (201, ["completed", "completed"]), answer.text
    assert api.get("/api/v1/orders/SO1").json()["kind"] == kind


def test_items_are_done_each_by_itself(api: Api) -> None:
    """Numbers externalId/item; partial, and why in errorMessage."""
    body = api.post(
        TMF, order("SO1", item("add", mac=MAC, number="a"), item("modify", "X", boxes=3, number="b"), item("noChange"))
    ).json()
    assert states(body) == ["partial", "completed", "failed", "completed"]
    [error] = body["serviceOrderItem"][1]["errorMessage"]
    assert error["code"] == "UNKNOWN_ACCOUNT"
    assert error["message"]
    assert [row["order"] for row in api.rows("orders")] == ["SO1/a", "SO1/b"]
    assert api.get(f"{TMF}/SO1").json() == body
    failed = api.post(TMF, order("SO2", item("modify", "X", boxes=3))).json()
    assert states(failed) == ["failed", "failed"]


def test_blanks_round_a_number_are_not_part_of_it(api: Api) -> None:
    """As in every other order: else what was done would be looked for under another number."""
    body = api.post(TMF, order(" SO1 ", item("add", mac=MAC, number="a"), item("noChange", number="b "))).json()
    assert (body["id"], states(body)) == ("SO1", ["completed", "completed", "completed"])
    assert [row["order"] for row in api.rows("orders")] == ["SO1/a"]
    one = api.post(TMF, order("SO2 ", item("modify", boxes=3))).json()
    assert (one["id"], states(one)) == ("SO2", ["completed", "completed"])
    assert [row["order"] for row in api.rows("orders")] == ["SO1/a", "SO2"]


def test_a_held_item_is_completed_when_its_account_comes(tmp_path: Path) -> None:
    """GET tells it as it stands now."""
    api = Api(tmp_path, "\n[orders]\nhold_s = 60\n")
    assert states(api.post(TMF, order("SO1", item("modify", boxes=3))).json()) == ["held", "held"]
    api.order("1", mac=MAC)
    assert states(api.get(f"{TMF}/SO1").json()) == ["completed", "completed"]
    api.close()


def test_an_item_that_was_kept_and_not_handed_in_is_handed_in_again(api: Api) -> None:
    """As after a crash between the two: acknowledged, and the same again completes it."""
    api.post(TMF, order("SO1", item("add", mac=MAC)))
    api.store._connection.execute("DELETE FROM orders")
    assert states(api.get(f"{TMF}/SO1").json()) == ["acknowledged", "acknowledged"]
    answer = api.post(TMF, order("SO1", item("add", mac=MAC)))
    assert (answer.status_code, states(answer.json())) == (200, ["completed", "completed"])


def test_the_account_may_be_a_related_party(api: Api) -> None:
    """Of the item's service, else of the order."""
    sent = order("SO1", item("add", "", mac=MAC), relatedParty=[{"id": "028@itv", "role": "account"}])
    assert states(api.post(TMF, sent).json()) == ["completed", "completed"]
    assert api.rows("bindings")[0]["account"] == "028@itv"


@pytest.mark.parametrize(
    ("sent", "code", "told"),
    [
        (order("", item("add", mac=MAC)), "BAD_FIELD", "externalId"),
        (order(" ", item("noChange")), "BAD_FIELD", "externalId"),
        (order("S\nO", item("noChange")), "BAD_FIELD", "externalId: must be printable"),
        (order("SO1", item("noChange", number="\t\x1b")), "BAD_FIELD", "id: must be printable"),
        ({"serviceOrderItem": []}, "MISSING_FIELD", "externalId"),
        (order("SO1"), "BAD_FIELD", "serviceOrderItem"),
        (order("SO1", item("remove", mac=MAC)), "BAD_FIELD", "action"),
        (order("SO1", item("add", macc=MAC)), "BAD_FIELD", "no characteristic 'macc'"),
        (order("SO1", item("add", order="2")), "BAD_FIELD", "no characteristic 'order'"),
        (order("SO1", item("add", mac=[MAC])), "BAD_FIELD", "text or a number"),
        (order("SO1", item("add", "", mac=MAC)), "MISSING_FIELD", "account is missing"),
        (order("SO1", item("add", mac=MAC), item("delete")), "BAD_FIELD", "same id"),
        (order("SO1", item("modify", state="inactive", boxes=3)), "BAD_FIELD", "send two items"),
        (order("SO1", item("add", mac=MAC), item("add", mac="xyz", number="2")), "BAD_MAC", "item 2"),
        ([order("SO1", item("add", mac=MAC))], "BAD_FIELD", "body"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_whole(api: Api, sent: object, code: str, told: str) -> None:
    """422 in TMF630's form of errors; nothing is done or kept."""
    answer = api.post(TMF, sent)
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert body["code"] == code
    assert told in body["reason"]
    assert api.rows("orders") == []
    assert api.get(f"{TMF}/SO1").status_code == 404
