"""Dictionaries: names of attributes and of their values -> numbers and types, and back."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from gatekeeper.config.dictionary_file import CONTINUED, DictionaryReader, Entry
from gatekeeper.wire.attribute_types import CONTAINERS, NUMBERS
from gatekeeper.wire.nas import AttributeCode

MAIN: Final = "dictionary"
_HIGHEST_TAG: Final = 0x1F  # RFC 2868 3.1
_HIGHEST: Final = 255
_NOTED: Final = 3


class Meaning(NamedTuple):
    """A dictionary's entry, for who reads a packet. values: their names by their octets."""

    name: str
    kind: str
    values: dict[bytes, str]
    is_tagged: bool


def shipped_folder() -> Path:
    """The dictionaries that come with gatekeeper: inside the installed package, or beside it in a source tree."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "dictionaries"
    return inside if inside.is_dir() else package.parent / "dictionaries"


class Dictionary:
    """One set of dictionaries."""

    def __init__(self, places: Sequence[Path] = ()) -> None:
        """places: files, and folders of them, read one after the other. Raises ValueError, naming the place and why.

        The shipped ones are read before: the dialects' names are always there, and others add to them.
        """
        self._reader = DictionaryReader()
        for place in (shipped_folder(), *places):
            for file in _files(place):
                try:
                    self._reader.read(file)
                except OSError as error:
                    raise ValueError(f"{file}: {error.strerror or error}") from None

    def attribute(self, name: str) -> AttributeCode:
        """Numbers and type of an attribute, ``NAME`` or ``NAME:TAG``, in any case. Raises ValueError: why not."""
        plain, colon, tag = name.partition(":")
        entry = self._reader.entries.get(plain.lower())
        if entry is None:
            raise ValueError(self._lacks(plain))
        reason = _unsaid(entry)
        if reason:
            raise ValueError(f"{entry.name} ({entry.where}) {reason}")
        if colon and not (tag.isascii() and tag.isdigit() and int(tag) <= _HIGHEST_TAG):
            raise ValueError(f"{name}: a tag is a number from 0 to {_HIGHEST_TAG}")
        if colon and not entry.is_tagged:
            raise ValueError(f"{name}: {entry.name} has no tag (no has_tag in {entry.where})")
        number, told = int(tag) if colon else -1, entry.is_tagged
        return AttributeCode(entry.vendor, entry.path[0], entry.kind, entry.name, told, number, *entry.shape)

    def number(self, name: str, word: str) -> int | None:
        """The number that is called so among the attribute's values, in any case; None = none is."""
        values = self._reader.entries[name.lower()].values
        return next((number for known, number in values.items() if known.lower() == word.lower()), None)

    def words(self, name: str) -> list[str]:
        """What the attribute's values are called."""
        return list(self._reader.entries[name.lower()].values)

    def size(self, name: str) -> int:
        """Octets that the attribute always has (``octets[6]``), 0 = any."""
        return self._reader.entries[name.lower()].size

    def describe(self, vendor: int, code: int) -> Meaning | None:
        """An attribute by its numbers; None = not in here."""
        found = self._reader.by_number.get((vendor, (code,)))
        if found is None:
            return None
        octets = NUMBERS.get(found.kind, 4)
        values: dict[bytes, str] = {}
        for word, number in found.values.items():
            if 0 <= number < 1 << 8 * octets:
                values.setdefault(number.to_bytes(octets, "big"), word)
        return Meaning(found.name, found.kind, values, found.is_tagged)

    def note(self) -> str:
        """What was passed over while reading, counted, the first of it told; "" = nothing."""
        passed = self._reader.passed
        told = "; ".join(passed[:_NOTED]) + ("; …" if len(passed) > _NOTED else "")
        return f"{len(passed)} lines of the dictionaries passed over: {told}" if passed else ""

    def _lacks(self, name: str) -> str:
        passed = self._reader.lacking.get(name.lower())
        if passed:
            return f"the dictionaries lack {name}, which was passed over: {passed}"
        near = difflib.get_close_matches(name.lower(), self._reader.entries, n=1)
        meant = f": did you mean {self._reader.entries[near[0]].name!r}?" if near else ""
        return f"the dictionaries lack {name}{meant}"


def _files(place: Path) -> list[Path]:
    """A file; of a folder its ``dictionary``, else all its ``dictionary.*``. Raises ValueError."""
    if place.is_file():
        return [place]
    main = place / MAIN
    if main.is_file():
        return [main]
    found = sorted(place.glob(f"{MAIN}.*")) if place.is_dir() else []
    if not found:
        raise ValueError(f"no file {main}: name a folder that holds FreeRADIUS dictionaries, or such a file")
    return found


def _unsaid(entry: Entry) -> str:
    """Why the attribute cannot be written as one value, "" = it can."""
    if len(entry.path) > 1:
        return "stands inside another attribute: such are not sent"
    if entry.kind in CONTAINERS:
        return f"is of type {entry.kind}, which holds other attributes: such are not sent"
    if entry.encrypted:
        return "is encrypted: such are not sent"
    if entry.shape == CONTINUED:
        return "is of a vendor whose attributes go on in further ones (format=1,1,c): such are not sent"
    highest = (1 << 8 * entry.shape[0]) - 1 if entry.vendor else _HIGHEST
    if not 0 < entry.path[0] <= highest:
        return f"has the number {entry.path[0]}, which is never on the wire"
    return ""
