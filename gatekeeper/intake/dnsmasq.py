"""dnsmasq's ``dhcp-host=`` lines (dnsmasq(8)), and lines of a ``dhcp-hostsfile``, which are the same without the key::

    [hwaddr,…][,id:client_id|*][,set:tag][,tag:tag][,address][,[ipv6]][,name][,lease time][,ignore]

Other keys of a dnsmasq.conf are passed over, but for those that name further files of hosts. A lease file has a line
for each lease: when it ends, the MAC, the address, the name and the client id (``*`` = none).
"""

import re
from collections.abc import Iterator
from typing import IO, Final

from gatekeeper.intake.entry import Entry, is_address, is_mac, mac_of, not_taken
from gatekeeper.intake.leases import Leases
from gatekeeper.intake.order_file import Line, unreadable
from gatekeeper.wire.text import is_host_name

_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_KEY: Final = re.compile(r"\s*(?:--)?([a-z0-9-]+)\s*(?:=\s*(.*))?")
_LEASE_TIME: Final = re.compile(r"\d+[smhdw]?|infinite", re.IGNORECASE)
_FILES: Final = ("dhcp-hostsfile", "dhcp-hostsdir", "conf-file", "conf-dir", "read-ethers")
_WILD: Final = re.compile(r"[0-9A-Fa-f*]{1,2}(?:[:-][0-9A-Fa-f*]{1,2}){5}")
_NOT_ORDERED: Final = ("id:", "[", "set:", "tag:", "net:")


class _Host:
    """One line's items, sorted out. problem: why it is no order, "" = it is one."""

    def __init__(self) -> None:
        self.macs: list[bytes] = []
        self.address = ""
        self.name = ""
        self.ignored: list[str] = []
        self.problem = ""

    def add(self, item: str) -> None:
        """One item between commas."""
        if item.startswith(_NOT_ORDERED):
            self.ignored.append(item)
        elif item == "ignore":
            self.problem = "'ignore': dnsmasq does not serve this box"
        elif ":" in item or is_mac(item) or _WILD.fullmatch(item):
            self._add_mac(item)
        elif is_address(item):
            self.ignored += [f"address {item}"] if self.address else []
            self.address = self.address or item
        elif _LEASE_TIME.fullmatch(item):
            self.ignored.append(f"lease time {item}")
        elif is_host_name(item) and not self.name:
            self.name = item
        else:
            self.problem = f"{item!r} is no item of a dhcp-host"

    def _add_mac(self, item: str) -> None:
        if "*" in item:
            self.problem = f"{item!r} names many boxes: gatekeeper's orders name each"
            return
        try:
            self.macs.append(mac_of(item))
        except ValueError:
            self.problem = f"{item!r} is no Ethernet address"


def read(text: IO[str]) -> Iterator[Entry | Line]:
    """The hosts of a file, and what of it is none."""
    for number, line in enumerate(text, 1):
        line = _COMMENT.sub("", line).strip()
        match = _KEY.fullmatch(line)
        if match and (match[2] is not None or match[1] in _FILES):
            key, value = match[1], match[2] or ""
            if key in _FILES:
                yield not_taken(number, f"{key}: what it names is not read: import it by itself")
            if key == "dhcp-host":
                yield _host(number, value.strip().strip('"'))
        elif "," in line or is_mac(line):
            yield _host(number, line)
        elif line and not match:
            yield unreadable(number, f"{line[:80]!r} is no line of dnsmasq.conf and no dhcp-host")


def _host(number: int, line: str) -> Entry | Line:
    host = _Host()
    for item in filter(None, map(str.strip, line.split(","))):
        host.add(item)
    if host.problem:
        return (unreadable if "is no" in host.problem else not_taken)(number, host.problem)
    if not host.macs:
        return not_taken(number, f"the entry names no MAC: {line[:80]!r}")
    return Entry(number, tuple(host.macs), host.name, host.address, ignored=tuple(host.ignored))


def read_leases(text: IO[str]) -> Iterator[Entry | Line]:
    """The boxes of a lease file. What follows a line ``duid`` is of DHCPv6."""
    leases = Leases()
    for number, line in enumerate(text, 1):
        words = line.split()
        if words[:1] == ["duid"]:
            break
        if len(words) >= 4 and words[0].isdecimal() and is_mac(words[1]) and is_address(words[2]):
            leases.add(number, mac_of(words[1]), words[2], current=True)
        elif words and not words[0].startswith("#"):
            yield unreadable(number, f"{line.strip()[:80]!r} is no lease of an Ethernet box")
    yield from leases.entries()
