"""Option 162: encrypted DNS resolvers by name, address and service parameters (RFC 9463 5.1, RFC 9460 2.2).

Written as Kea users write it: ``PRIORITY, NAME, ADDRESS ADDRESS, alpn=dot,doq port=853``, one text a resolver, or
several in one text parted by ``|``. A resolver may be its name alone.
"""

import re
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.names import encode_name, read_names
from gatekeeper.wire.text import ip_text, octets_text, parse_ip, printable

_WANTED: Final = "'PRIORITY, NAME, ADDRESS …, alpn=dot port=853' is wanted (RFC 9463)"
_MANDATORY: Final = 0
_ALPN: Final = 1
_NO_DEFAULT: Final = 2
_PORT: Final = 3
_DOHPATH: Final = 7  # RFC 9461 5.1
# RFC 9463 3.1: addresses have a field of their own, so the hints are forbidden.
_KEYS: Final = {
    "mandatory": _MANDATORY, "alpn": _ALPN, "no-default-alpn": _NO_DEFAULT, "port": _PORT, "dohpath": _DOHPATH,
}  # fmt: skip
_NAMES: Final = {number: name for name, number in _KEYS.items()}
_HINTS: Final = frozenset({4, 6})
_OTHER: Final = re.compile(r"key(\d{1,5})")
_MOST_ADDRESSES: Final = 63  # one octet counts their octets


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Resolver(Value):
    """One resolver. addresses and parameters are both empty where it is told by its name alone; parameters: by key."""

    __slots__ = ("priority", "name", "addresses", "parameters")

    def __init__(
        self, priority: int, name: str, addresses: tuple[int, ...], parameters: tuple[tuple[int, bytes], ...]
    ) -> None:
        self.priority: Final = priority
        self.name: Final = name
        self.addresses: Final = addresses
        self.parameters: Final = parameters


def resolvers(value: object) -> bytes:
    """A configured value -> octets. Raises ValueError."""
    items = value.split("|") if isinstance(value, str) else value
    if not isinstance(items, list) or not items:
        raise ValueError(f"{_WANTED}, not {value!r}")
    return b"".join(_encode(_parse(str(item))) for item in items)


def show_resolvers(value: bytes) -> str:
    """Octets -> text as it is written. Raises ValueError where they are no list of resolvers."""
    return " | ".join(map(_show, read_resolvers(value)))


def read_resolvers(value: bytes) -> list[Resolver]:
    """Octets -> resolvers. Raises ValueError where one is cut."""
    found, at = [], 0
    while at < len(value):
        start = at + 2
        size = int.from_bytes(value[at:start], "big")
        data = value[start : start + size]
        if len(data) < size or size < 3:
            raise ValueError("a resolver runs over the end")
        found.append(_read(data))
        at = start + size
    return found


def _parse(text: str) -> Resolver:
    priority, name, addresses, parameters = ([part.strip() for part in text.split(",", 3)] + [""] * 3)[:4]
    if not (priority.isascii() and priority.isdigit()) or int(priority) > 0xFFFF or not name:
        raise ValueError(f"{_WANTED}, not {text!r}")
    if parameters and not addresses:
        raise ValueError("addresses are wanted before service parameters (RFC 9463 5.1)")
    found = tuple(parse_ip(address) for address in addresses.split())
    if len(found) > _MOST_ADDRESSES:
        raise ValueError(f"{_MOST_ADDRESSES} addresses at most are wanted")
    pairs = [_parameter(word) for word in parameters.replace("\\,", ",").split()]
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a service parameter is wanted once (RFC 9460 2.2)")
    return Resolver(int(priority), name, found, tuple(sorted(pairs)))


def _key(name: str) -> int:
    match = _OTHER.fullmatch(name)
    key = int(match[1]) if match else _KEYS.get(name, -1)
    if not 0 <= key < 0xFFFF or key in _HINTS:
        raise ValueError(f"one of {' '.join(_KEYS)} or keyNUMBER is wanted, not {name!r}")
    return key


def _parameter(word: str) -> tuple[int, bytes]:
    name, equals, text = word.partition("=")
    key = _key(name)
    if key == _NO_DEFAULT:
        if equals:
            raise ValueError(f"{name} is wanted without a value")
        return key, b""
    if key == _ALPN:
        protocols = [one.encode() for one in text.split(",")]
        if not all(0 < len(one) < 256 for one in protocols):
            raise ValueError(f"protocols of 1 to 255 characters are wanted, parted by commas, not {word!r}")
        return key, b"".join(bytes((len(one),)) + one for one in protocols)
    if key == _MANDATORY:
        return key, b"".join(one.to_bytes(2, "big") for one in sorted(map(_key, text.split(","))))
    if key == _PORT:
        if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
            raise ValueError(f"a port from 1 to 65535 is wanted, not {text!r}")
        return key, int(text).to_bytes(2, "big")
    return key, text.encode()


def _encode(resolver: Resolver) -> bytes:
    name = encode_name(resolver.name)
    data = resolver.priority.to_bytes(2, "big") + bytes((len(name),)) + name
    if resolver.addresses:
        data += bytes((4 * len(resolver.addresses),))
        data += b"".join(address.to_bytes(4, "big") for address in resolver.addresses)
        for key, value in resolver.parameters:
            data += key.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value
    return len(data).to_bytes(2, "big") + data


def _read(data: bytes) -> Resolver:
    named = 3 + data[2]
    names = read_names(data[3:named])
    if len(names) != 1 or len(data) < named:
        raise ValueError("not one name")
    priority = int.from_bytes(data[:2], "big")
    if len(data) == named:
        return Resolver(priority, names[0], (), ())
    told = named + 1 + data[named]
    octets = data[named + 1 : told]
    if len(data) < told or not octets or len(octets) % 4:
        raise ValueError("not a list of addresses")
    addresses = tuple(int.from_bytes(octets[at : at + 4], "big") for at in range(0, len(octets), 4))
    return Resolver(priority, names[0], addresses, _read_parameters(data, told))


def _read_parameters(data: bytes, at: int) -> tuple[tuple[int, bytes], ...]:
    found = []
    while at < len(data):
        start = at + 4
        stop = start + int.from_bytes(data[at + 2 : start], "big")
        if start > len(data) or stop > len(data):
            raise ValueError("a service parameter runs over the end")
        found.append((int.from_bytes(data[at : at + 2], "big"), data[start:stop]))
        at = stop
    return tuple(found)


def _show(resolver: Resolver) -> str:
    parts = [str(resolver.priority), resolver.name]
    if resolver.addresses:
        parts.append(" ".join(map(ip_text, resolver.addresses)))
    if resolver.parameters:
        parts.append(" ".join(_show_parameter(key, value) for key, value in resolver.parameters))
    return ", ".join(parts)


def _show_parameter(key: int, value: bytes) -> str:
    name = _NAMES.get(key, f"key{key}")
    if key == _ALPN:
        return f"{name}={','.join(printable(one) for one in _protocols(value))}"
    if key == _PORT and len(value) == 2:
        return f"{name}={int.from_bytes(value, 'big')}"
    if key == _MANDATORY and len(value) % 2 == 0:
        keys = [int.from_bytes(value[at : at + 2], "big") for at in range(0, len(value), 2)]
        return f"{name}={','.join(_NAMES.get(one, f'key{one}') for one in keys)}"
    if not value:
        return name
    return f"{name}={printable(value) if key == _DOHPATH else octets_text(value)}"


def _protocols(value: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(value):
        one = value[at + 1 : at + 1 + value[at]]
        if not one or len(one) < value[at]:
            raise ValueError("a protocol runs over the end")
        found.append(one)
        at += 1 + len(one)
    return found
