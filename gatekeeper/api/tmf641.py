"""TMF641 v4, Service Ordering: POST and GET of a serviceOrder."""

import json
import time
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from gatekeeper.api.answers import Json
from gatekeeper.api.clearing import invalid
from gatekeeper.api.guard import BODY
from gatekeeper.api.office import Office
from gatekeeper.api.schema import body
from gatekeeper.api.tmf_mapping import PATH, Item, ServiceOrder, answer, error_of, read_items
from gatekeeper.model import Reason
from gatekeeper.policy.order_fields import OrderRefused, read
from gatekeeper.policy.orders import OrderRecord
from gatekeeper.report.table import time_text
from gatekeeper.store.ports import Store

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Received before; as it stands now."},
    409: {"description": "The externalId was received before with other items."},
    422: {"description": "An item cannot be read; nothing was done."},
}


def routes(office: Office) -> APIRouter:
    """Both."""
    router = APIRouter(tags=["TMF641 serviceOrder"])

    def create(request: Request) -> Response:
        """Each item becomes one order. An item that cannot be read refuses the whole; one that is refused, itself.

        201: handed in, with a state for each item. 200: received before. 409: received before with other items.
        """
        try:
            order = ServiceOrder.model_validate(request.scope[BODY])
            items = read_items(order)
            for item in items:
                _check(item)
        except ValidationError as error:
            told = json.loads(bytes(invalid(error).body))
            return _error(422, str(told["reason"]), str(told["detail"]))
        except OrderRefused as refusal:
            return _error(422, refusal.reason, refusal.detail)
        with office.store() as store:
            return _hand_in(office, store, order.number, items)

    def find(number: str) -> Response:
        """As it stands now: held items may have been applied since."""
        with office.store() as store:
            found = _as_it_stands(store, number, int(time.time()))
        return Json(found) if found else Json({"code": "404", "reason": "no such serviceOrder", "@type": "Error"}, 404)

    router.add_api_route(
        PATH, create, methods=["POST"], status_code=201, responses=_ANSWERS, openapi_extra=body(ServiceOrder),
        summary="Hand in a serviceOrder",
    )  # fmt: skip
    router.add_api_route(f"{PATH}/{{number:path}}", find, methods=["GET"], summary="A serviceOrder")
    return router


def _check(item: Item) -> None:
    if item.order:
        try:
            read(item.fields)
        except OrderRefused as refusal:
            raise OrderRefused(refusal.reason, f"item {item.id}: {refusal.detail}") from None


def _hand_in(office: Office, store: Store, number: str, items: list[Item]) -> Response:
    now = int(time.time())
    taken = _taken(store, items)
    if taken:
        return _error(409, Reason.ORDER_CONFLICT, f"order {taken} was received before with other contents")
    before = store.service_order(number)
    kept = store.keep_service_order(number, json.dumps(items, ensure_ascii=False), now)
    if [Item(*one) for one in json.loads(kept)] != items:
        detail = f"serviceOrder {number} was received before with other items"
        return _error(409, Reason.ORDER_CONFLICT, detail)
    office.desk(store).hand_in_all((item.fields for item in items if item.order), now)
    headers = {"Location": quote(f"{PATH}/{number}")}
    return Json(_as_it_stands(store, number, now), 200 if before else 201, headers)


def _taken(store: Store, items: list[Item]) -> str:
    """The number of an item that is another order already; "" = there is none."""
    with store.order_transaction():
        for item in items:
            found = store.find_order(item.order) if item.order else None
            if found and found[1] != read(item.fields).contents():
                return item.order
    return ""


def _as_it_stands(store: Store, number: str, now: int) -> dict[str, Any] | None:
    found = store.service_order(number)
    if found is None:
        return None
    items = [Item(*one) for one in json.loads(found[0])]
    records: dict[str, OrderRecord] = {}
    for item in items:
        row = store.order(item.order, now) if item.order else None
        if row:
            records[item.order] = OrderRecord(**row)  # type: ignore[arg-type]
    return answer(number, items, records, time_text(found[1]))


def _error(status: int, reason: str, detail: str) -> Json:
    return Json(error_of(reason, detail) | {"status": str(status)}, status)
