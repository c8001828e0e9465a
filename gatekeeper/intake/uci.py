"""OpenWrt's ``/etc/config/dhcp`` (UCI): sections ``config host`` with options ``mac`` (a list, or several in one text),
``ip`` and ``name``; also as ``uci export dhcp`` and ``uci show dhcp`` print it.

Sections of other kinds are passed over, but for what makes dnsmasq read further files of hosts.
"""

import re
import shlex
from collections.abc import Iterator
from typing import IO, Final

from gatekeeper.intake.entry import Entry, is_address, mac_of, not_taken
from gatekeeper.intake.order_file import Line, unreadable

_FILES: Final = ("dhcphostsfile", "readethers")
_OFF: Final = ("", "0", "no", "off", "false", "disabled")  # how UCI spells a switch that is off
# ``dhcp.@host[0]=host``, ``dhcp.@host[0].mac='…' '…'``: package, section, option, values.
_SHOWN: Final = re.compile(r"\w+\.(@?\w+(?:\[-?\d+\])?)(?:\.(\w+))?=(.*)")


class _Section:
    """A section under way. name: of the section itself, "" = none."""

    def __init__(self, number: int, kind: str, name: str = "") -> None:
        self.number = number
        self.kind = kind
        self.name = name
        self.values: dict[str, list[str]] = {}

    def add(self, option: str, *values: str) -> None:
        self.values.setdefault(option, []).extend(values)

    def entries(self) -> Iterator[Entry | Line]:
        """A host, or what a section of dnsmasq names."""
        if self.kind == "host":
            yield self._host()
        for option in _FILES if self.kind == "dnsmasq" else ():
            if any(value not in _OFF for value in self.values.get(option, ())):
                yield not_taken(self.number, f"{option}: what it names is not read: import it by itself")

    def _host(self) -> Entry | Line:
        values = dict(self.values)
        spelled = " ".join(values.pop("mac", [])).split()
        name = (values.pop("name", []) or [self.name])[-1]
        address = (values.pop("ip", []) or [""])[-1]
        if address == "ignore":
            return not_taken(self.number, "ip 'ignore': dnsmasq does not serve this box")
        if not spelled:
            return not_taken(self.number, f"host {name!r} names no MAC")
        wild = [text for text in spelled if "*" in text]
        if wild:
            return not_taken(self.number, f"{wild[0]!r} names many boxes: gatekeeper's orders name each")
        try:
            macs = tuple(mac_of(text) for text in spelled)
        except ValueError as error:
            return unreadable(self.number, str(error))
        if address and not is_address(address):
            return unreadable(self.number, f"ip {address[:40]!r} is no IPv4 address")
        return Entry(self.number, macs, name, address, ignored=tuple(values))


def read(text: IO[str]) -> Iterator[Entry | Line]:
    """The hosts of a file."""
    section = _Section(0, "")
    for number, line in enumerate(text, 1):
        try:
            words = shlex.split(_told(line), comments=True)
        except ValueError:
            yield unreadable(number, "a quote that begins here does not end")
            continue
        if words[:1] == ["config"] and len(words) in (2, 3):
            yield from section.entries()
            section = _Section(number, *words[1:])
        elif words[:1] in (["option"], ["list"]) and len(words) >= 3 and section.number:
            section.add(*words[1:])
        elif words and words[0] != "package":
            yield unreadable(number, f"{line.strip()[:80]!r} is neither section nor option")
    yield from section.entries()


def _told(line: str) -> str:
    """A line of ``uci show`` as it stands in the file; any other one as it is."""
    shown = _SHOWN.fullmatch(line.strip())
    if not shown:
        return line
    section, option, value = shown.groups()
    name = "" if section.startswith("@") or re.fullmatch(r"cfg[0-9a-f]{6}", section) else section
    return f"list {option} {value}" if option else f"config {value} {name}"
