"""TM Forum TMF641 v4: a ServiceOrder -> orders of ours, and back what became of them. Pure.

externalId is the order number; of several items each becomes the order ``externalId/item id``. What an item is about
stands in serviceCharacteristic under the names of our CSV, the account in service.id or relatedParty.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from gatekeeper.model import REASONS, Reason
from gatekeeper.office.service_orders import Item
from gatekeeper.policy.order_fields import NAMES, OrderRefused
from gatekeeper.policy.orders import OrderRecord

PATH: Final = "/tmf-api/serviceOrdering/v4/serviceOrder"
MAX_ITEMS: Final = 200


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable")
    return text


_Text = Annotated[str, Field(max_length=256)]
# What becomes (a part of) an order's number: read as policy.order_fields reads one, so that it is found again by it.
_Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_printable)]
# What a characteristic may be: our fields but for those that TMF641 says otherwise.
_CHARACTERISTICS: Final = frozenset(NAMES) - {"order", "kind"}
_KIND: Final = "orderKind"
_STATES: Final = {"inactive": "suspend", "active": "resume", "terminated": "cancel"}


class _Form(BaseModel):
    """TMF641 has many more attributes than are needed here; the others are let pass."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Characteristic(_Form):
    name: _Text
    value: Any = None


class RelatedParty(_Form):
    id: _Text = ""
    name: _Text = ""
    role: _Text = ""


class Service(_Form):
    id: _Text = ""
    state: _Text = ""
    characteristics: list[Characteristic] = Field([], alias="serviceCharacteristic", max_length=64)
    parties: list[RelatedParty] = Field([], alias="relatedParty", max_length=16)


class ServiceOrderItem(_Form):
    id: Annotated[_Number, Field(max_length=64)]
    action: Literal["add", "modify", "delete", "noChange"]
    service: Service = Field(default_factory=lambda: Service.model_validate({}))


class ServiceOrder(_Form):
    """What is read of a ServiceOrder_Create."""

    number: Annotated[_Number, Field(max_length=128)] = Field(alias="externalId")
    items: Annotated[list[ServiceOrderItem], Field(min_length=1, max_length=MAX_ITEMS)] = Field(
        alias="serviceOrderItem"
    )
    parties: list[RelatedParty] = Field([], alias="relatedParty", max_length=16)


def read_items(order: ServiceOrder) -> list[Item]:
    """The items, each with the fields of the order that it becomes. Raises OrderRefused."""
    ids = [item.id for item in order.items]
    if len(set(ids)) != len(ids):
        raise OrderRefused(Reason.BAD_FIELD, "two items have the same id")
    return [_item(order, item) for item in order.items]


def _item(order: ServiceOrder, item: ServiceOrderItem) -> Item:
    if item.action == "noChange":
        return Item(item.id, item.action, "", {})
    number = order.number if len(order.items) == 1 else f"{order.number}/{item.id}"
    fields = _characteristics(item)
    kind = _kind(item, fields)
    party = next((one.id or one.name for one in (*item.service.parties, *order.parties) if one.id or one.name), "")
    fields.setdefault("account", item.service.id or party)
    fields.pop(_KIND, None)
    return Item(item.id, item.action, number, {"order": number, "kind": kind, **fields})


def _characteristics(item: ServiceOrderItem) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in ((one.name, one.value) for one in item.service.characteristics):
        if name not in _CHARACTERISTICS and name != _KIND:
            raise OrderRefused(
                Reason.BAD_FIELD,
                f"item {item.id}: no characteristic {name!r}: there are {_KIND} {' '.join(NAMES[2:])}",
            )
        # TMF641 v4 writes a value as it is, or in an object that says its type beside it.
        plain = value.get("value") if isinstance(value, dict) else value
        if isinstance(plain, bool) or not isinstance(plain, str | int | None):
            raise OrderRefused(Reason.BAD_FIELD, f"item {item.id}: {name} must be text or a number")
        if plain is not None and found.setdefault(name, str(plain)) != str(plain):
            raise OrderRefused(Reason.BAD_FIELD, f"item {item.id}: {name} is there twice")
    return found


def _kind(item: ServiceOrderItem, fields: Mapping[str, str]) -> str:
    """What our order is called: as it says itself, else by action and what the item names."""
    if _KIND in fields:
        return fields[_KIND]
    if item.action != "modify":
        return "install" if item.action == "add" else "cancel"
    if "old_mac" in fields:
        return "swap"
    if fields.keys() - {"account"}:
        if item.service.state in ("inactive", "terminated"):
            told = f"item {item.id}: state {item.service.state} and other changes at once: send two items"
            raise OrderRefused(Reason.BAD_FIELD, told)
        return "amend"
    return _STATES.get(item.service.state, "amend")


def item_state(item: Item, record: OrderRecord | None) -> str:
    """TMF641's word. An item that was kept and not handed in, because something broke, waits to be sent again."""
    if not item.order:
        return "completed"
    if record is None:
        return "acknowledged"
    return {"applied": "completed", "refused": "failed", "held": "held"}[record.state]


def order_state(states: Sequence[str]) -> str:
    """Of the whole, by its items: what all are, else what keeps it from being over, else partial."""
    kinds = set(states)
    if len(kinds) == 1:
        return states[0]
    return next((one for one in ("acknowledged", "held") if one in kinds), "partial")


def answer(number: str, items: Sequence[Item], records: Mapping[str, OrderRecord], received: str) -> dict[str, Any]:
    """The ServiceOrder as it stands."""
    states = [item_state(item, records.get(item.order)) for item in items]
    return {
        "id": number,
        "href": f"{PATH}/{number}",
        "externalId": number,
        "state": order_state(states),
        "orderDate": received,
        "serviceOrderItem": [_told(*pair, records) for pair in zip(items, states, strict=True)],
        "@type": "ServiceOrder",
    }


def _told(item: Item, state: str, records: Mapping[str, OrderRecord]) -> dict[str, Any]:
    record = records.get(item.order)
    told: dict[str, Any] = {"id": item.id, "action": item.action, "state": state, "@type": "ServiceOrderItem"}
    values = [{"name": name, "value": value} for name, value in _shown(item.fields)]
    told["service"] = {"id": item.fields.get("account", ""), "serviceCharacteristic": values, "@type": "Service"}
    if record and record.effects:
        told["note"] = [{"text": record.effects}]
    if record and record.reason:
        told["errorMessage"] = [error_of(record.reason, record.detail)]
    return told


def _shown(fields: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """The characteristics that make the same item again."""
    renamed = {"kind": _KIND}
    return ((renamed.get(name, name), value) for name, value in fields.items() if name not in ("order", "account"))


def error_of(reason: str, detail: str) -> dict[str, str]:
    """TMF630's error: a code, why, and what mends it."""
    return {"code": reason, "reason": detail, "message": REASONS[Reason(reason)].remedy, "@type": "Error"}
