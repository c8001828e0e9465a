"""What one configuration says otherwise than another, as the file spells it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from gatekeeper.config.schema import FileSchema, Section

# What tells one element of an array of tables from another: the first of these that it has.
_NAMES: Final = ("network", "name", "address", "match", "exact", "code")


class Change(NamedTuple):
    """One key or table. path: names of tables and key, as in ``("dhcp", "subnet", "pools")``."""

    path: tuple[str, ...]
    text: str


def changes(old: FileSchema, new: FileSchema) -> list[Change]:
    """In the sequence of the schema. No value is told: it may be a secret."""
    return list(_in_table(old, new, (), ""))


def _in_table(old: Section, new: Section, path: tuple[str, ...], where: str) -> Iterator[Change]:
    """where: the table as text, "" = the file itself."""
    for field, about in type(new).model_fields.items():
        before, after = getattr(old, field), getattr(new, field)
        if before == after:
            continue
        key = about.alias or field
        here = (*path, key)
        if isinstance(before, Section) and isinstance(after, Section):
            yield from _in_table(before, after, here, f"[{'.'.join(here)}]")
        elif isinstance(before, Section | None) and isinstance(after, Section | None):
            yield Change(here, f"[{'.'.join(here)}] {'is there' if after else 'is gone'}")
        elif _are_tables(before) and _are_tables(after):
            yield from _in_tables(before, after, here)
        else:
            yield Change(here, f"{where} {key}")


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, Section) for one in value)


def _in_tables(old: Sequence[Section], new: Sequence[Section], path: tuple[str, ...]) -> Iterator[Change]:
    array = f"[[{'.'.join(path)}]]"
    before, after = _named(old), _named(new)
    for name in before.keys() - after.keys():
        yield Change(path, f"{array} {name} is gone")
    for name, table in after.items():
        if name not in before:
            yield Change(path, f"{array} {name} is there")
        else:
            yield from _in_table(before[name], table, path, f"{array} {name}:")
    if before.keys() == after.keys() and list(before) != list(after):
        yield Change(path, f"{array} sequence")


def _named(tables: Sequence[Section]) -> dict[str, Section]:
    """By name; a second one of the same name by its place as well."""
    found: dict[str, Section] = {}
    for at, table in enumerate(tables, 1):
        name = _name_of(table) or str(at)
        found[f"{name} ({at})" if name in found else name] = table
    return found


def _name_of(table: Section) -> str:
    values = (getattr(table, key, None) for key in _NAMES)
    value: Any = next((value for value in values if value is not None), "")
    return value.text() if hasattr(value, "text") else str(value)
