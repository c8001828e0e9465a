"""User-Name by template: ``{sysname}-{mac}-{pevlan}@{domain}`` -> the parts of a name that fits it.

A User-Name is a stranger's text, so nothing ever goes back: a free part ends where the run behind it, of text and parts
with a form of their own, fits for the first time. That is linear in the name's length.
"""

import re
from functools import lru_cache
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.nas_identity import mac_in, mac_of_client_id
from gatekeeper.wire.text import stbid_mac

_HEX: Final = "[0-9A-Fa-f]"
_NUMBER: Final = r"\d{1,5}"
_ADDRESS: Final = r"\d{1,3}(?:\.\d{1,3}){3}"
_MAC: Final = (
    f"{_HEX}{{12}}|{_HEX}{{2}}(?:[:. -]{_HEX}{{2}}){{5}}"
    f"|{_HEX}{{4}}(?:[:.-]{_HEX}{{4}}){{2}}|{_HEX}{{6}}[:.-]{_HEX}{{6}}"
)
_FORMED: Final = {
    "mac": _MAC,
    "stbid": f"[0-9A-Za-z]{{20}}{_HEX}{{12}}",
    **dict.fromkeys(("pevlan", "cevlan", "slot", "port"), _NUMBER),
    **dict.fromkeys(("ip", "gateway"), _ADDRESS),
}
_FREE: Final = (
    *("option12", "option60", "option61", "option82"),
    *("circuit_id", "remote_id", "sysname", "domain", "any"),
)
_PART: Final = re.compile(r"\{([^{}]*)\}|([^{}]+)|([{}])")


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class NameTemplate(Value):
    """runs: each with the free part in front of it, "" only for the first; the last one ends with the name."""

    __slots__ = ("runs",)

    def __init__(self, runs: tuple[tuple[str, re.Pattern[str]], ...]) -> None:
        self.runs: Final = runs

    def has_free(self, name: str) -> bool:
        """True if this part, one without a form of its own, is in it."""
        return name in (free for free, _ in self.runs)


def compile_name(template: str) -> NameTemplate:
    """Raises ValueError."""
    runs: list[tuple[str, str]] = [("", "")]  # (free part, what follows it)
    seen: set[str] = set()
    for name, text, brace in _PART.findall(template):
        if brace or (not text and name not in _FORMED and name not in _FREE):
            raise ValueError(f"{{{name}}} is no part of a name: {' '.join((*_FORMED, *_FREE))}")
        if name and name in seen and name != "any":
            raise ValueError(f"{{{name}}} is there twice")
        seen.add(name)
        free, run = runs[-1]
        if name in _FREE:
            if free and not run:
                raise ValueError(f"{{{free}}} and {{{name}}} need text between them")
            runs.append((name, ""))
        else:
            runs[-1] = free, run + (_formed(name) if name else re.escape(text))
    if not seen - {""}:
        raise ValueError("a part in braces is wanted, such as {mac}")
    free, run = runs[-1]
    runs[-1] = free, run + r"\Z"
    return NameTemplate(tuple((free, re.compile(run)) for free, run in runs))


def _formed(name: str) -> str:
    """A group that takes as much as its form can and gives nothing back. Python before 3.11.5 misreads possessive
    quantifiers and atomic groups around groups (gh-101955); what a lookahead has found stands in every version."""
    return f"(?=(?P<{name}>{_FORMED[name]}))(?P={name})"


@lru_cache(maxsize=4_096)
def name_parts(template: NameTemplate, value: bytes) -> dict[str, str] | None:
    """The parts of a User-Name; None if it does not fit. Octets that are not ASCII fit free parts only."""
    name, parts, at = value.decode("latin-1"), {}, 0
    for free, run in template.runs:
        found = run.search(name, at) if free else run.match(name, at)
        if found is None or (free and found.start() == at):
            return None
        if free and free != "any":
            parts[free] = name[at : found.start()]
        parts.update(found.groupdict())
        at = found.end()
    return parts


def mac_of_parts(parts: dict[str, str]) -> tuple[bytes, bool]:
    """(the MAC that the parts name or b"", False if two of them disagree or {mac} is none)."""
    found = set()
    if "mac" in parts:
        found.add(mac_in(parts["mac"].encode("latin-1")))
    if "stbid" in parts:
        found.add(stbid_mac(parts["stbid"]))
    client_id = _mac_of_client_id(parts.get("option61", ""))
    if client_id:  # a client identifier may be anything else
        found.add(client_id)
    return (next(iter(found), b""), True) if len(found) < 2 and b"" not in found else (b"", False)


def _mac_of_client_id(text: str) -> bytes:
    """``01d4c1c8ee9b1f`` in hex, or the octets themselves."""
    try:
        return mac_of_client_id(bytes.fromhex(text))
    except ValueError:
        return mac_of_client_id(text.encode("latin-1"))
