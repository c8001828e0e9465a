"""Finding, reading and validating the configuration file; every problem is reported with its line."""

import copy
import difflib
import os
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ValidationError

from gatekeeper.book import Policybook
from gatekeeper.config import ConfigError, Problem
from gatekeeper.config.acs import odd_octets
from gatekeeper.config.book import make_book
from gatekeeper.config.extra import unserved
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.place import Places
from gatekeeper.config.port_names import port_name_problems
from gatekeeper.config.relays import relay_notes
from gatekeeper.config.schema import ClientSection, FileSchema
from gatekeeper.config.values import Endpoint
from gatekeeper.wire.nas import DIALECTS

_STANDARD: Final = (Path("gatekeeper.toml"), Path("/etc/gatekeeper/gatekeeper.toml"))
_MAX_ROUNDS: Final = 100
_FAMOUS_SECRETS: Final = frozenset({"testing123", "secret", "radius", "password", "cisco", "huawei", "admin", "123456"})
_SHORT_SECRET: Final = 8
_LOOPBACK: Final = 127


Found = list[tuple[KeyPath, str]]


class Api(NamedTuple):
    """[api]. token_file: whose first line is the token."""

    listen: Endpoint
    token_file: Path


class Settings(NamedTuple):
    """The configuration, ready for use."""

    file: Path
    folder: Path
    store_url: str
    interfaces: tuple[str, ...]
    dhcp_listen: tuple[Endpoint, ...]
    auth_listen: tuple[Endpoint, ...]
    acct_listen: tuple[Endpoint, ...]
    book: Policybook
    log_packets: str  # all refused none
    notes: tuple[str, ...]  # what check and serve tell beside the errors
    places: Places
    dictionaries: tuple[Path, ...]  # folders and files beside those that are shipped
    api: Api | None = None  # None = no HTTP is served
    schema: FileSchema = FileSchema()  # what the file says, key by key

    @property
    def store(self) -> tuple[str, Path]:
        """[store] url, and the folder that a relative file in it starts from: what ``store.opening`` opens."""
        return self.store_url, self.folder

    def problem(self, path: KeyPath, text: str) -> Problem:
        """Something about a key that shows only when it is tried."""
        return Problem(str(self.file), self.places.line(path), f"{_spell(path)}: {text}")


def find_config(given: str | None) -> Path:
    """The file to use: given, $GATEKEEPER_CONFIG, ./gatekeeper.toml, /etc/gatekeeper/gatekeeper.toml."""
    named = given or os.environ.get("GATEKEEPER_CONFIG")
    candidates = (Path(named),) if named else _STANDARD
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    tried = ", ".join(str(candidate) for candidate in candidates)
    raise ConfigError([Problem(tried, 0, "no such file: name one with -c, or make one with 'gatekeeper init'")])


def load(given: str | None) -> Settings:
    """Read the configuration. Raises ConfigError with all problems."""
    return load_file(find_config(given))


def load_file(file: Path) -> Settings:
    """Read this file. Raises ConfigError with all problems."""
    try:
        text = file.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = str(error).partition("at line ")[2].partition(",")[0]
        number = int(line) if line.isdigit() else text.count("\n") + 1  # "at end of document"
        raise ConfigError([Problem(str(file), number, f"not TOML: {error}")]) from None
    except (OSError, ValueError) as error:  # no UTF-8, or a number of thousands of digits
        raise ConfigError([Problem(str(file), 0, f"cannot be read: {error}")]) from None
    schema, found, place_of = _validate(raw)
    folder = file.resolve().parent
    book, more = make_book(schema, folder)
    places = Places(text)
    problems = [
        _problem(file, places, (path,), message)
        for path, message in found + _check_whole(raw) + port_name_problems(raw)
    ]
    problems += [_problem(file, places, tuple(map(place_of, paths)), message) for paths, message in more.found]
    if problems:
        raise ConfigError(sorted(dict.fromkeys(problems), key=lambda problem: problem.line))
    return Settings(
        file=file,
        folder=folder,
        store_url=schema.store.url,
        interfaces=tuple(schema.dhcp.interfaces),
        dhcp_listen=tuple(schema.dhcp.listen),
        auth_listen=tuple(schema.radius.listen_auth),
        acct_listen=tuple(schema.radius.listen_acct),
        book=book,
        log_packets=schema.log.packets,
        notes=(*_notes(schema), *relay_notes(schema, book), *odd_octets(book), *unserved(book), *more.notes),
        places=places,
        dictionaries=tuple(folder / name for name in schema.radius.dictionaries),
        api=Api(schema.api.listen, folder / schema.api.token_file) if schema.api else None,
        schema=schema,
    )


def _problem(file: Path, places: Places, paths: tuple[KeyPath, ...], message: str) -> Problem:
    """Named after the first path; where several keys contradict each other, on the line of the later one."""
    return Problem(str(file), max(map(places.line, paths)), f"{_spell(paths[0])}: {message}")


def _validate(raw: dict[str, Any]) -> tuple[FileSchema, Found, Callable[[KeyPath], KeyPath]]:
    """The schema of what is right in raw, the problems of the rest, and how to find a path of the schema in the file.

    A wrong key is taken out and the rest is tried again, so that one look finds all that is wrong.
    """
    raw = copy.deepcopy(raw)
    origin: dict[int, int] = {}
    _remember_indexes(raw, origin)
    found: Found = []
    for _ in range(_MAX_ROUNDS):
        try:
            return FileSchema.model_validate(raw), found, lambda path: _real_path(raw, path, origin)[1]
        except ValidationError as error:
            _take_out_wrong(raw, error.errors(), origin, found)
    return FileSchema(), found, lambda path: path


def _take_out_wrong(raw: dict[str, Any], errors: Sequence[Any], origin: dict[int, int], found: Found) -> None:
    """What each error is about leaves raw and is told in found, once."""
    items = [(item, _real_path(raw, item["loc"], origin)) for item in errors]
    # Backwards, so that what is taken out of a list does not move what is still to be taken out.
    for item, (here, place) in items[::-1]:
        if place not in (known for known, _ in found):
            found.append((place, _explain(item, place)))
        _take_out(raw, here if item["type"] != "missing" else here[:-1])


def _check_whole(raw: dict[str, Any]) -> Found:
    dhcp = raw.get("dhcp")
    if isinstance(dhcp, dict) and dhcp.get("subnet") and not (dhcp.get("interfaces") or dhcp.get("listen")):
        return [(("dhcp", "subnet", 0), "subnets are configured, but neither [dhcp] interfaces nor listen")]
    if isinstance(dhcp, dict) and dhcp.get("authorize") == "radius":
        section = dhcp.get("radius")
        if not isinstance(section, dict) or not section.get("server"):
            return [(("dhcp", "authorize"), '"radius" needs a [[dhcp.radius.server]]')]
    return []


def _remember_indexes(node: Any, origin: dict[int, int]) -> None:
    """Which element of its list each table was in the file, before others are taken out."""
    items = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for at, item in enumerate(items):
        if isinstance(node, list) and isinstance(item, dict):
            origin[id(item)] = at
        _remember_indexes(item, origin)


def _real_path(raw: Any, loc: tuple[str | int, ...], origin: dict[int, int]) -> tuple[KeyPath, KeyPath]:
    """(path in raw as it is now, path in the file), without the names of union members that pydantic puts in."""
    here: list[str | int] = []
    place: list[str | int] = []
    node = raw
    for part in loc:
        if (isinstance(node, dict) and part in node) or (isinstance(node, list) and isinstance(part, int)):
            node = node[part]  # type: ignore[index]
        elif not (isinstance(node, dict) and part == loc[-1]):
            continue
        here.append(part)
        place.append(origin.get(id(node), part) if isinstance(part, int) else part)
    return tuple(here), tuple(place)


def _explain(item: Any, path: KeyPath) -> str:
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), _keys_beside(path), n=1)
        return "unknown key" + (f": did you mean {near[0]!r}?" if near else "")
    if item["type"] == "missing":
        return "is missing"
    return str(item["msg"]).removeprefix("Value error, ")


def _keys_beside(path: KeyPath) -> list[str]:
    model: Any = FileSchema
    for part in path[:-1]:
        if isinstance(part, int):
            continue
        annotation = _fields(model)[str(part)].annotation
        arguments = [annotation, *getattr(annotation, "__args__", ())]
        model = next((item for item in arguments if isinstance(item, type) and issubclass(item, BaseModel)), FileSchema)
    return list(_fields(model))


def _fields(model: Any) -> dict[str, Any]:
    """By the names that the file has for them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _take_out(raw: Any, path: KeyPath) -> None:
    if not path:
        raw.clear()
        return
    node = raw
    for part in path[:-1]:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(node, dict):
        node.pop(path[-1], None)
    elif isinstance(node, list) and isinstance(path[-1], int) and path[-1] < len(node):
        del node[path[-1]]


def _spell(path: KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "file"


def _notes(schema: FileSchema) -> tuple[str, ...]:
    notes = []
    if schema.api and schema.api.listen.address >> 24 != _LOOPBACK:
        notes.append("[api] listen: HTTP goes in clear, and the token with it; let a proxy with TLS stand in front")
    notes += _aaa_notes(schema)
    for client in schema.radius.client:
        if DIALECTS[client.nas].disputed_unit and client.rate_unit is None and client.rates is None:
            notes.append(_unit_note(client))
        if _is_weak(client.secret):
            notes.append(f"[[radius.client]] {client.name}: its secret is short or well known; take a long random one")
        if not client.send_message_authenticator:
            notes.append(
                f"[[radius.client]] {client.name}: send_message_authenticator = false lets answers be forged"
                " (CVE-2024-3596); answers with EAP carry it all the same"
            )
        if client.limit_proxy_state == "no" and client.require_message_authenticator != "yes":
            notes.append(
                f'[[radius.client]] {client.name}: limit_proxy_state = "no" lets an Access-Accept be forged'
                ' (CVE-2024-3596); with "auto" Proxy-State is refused only in requests without Message-Authenticator'
            )
    return tuple(notes)


def _unit_note(client: ClientSection) -> str:
    """Off by 1,000 a line has no limit, or no speed."""
    default = DIALECTS[client.nas].disputed_unit
    return (
        f"[[radius.client]] {client.name}: sources contradict each other on the unit of {client.nas}'s rates, and"
        f" {default}/s is taken; look at a session on the BRAS and say which it is, by one of"
        ' rate_unit = "kbit"  (20000 kbit/s are sent as 20000) and'
        ' rate_unit = "bit"  (as 20000000)'
    )


def _is_weak(secret: str) -> bool:
    return secret.lower() in _FAMOUS_SECRETS or len(secret) < _SHORT_SECRET


def _aaa_notes(schema: FileSchema) -> list[str]:
    dhcp = schema.dhcp
    if dhcp.radius is None:
        return []
    if dhcp.authorize != "radius":
        return ['[dhcp.radius] is read and not used: [dhcp] authorize is "local", the orders decide']
    notes = ["[[dhcp.profile]] is not used: plans come with orders, and AAA decides"] if dhcp.profile else []
    notes += ['[dhcp] authorize = "radius": orders and [binding] decide about RADIUS only, DHCP asks AAA']
    for server in dhcp.radius.server:
        name = f"[[dhcp.radius.server]] {server.address.text()}"
        if _is_weak(server.secret):
            notes.append(f"{name}: its secret is short or well known; take a long random one")
        if not server.require_message_authenticator:
            notes.append(f"{name}: answers without Message-Authenticator can be forged (CVE-2024-3596)")
    return notes
