"""FreeRADIUS-format dictionaries through pyrad: attribute names -> numbers and types."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from gatekeeper.wire.nas import AttributeCode

SHIPPED: Final = "dictionary"


def shipped_folder() -> Path:
    """The dictionaries that come with gatekeeper: inside the installed package, or beside it in a source tree."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "dictionaries"
    return inside if inside.is_dir() else package.parent / "dictionaries"


class Dictionary:
    """One set of dictionaries."""

    def __init__(self, folder: Path) -> None:
        """folder holds a file ``dictionary`` that includes the others. Raises ValueError, naming file and cause.

        The shipped ones are read before it: the dialects' names are always there, and a folder adds to them.
        """
        from pyrad.dictionary import Dictionary as PyradDictionary
        from pyrad.dictionary import ParseError

        main = folder / SHIPPED
        if not main.is_file():
            raise ValueError(f"no file {main}: name a folder that holds FreeRADIUS dictionaries")
        # It warns of every type and vendor's format that it passes over; what a client needs of them is told by name.
        logging.getLogger("pyrad").setLevel(logging.ERROR)
        try:
            self._read = PyradDictionary(*dict.fromkeys((str(shipped_folder() / SHIPPED), str(main))))
            self._by_code: dict[tuple[int, int], Any] = {}
        except (ParseError, OSError, ValueError, KeyError) as error:
            raise ValueError(f"{main}: {error}") from None

    def attribute(self, name: str) -> AttributeCode:
        """Numbers and type of an attribute. Raises KeyError."""
        found = self._read.attributes[name]
        vendor = self._read.vendors.GetForward(found.vendor) if found.vendor else 0
        return AttributeCode(int(vendor), int(found.code), "integer" if found.type == "integer" else "string", name)

    def kind(self, name: str) -> str:
        """The attribute's type as the dictionary spells it. Raises KeyError."""
        return str(self._read.attributes[name].type)

    def names(self) -> Iterable[str]:
        """All attributes."""
        return list(self._read.attributes)

    def describe(self, vendor: int, code: int) -> tuple[str, str, dict[bytes, str]] | None:
        """(name, type, names of values by their octets) of an attribute by its numbers; None = not in here."""
        if not self._by_code:
            for found in self._read.attributes.values():
                number = self._read.vendors.GetForward(found.vendor) if found.vendor else 0
                self._by_code.setdefault((int(number), found.code), found)
        found = self._by_code.get((vendor, code))
        if found is None:
            return None
        values = {octets: found.values.GetBackward(octets) for octets in found.values.backward}
        return str(found.name), str(found.type), values
