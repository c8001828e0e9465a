"""Orders in, one or a list of them, and what became of each."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, create_model

from gatekeeper.api.answers import Json, refusal
from gatekeeper.api.backing import Backing
from gatekeeper.api.guard import BODY
from gatekeeper.api.schema import body, listed
from gatekeeper.drivers.moment import now_of
from gatekeeper.engine.order_desk import OrderResult
from gatekeeper.model import REASONS, Reason
from gatekeeper.office import orders as office
from gatekeeper.office.orders import Standing
from gatekeeper.policy import order_fields
from gatekeeper.report.table import COLUMNS, moment_text
from gatekeeper.store import StoreError

MAX_ORDERS: Final = 10_000
# An order that was refused or is held is answered so whenever it comes: 200 would say that it is done.
_STATUS: Final = {Standing.APPLIED: 201, Standing.HELD: 202, Standing.REFUSED: 422, Standing.CONFLICT: 409}

Row = dict[str, object]


def _in_json(row: order_fields.Field) -> tuple[Any, Any]:
    if row.required:
        return str, Field(description=row.meaning)
    return int | str | None if row.form.is_number else str | None, Field(None, description=row.meaning)


_ROWS: Final[dict[str, Any]] = {row.name: _in_json(row) for row in order_fields.FIELDS}
OrderIn = create_model(
    "OrderIn",
    __config__=ConfigDict(extra="forbid", title="Order"),
    __doc__="One order, in the field names of the CSV. Numbers may be text; a MAC may be spelled in any usual way.",
    **_ROWS,
)


class OrderOut(BaseModel):
    """What became of an order. ``again``: it was received before, and this is the first result."""

    model_config = ConfigDict(title="OrderResult")

    status: int = Field(description="201 applied, 202 held, 200 seen before, 409 conflict, 422 refused, 503 not done.")
    order: str
    kind: str
    account: str
    mac: str
    state: str
    reason: str
    detail: str
    received: str
    effects: str
    again: bool
    sessions: int = Field(description="Running sessions that a NAS is asked to end or to change.")
    remedy: str | None = None


def routes(backing: Backing) -> APIRouter:
    """POST and GET below /api/v1/orders."""
    router = APIRouter(tags=["orders"])

    def hand_in(request: Request) -> Response:
        """One order: 201 applied, 202 held, 200 seen before, 409 same number other contents, 422 refused.

        A list: 207 with one result per order, in sequence; each order is applied or refused by itself.
        """
        given = request.scope[BODY]
        if isinstance(given, dict):
            row = next(_hand_in(backing, [given]))
            return Json(row, int(str(row["status"])))
        if not isinstance(given, list):
            return refusal(422, "one order is an object, several are a list of objects", Reason.BAD_FIELD)
        if len(given) > MAX_ORDERS:
            return refusal(413, f"{len(given)} orders: {MAX_ORDERS} at most at once")
        return Json(list(_hand_in(backing, given)), 207)

    def find(order: str) -> Response:
        """One order, as it stands now: what it changed, which CoA or Disconnect it caused and how that ended."""
        with backing.store() as store:
            row = office.find(store, order, int(now_of(store)))
        return Json(row | {"received": moment_text(row["received"])})

    results: dict[int | str, dict[str, Any]] = {
        201: {"model": OrderOut, "description": "Applied."},
        200: {"model": OrderOut, "description": "Received before; the first result."},
        202: {"model": OrderOut, "description": "Held until its account is installed."},
        207: {"model": list[OrderOut], "description": "A list was handed in."},
        409: {"model": OrderOut, "description": "The number was received before with other contents."},
        422: {"model": OrderOut, "description": "Refused."},
    }
    router.add_api_route(
        "/api/v1/orders", hand_in, methods=["POST"], status_code=201, responses=results,
        openapi_extra=body(OrderIn, or_list=True), summary="Hand in orders",
    )  # fmt: skip
    router.add_api_route(
        "/api/v1/orders/{order:path}",
        find,
        methods=["GET"],
        responses=listed("As a row of 'show orders -o json'.", COLUMNS["orders"], one=True),
        summary="One order",
    )
    return router


def _hand_in(backing: Backing, given: list[object]) -> Iterator[Row]:
    """A result for each, in sequence. Raises StoreError if not even the first ones could be applied."""

    def now() -> float:
        with backing.store() as store:
            return now_of(store)

    def write(orders: Sequence[office.Fields], now: float) -> list[OrderResult]:
        with backing.store() as store:
            return office.desk(store, backing.settings.book).hand_in_all(orders, now)

    done = 0
    try:
        for chunk in office.hand_in_lines(write, office.as_lines(given), now):
            done += len(chunk)
            yield from (_row(one.result) for one in chunk)
    except StoreError as error:
        if not done:
            raise
        yield from (_not_done(str(error)) for _ in given[done:])


def _row(result: OrderResult) -> Row:
    record, standing = result.record, office.standing_of(result)
    row: Row = {
        "status": 200 if result.again and standing is Standing.APPLIED else _STATUS[standing],
        **{name: getattr(record, name) for name in ("order", "kind", "account", "mac", "state", "reason", "detail")},
        "received": moment_text(record.received_ms),
        "effects": record.effects,
        "again": result.again,
        "sessions": result.sessions,
    }
    return row | {"remedy": REASONS[Reason(record.reason)].remedy} if record.reason else row


def _not_done(detail: str) -> Row:
    return {"status": 503, "reason": str(Reason.STORE_UNAVAILABLE), "detail": detail, "remedy": "send it again"}
