"""TMF641 v4, Service Ordering: POST and GET of a serviceOrder."""

import json
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from gatekeeper.api.answers import Json
from gatekeeper.api.backing import Backing
from gatekeeper.api.clearing import invalid
from gatekeeper.api.guard import BODY
from gatekeeper.api.schema import body
from gatekeeper.api.tmf_mapping import PATH, ServiceOrder, answer, error_of, read_items
from gatekeeper.drivers.moment import now_of
from gatekeeper.model import Reason
from gatekeeper.office import service_orders
from gatekeeper.office.service_orders import Item
from gatekeeper.office.undone import Conflict, NoSuch
from gatekeeper.policy.order_fields import OrderRefused, read
from gatekeeper.report.table import time_text

_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Received before; as it stands now."},
    409: {"description": "The externalId was received before with other items."},
    422: {"description": "An item cannot be read; nothing was done."},
}


def routes(backing: Backing) -> APIRouter:
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
        try:
            with backing.store() as store:
                now = now_of(store)
                before = service_orders.hand_in(store, backing.settings.book, order.number, items, now)
                found = service_orders.find(store, order.number, int(now))
        except Conflict as conflict:
            return _error(409, Reason.ORDER_CONFLICT, conflict.detail)
        headers = {"Location": quote(f"{PATH}/{order.number}")}
        return Json(_told(order.number, found), 200 if before else 201, headers)

    def find(number: str) -> Response:
        """As it stands now: held items may have been applied since."""
        try:
            with backing.store() as store:
                return Json(_told(number, service_orders.find(store, number, int(now_of(store)))))
        except NoSuch as none:
            return Json({"code": "404", "reason": none.detail, "@type": "Error"}, 404)

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


def _told(number: str, found: service_orders.ServiceOrder) -> dict[str, Any]:
    return answer(number, found.items, found.records, time_text(found.received))


def _error(status: int, reason: str, detail: str) -> Json:
    return Json(error_of(reason, detail) | {"status": str(status)}, status)
