"""FreeRADIUS-format dictionaries through pyrad: attribute names -> numbers and types."""

import logging
from collections.abc import Iterable
from pathlib import Path

from gatekeeper.wire.nas import AttributeCode

SHIPPED = "dictionary"


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
