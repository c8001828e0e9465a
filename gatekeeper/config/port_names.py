"""[binding] port_names: a name in it that can have no effect is told, with what would be right."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gatekeeper.config.place import Path as KeyPath
from gatekeeper.policy.lines import is_node_name, is_relay

_TOLD: Final = 8  # clients by name, where none resembles


def port_name_problems(raw: Mapping[str, Any]) -> list[tuple[KeyPath, str]]:
    """What can have no effect, by its key. raw: the file; what is no name in it is told elsewhere.

    A client that is wrong in something else is still one by its name.
    """
    names, clients = _table(raw, "binding", "port_names"), _table(raw, "radius", "client")
    if not isinstance(names, dict):
        return []
    rows = clients if isinstance(clients, list) else []
    known = [str(row["name"]) for row in rows if isinstance(row, dict) and row.get("name")]
    told = {str(name): to for name, to in names.items() if isinstance(to, str)}
    found = ((("binding", "port_names", name), _objection(name, to, told, known)) for name, to in told.items())
    return [(path, text) for path, text in found if text]


def _table(raw: Mapping[str, Any], section: str, key: str) -> object:
    found = raw.get(section)
    return found.get(key) if isinstance(found, dict) else None


def _objection(name: str, to: str, names: Mapping[str, str], clients: Sequence[str]) -> str:
    """What is wrong with one pair; "" = nothing."""
    if name == to:
        return "stands for itself: leave it out"
    for one in (name, to):
        if not is_node_name(one, list(clients)):
            return f'"{one}" is neither a [[radius.client]] nor the address of a relay{_near(one, clients)}'
    if to in names:
        return _chain(name, to, names)
    return ""


def _near(name: str, clients: Sequence[str]) -> str:
    """The name that was meant, where one resembles it, in whichever case."""
    address = name.strip().partition("/")[0].strip()
    if address != name and is_relay(address):
        return f': did you mean "{address}"?'
    lower = {client.lower(): client for client in clients}
    near = difflib.get_close_matches(name.strip().lower(), lower, n=1)
    if near:
        return f': did you mean "{lower[near[0]]}"?'
    return f": the clients are {' '.join(clients)}" if 0 < len(clients) <= _TOLD else ""


def _chain(name: str, to: str, names: Mapping[str, str]) -> str:
    """A name is followed once, so what it leads to must not lead on."""
    end, passed = to, {name}
    while end in names and end not in passed:
        passed.add(end)
        end = names[end]
    if end in passed:
        return f'"{to}" leads back to "{end}": let one of them stand for the others, and be no key itself'
    return f'"{to}" stands for "{names[to]}" itself, and names are followed once: write "{name}" = "{end}"'
