"""Attributes that an operator wants in an Access-Accept: ``rates`` and ``reply`` of a client, ``reply`` of a plan.

What is said of a plan stands above what is said of a client, and that above the dialect's row: an attribute takes the
place of the one of the same name and tag. Pairs (``Cisco-AVPair``) do so pair by pair.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from gatekeeper.config.dictionary import Dictionary
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.problems import Problems
from gatekeeper.config.schema import ProfileSection
from gatekeeper.wire.attribute_types import NUMBERS, encode_value
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.nas_rates import (
    RateAttribute,
    check_template,
    encode_attribute,
    field_names,
    is_of_the_rate,
)

_OURS: Final = "gatekeeper writes it itself"
_ASKED: Final = "it stands in requests only"
_NOT_TO_SAY: Final = {2: _ASKED, 3: _ASKED, 24: _OURS, 25: _OURS, 26: "name the vendor's attribute", 33: _OURS,
                      60: _ASKED, 79: _OURS, 80: _OURS}  # fmt: skip
_PAIRS: Final = ("avpair", "av-pair")
_IN_COA: Final = frozenset({"account", "mac", "plan"})  # what is known of a running session beside the rate


class Said(NamedTuple):
    """One attribute as it was said, with its values; none = it is to be left out. in_coa: a CoA has it in any case."""

    code: AttributeCode
    rows: tuple[RateAttribute, ...]
    in_coa: bool = False


class Profile(NamedTuple):
    """One [[radius.profile]]. clients: their names, none = all."""

    plan: str
    clients: frozenset[str]
    said: tuple[Said, ...]


class AttributeReader:
    """Reads attributes by the dictionaries, collecting what is wrong with them."""

    def __init__(self, dictionary: Dictionary, problems: Problems) -> None:
        self._dictionary = dictionary
        self._problems = problems

    def read(self, table: Mapping[str, object], place: KeyPath) -> tuple[Said, ...]:
        """Name -> value, or list of values. place: the table's own."""
        found = [self.read_one(name, value, (*place, name)) for name, value in table.items()]
        return tuple(said for said in found if said)

    def read_one(self, name: str, value: object, place: KeyPath) -> Said | None:
        """One attribute; None where something is wrong with it."""
        try:
            code = self._dictionary.attribute(name)
            if not code.vendor and code.code in _NOT_TO_SAY:
                raise ValueError(f"{code.name} cannot be said: {_NOT_TO_SAY[code.code]}")
            values = value if isinstance(value, list) else [value]
            return Said(code, tuple(self._row(code, one) for one in values))
        except ValueError as error:
            self._problems.add(place, str(error))
            return None

    def _row(self, code: AttributeCode, value: object) -> RateAttribute:
        try:
            text = _as_text(code, value)
            if field_names(text):
                check_template(text, code)
                return RateAttribute(code, text, b"", _own_fields(text) <= _IN_COA)
            shown = text.format()
            fixed = encode_value(code.kind, self._number(code, shown), code.tag, code.is_tagged)
            encode_attribute(code, fixed)
            self._check_size(code, fixed)
        except ValueError as error:
            raise ValueError(f"{code.text()} is of type {code.kind}: {error}") from None
        return RateAttribute(code, shown, fixed)

    def _number(self, code: AttributeCode, text: str) -> str:
        """The number that the dictionaries know by this name, or the text itself."""
        number = self._dictionary.number(code.name, text)
        words = self._dictionary.words(code.name)
        if code.kind in NUMBERS and words and number is None and not text[:1].isdigit():
            near = difflib.get_close_matches(text, words, n=1)
            meant = f"did you mean {near[0]!r}?" if near else f"they are {' '.join(words[:12])}"
            raise ValueError(f"{text!r} is no number and none of its values' names: {meant}")
        return text if number is None else str(number)

    def _check_size(self, code: AttributeCode, fixed: bytes) -> None:
        size = self._dictionary.size(code.name)
        if code.kind == "octets" and size and len(fixed) - (code.tag >= 0) != size:
            raise ValueError(f"{size} octets are wanted, not {len(fixed)}")


def _as_text(code: AttributeCode, value: object) -> str:
    if isinstance(value, bool) and code.kind == "bool":
        return "yes" if value else "no"
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"text, a whole number, or a list of them is wanted, not {value!r}")
    if value == "":
        raise ValueError("text is never empty (RFC 2865 5); [] leaves the attribute out")
    return str(value)


def _own_fields(template: str) -> set[str]:
    return {name for name in field_names(template) if not name.startswith(("up_", "down_"))}


def read_profiles(
    sections: Sequence[ProfileSection], names: Sequence[str], reader: AttributeReader, problems: Problems
) -> list[Profile]:
    """All [[radius.profile]]. names: those of the clients."""
    found: list[Profile] = []
    for index, section in enumerate(sections):
        place: KeyPath = ("radius", "profile", index)
        for name in section.clients:
            if name not in names:
                problems.add((*place, "clients"), f"no [[radius.client]] {name!r}: there are {' '.join(names)}")
        said = [one._replace(in_coa=section.coa) for one in reader.read(section.reply, (*place, "reply"))]
        profile = Profile(section.plan, frozenset(section.clients), tuple(said))
        for earlier in found:
            if earlier.plan == profile.plan and _share_a_client(earlier, profile):
                problems.add((*place, "plan"), f"{profile.plan!r} is there already for the same client")
        found.append(profile)
    return found


def _share_a_client(one: Profile, other: Profile) -> bool:
    """A profile for all and one that names clients may stand beside each other: the names win."""
    return one.clients == other.clients or bool(one.clients & other.clients)


def profiles_of(profiles: Sequence[Profile], client: str) -> dict[str, tuple[Said, ...]]:
    """Plan -> what is said of it to this client."""
    of_all = {one.plan: one.said for one in profiles if not one.clients}
    return of_all | {one.plan: one.said for one in profiles if client in one.clients}


def merged(rows: Sequence[RateAttribute], said: Sequence[Said]) -> tuple[RateAttribute, ...]:
    """The rows, what is said in place of those that it replaces.

    A CoA for a new rate repeats what depends on the rate, and what stands in the place of a row that it would repeat.
    """
    replaced = [row for row in rows if any(_replaces(one, row) for one in said)]
    repeated = {row.code.place() for row in replaced if row.in_coa}
    added = [
        row._replace(in_coa=row.in_coa and (one.in_coa or row.code.place() in repeated or is_of_the_rate(row)))
        for one in said
        for row in one.rows
    ]
    return (*(row for row in rows if row not in replaced), *added)


def _replaces(said: Said, row: RateAttribute) -> bool:
    if (said.code.place(), said.code.tag) != (row.code.place(), row.code.tag):
        return False
    if not said.rows or not said.code.name.lower().endswith(_PAIRS):
        return True
    return any(new.template.startswith(_pair(row)) for new in said.rows)


def _pair(row: RateAttribute) -> str:
    """What a pair begins with: of a template all before its first field, else what stands before its value."""
    text = row.template
    return text[: text.find("=") + 1] or text if row.fixed else text.partition("{")[0]
