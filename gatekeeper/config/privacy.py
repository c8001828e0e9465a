"""Which keys of a configuration hold secrets."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.schema import FileSchema


def secret_keys(schema: FileSchema) -> list[KeyPath]:
    """The paths of the secrets that the file holds: keys that the schema never shows (``repr=False``), and are set."""
    return list(_below(schema, ()))


def _below(node: Any, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(node, BaseModel):
        for name, field in type(node).model_fields.items():
            value, here = getattr(node, name), (*path, field.alias or name)
            if not field.repr:
                yield from [here] if value else []
            else:
                yield from _below(value, here)
    elif isinstance(node, list):
        for at, item in enumerate(node):
            yield from _below(item, (*path, at))
