"""What all values of the house have in common: the same kind with the same fields is the same value.

A kind of value is a final class of named slots, filled by a plain constructor and never changed afterwards: it reads
as a table of its fields, an attribute of it costs what any attribute costs, and mypyc makes a C structure of it. It is
no sequence: what wants a row of columns says which columns.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, Self

from mypy_extensions import mypyc_attr

_FIELDS: Final[dict[type, tuple[str, ...]]] = {}
_READERS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {}


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)  # a build may compile this module and not all others
class Value:
    """The base of every kind. Its fields are the parameters of the constructor, by the same names and in sequence."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """True if the other is of the same kind, and every field is equal."""
        kind = type(self)
        if type(other) is not kind:
            return False
        read = _READERS.get(kind) or _reader(kind)
        return read(self) == read(other)

    def __hash__(self) -> int:
        kind = type(self)
        read = _READERS.get(kind) or _reader(kind)
        return hash(read(self))

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in fields_of(type(self)))
        return f"{type(self).__name__}({said})"

    def _replace(self, **changes: Any) -> Self:
        """The same but for these fields. Raises TypeError for one that the kind does not have."""
        kind: Any = type(self)
        changed: Self = kind(**dict(zip(fields_of(kind), values_of(self), strict=True)) | changes)
        return changed

    def _asdict(self) -> dict[str, Any]:
        """The fields by name; what they hold is left as it is."""
        return dict(zip(fields_of(type(self)), values_of(self), strict=True))


def fields_of(kind: type[Value]) -> tuple[str, ...]:
    """The names of a kind's fields, in sequence."""
    fields = _FIELDS.get(kind)
    if fields is None:
        # mypyc keeps no __slots__, but a list of its own; what is generic has a __dict__ there too.
        found: Any = kind
        listed = getattr(found, "__mypyc_attrs__", None) or found.__slots__
        fields = _FIELDS[kind] = tuple(name for name in listed if name != "__dict__")
    return fields


def values_of(value: Value) -> tuple[Any, ...]:
    """What is in the fields, in their sequence: a row, where the columns are the fields."""
    kind = type(value)
    read = _READERS.get(kind) or _reader(kind)
    return read(value)


def _reader(kind: type[Value]) -> Callable[[Any], tuple[Any, ...]]:
    fields = fields_of(kind)
    read = attrgetter(*fields) if len(fields) > 1 else _row_of_one(fields[0])
    _READERS[kind] = read
    return read


def _row_of_one(field: str) -> Callable[[Any], tuple[Any, ...]]:
    """attrgetter of one name gives what it finds, and no row."""
    return lambda value: (getattr(value, field),)
