"""What OpenAPI is told beside what FastAPI sees by itself: bodies, which the guard has read already, and rows."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel

_REF: Final = "#/components/schemas/{model}"
_SECURITY: Final = {"token": {"type": "http", "scheme": "bearer", "description": "[api] token_file"}}
# Of an answer that is a list -> its type, and when it is there.
_HEADERS: Final = {
    "Link": ("string", 'Where there is more: the list from there on, with rel="next" (RFC 8288).'),
    "X-Truncated": ("boolean", "true, where there is more."),
    "X-Total-Count": ("integer", "Rows of the whole list, where total=true asks for it."),
}
_BODIES: Final[dict[str, dict[str, Any]]] = {}


def body(model: type[BaseModel], or_list: bool = False) -> dict[str, Any]:
    """``openapi_extra`` of a route that takes this as JSON, or a list of it."""
    schema = model.model_json_schema(ref_template=_REF)
    _BODIES.update(schema.pop("$defs", {}))
    name = str(schema.get("title", model.__name__))
    _BODIES[name] = schema
    one: dict[str, Any] = {"$ref": _REF.format(model=name)}
    whole = {"oneOf": [one, {"type": "array", "items": one}]} if or_list else one
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": whole}}}}


def listed(says: str, columns: Iterable[str], one: bool = False) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route that gives rows with these columns, or one of them. says: what they are."""
    row = {"type": "object", "properties": {name: {} for name in columns}}
    schema = row if one else {"type": "array", "items": row}
    return {200: {"description": says, "content": {"application/json": {"schema": schema}}}}


def parted(says: str, columns: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """The same of a route that gives a list in parts."""
    responses = listed(says, columns)
    responses[200]["headers"] = {
        name: {"description": meaning, "schema": {"type": kind}} for name, (kind, meaning) in _HEADERS.items()
    }
    return responses | {503: {"description": "The store cannot be read, or too many lists are asked for at once."}}


def describe(app: FastAPI) -> None:
    """Have /openapi.json tell of bodies and token too."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = plain()
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {}).update(_BODIES)
            components["securitySchemes"] = _SECURITY
            schema["security"] = [{"token": []}]
            schema["paths"]["/healthz"]["get"]["security"] = []
        assert app.openapi_schema
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]
