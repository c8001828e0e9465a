"""ISC dhcpd's ``host`` declarations (dhcpd.conf(5)), at any depth of groups, subnets, shared networks and pools; and
its lease file (dhcpd.leases(5)), which is written in the same grammar.

Statements end in ``;`` or hold a block of further ones; ``#`` begins a comment. What is not about hosts is passed over,
but for what may keep hosts elsewhere: included files, and subclasses by hardware address.
"""

import re
from collections.abc import Callable, Iterator
from typing import IO, Final, NamedTuple

from gatekeeper.intake.entry import Entry, is_address, mac_of, not_taken
from gatekeeper.intake.leases import Leases
from gatekeeper.intake.order_file import Line, OrderFileError, unreadable

_PART: Final = re.compile(r'#.*|"(?:[^"\\]|\\.)*"|[{};,]|[^\s{};,"#]+|"')
_SIGNS: Final = frozenset("{};")
_DEPTH: Final = 64
_REFUSING: Final = (("deny", "booting"), ("ignore", "booting"))
# What a host says of itself, and what the server keeps about it: nothing that is lost.
_QUIET: Final = frozenset({"dynamic", "allow", "group"})


class Statement(NamedTuple):
    """The line it begins on, its words, and the statements in its block; None = it has none."""

    line: int
    words: tuple[str, ...]
    block: "list[Statement] | None" = None


class _Parser:
    """Puts tokens together. A statement that stands in no other is whole when it is taken out of ``done``."""

    def __init__(self) -> None:
        self._open: list[Statement] = []
        self._words: list[str] = []
        self._line = 0
        self.done: list[Statement | Line] = []

    def take(self, number: int, part: str) -> None:
        """The next word or sign, of that line. Raises OrderFileError."""
        if part not in _SIGNS:
            self._line = self._line if self._words else number
            self._words.append(part)
            return
        if part == "{":
            if len(self._open) == _DEPTH:
                raise OrderFileError(f"{number}: blocks nested deeper than {_DEPTH}")
            self._open.append(Statement(self._line if self._words else number, tuple(self._words), []))
            self._words.clear()
            return
        if self._words:
            self._put(Statement(self._line, tuple(self._words)))
            self._words.clear()
        if part == "}" and self._open:
            self._put(self._open.pop())
        elif part == "}":
            self.done.append(unreadable(number, "'}' closes no block"))

    def _put(self, one: Statement) -> None:
        inside = self._open[-1].block if self._open else None
        (self.done if inside is None else inside).append(one)

    def end(self) -> None:
        """A file that was cut: what is whole counts, and what is not is said."""
        begun = self._open[0].line if self._open else self._line
        cut = bool(self._open or self._words)
        while self._open:
            self._put(self._open.pop())
        if cut:
            self.done.append(unreadable(begun, "what begins here does not end: is the file whole?"))


def _statements(text: IO[str]) -> Iterator[Statement | Line]:
    parser = _Parser()
    for number, line in enumerate(text, 1):
        for part in _PART.findall(line):
            if part[0] != "#":
                parser.take(number, part)
        yield from parser.done
        parser.done.clear()
    parser.end()
    yield from parser.done


def read(text: IO[str]) -> Iterator[Entry | Line]:
    """The hosts of a configuration. Raises OrderFileError."""
    for one in _statements(text):
        if isinstance(one, Line):
            yield one
        else:
            yield from _hosts(one, refused=False)


def read_leases(text: IO[str]) -> Iterator[Entry | Line]:
    """The boxes of a lease file, those that OMAPI declared as hosts first. Raises OrderFileError.

    Abandoned addresses are nobody's.
    """
    leases = Leases()
    declared: dict[str, Entry | Line] = {}
    for one in _statements(text):
        if isinstance(one, Line):
            yield one
        elif _key(one) == "host" and len(one.words) == 2:
            declared[one.words[1]] = _host(one, refused=False)
        elif _key(one) == "lease" and len(one.words) == 2:
            found = _lease(one, leases)
            if found:
                yield found
    hosts = [one for one in declared.values() if isinstance(one, Entry)]
    known = {mac for one in hosts for mac in one.macs}
    yield from hosts
    for box in leases.entries():
        if box.macs[0] not in known:
            yield box


def _lease(one: Statement, leases: Leases) -> Line | None:
    said = {inner.words[:2]: inner.words[2:] for inner in one.block or ()}
    address, state = one.words[1], "".join(said.get(("binding", "state"), ())) or "active"
    hardware = said.get(("hardware", "ethernet"), ())
    if state == "abandoned":
        return None
    try:
        mac = mac_of("".join(hardware))
    except ValueError:
        # An address that nobody ever had has no hardware in it.
        return not_taken(one.line, f"the lease of {address} names no Ethernet address") if state == "active" else None
    if not is_address(address):
        return unreadable(one.line, f"{address[:40]!r} is no IPv4 address")
    leases.add(one.line, mac, address, state == "active")
    return None


def _key(one: Statement) -> str:
    return one.words[0].lower() if one.words else ""


def _hosts(one: Statement, refused: bool) -> Iterator[Entry | Line]:
    """refused: a group round it denies booting."""
    key = _key(one)
    if key == "include":
        yield not_taken(one.line, f"include {' '.join(one.words[1:])[:80]}: it is not read: import it by itself")
    elif key == "subclass":
        yield not_taken(one.line, f"{' '.join(one.words)[:80]}: a member of a class is no host")
    elif key == "host":
        yield _host(one, refused)
    else:
        inner = one.block or []
        refused = refused or any(_denies(each) for each in inner)
        for each in inner:
            yield from _hosts(each, refused)


def _denies(one: Statement) -> bool:
    return tuple(map(str.lower, one.words[:2])) in _REFUSING


class _Host:
    """What a host's statements say. problem: why it is no order, "" = it is one."""

    def __init__(self, refused: bool) -> None:
        self.macs: list[bytes] = []
        self.addresses: list[str] = []
        self.ignored: list[str] = []
        self.problem = "deny booting: dhcpd does not serve this box" if refused else ""

    def hardware(self, words: tuple[str, ...]) -> None:
        try:
            self.macs.append(mac_of(words[1] if len(words) == 2 and words[0].lower() == "ethernet" else ""))
        except ValueError:
            self.problem = f"hardware {' '.join(words)[:60]}: it is no Ethernet address"

    def fixed_address(self, words: tuple[str, ...]) -> None:
        """Of several addresses the first one: dhcpd chooses the one that fits the subnet, an account has one."""
        for word in words:
            if is_address(word) and not self.addresses:
                self.addresses.append(word)
            elif word != ",":
                self.ignored.append(f"fixed-address {word}")

    def deleted(self, words: tuple[str, ...]) -> None:
        self.problem = "deleted: the host is no more"


_SAYS: Final[dict[str, Callable[[_Host, tuple[str, ...]], None]]] = {
    "hardware": _Host.hardware,
    "fixed-address": _Host.fixed_address,
    "deleted": _Host.deleted,
}


def _host(one: Statement, refused: bool) -> Entry | Line:
    host = _Host(refused)
    for each in one.block or ():
        key = _key(each)
        if key in _SAYS:
            _SAYS[key](host, each.words[1:])
        elif _denies(each):
            host.problem = "deny booting: dhcpd does not serve this box"
        elif key not in _QUIET:
            host.ignored.append(" ".join(each.words[: 2 if key == "option" else 1]))
    name = " ".join(one.words[1:]).strip('"')
    if host.problem:
        return not_taken(one.line, f"host {name[:60]}: {host.problem}")
    if not host.macs:
        return not_taken(one.line, f"host {name[:60]} names no MAC")
    return Entry(one.line, tuple(host.macs), name, "".join(host.addresses), ignored=tuple(dict.fromkeys(host.ignored)))
