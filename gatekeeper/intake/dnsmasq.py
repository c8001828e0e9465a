"""dnsmasq's ``dhcp-host=`` lines (dnsmasq(8)), and lines of a ``dhcp-hostsfile``, which are the same without the key::

    [hwaddr,…][,id:client_id|*][,set:tag][,tag:tag][,address][,[ipv6]][,name][,lease time][,ignore]

Other keys of a dnsmasq.conf are passed over, but for those that name further files of hosts.
"""

import re
from collections.abc import Iterator
from typing import IO, Final

from gatekeeper.intake.entry import install, not_taken, note_of
from gatekeeper.intake.order_file import Line, unreadable
from gatekeeper.wire.text import is_host_name, parse_ip, parse_mac

_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_KEY: Final = re.compile(r"\s*(?:--)?([a-z0-9-]+)\s*(?:=\s*(.*))?")
_LEASE_TIME: Final = re.compile(r"\d+[smhdw]?|infinite", re.IGNORECASE)
_FILES: Final = ("dhcp-hostsfile", "dhcp-hostsdir", "conf-file", "conf-dir", "read-ethers")
# hwaddr with a type in front, as 06-00:20:e0:3b:13:af; 01 is Ethernet.
_TYPED: Final = re.compile(r"([0-9A-Fa-f]{1,2})-((?:[0-9A-Fa-f]{1,2}:){5}[0-9A-Fa-f]{1,2})")
_WILD: Final = re.compile(r"[0-9A-Fa-f*]{1,2}(?:[:-][0-9A-Fa-f*]{1,2}){5}")
_TAGS: Final = ("set:", "tag:", "net:")


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
        if item.startswith(("id:", "[", *_TAGS)):
            self.ignored.append(item)
        elif item == "ignore":
            self.problem = "'ignore': dnsmasq does not serve this box"
        elif ":" in item or _TYPED.fullmatch(item) or _WILD.fullmatch(item):
            self._add_mac(item)
        elif _is_address(item):
            self.address = item
        elif _LEASE_TIME.fullmatch(item):
            self.ignored.append(f"lease time {item}")
        elif is_host_name(item) and not self.name:
            self.name = item
        else:
            self.problem = f"{item!r} is no item of a dhcp-host"

    def _add_mac(self, item: str) -> None:
        typed = _TYPED.fullmatch(item)
        if typed and int(typed[1], 16) == 1:
            item = typed[2]
        if "*" in item:
            self.problem = f"{item!r} names many boxes: gatekeeper's orders name each"
            return
        try:
            # dnsmasq takes octets of one digit too.
            parts = [part.zfill(2) for part in re.split("[:-]", item)]
            self.macs.append(parse_mac(":".join(parts)))
        except ValueError:
            self.problem = f"{item!r} is no Ethernet address"


def read(text: IO[str]) -> Iterator[Line]:
    """The lines of a file."""
    for number, line in enumerate(text, 1):
        line = _COMMENT.sub("", line).strip()
        match = _KEY.fullmatch(line)
        if match and (match[2] is not None or match[1] in _FILES):
            key, value = match[1], match[2] or ""
            if key in _FILES:
                yield not_taken(number, f"{key}: what it names is not read: import it by itself")
            if key != "dhcp-host":
                continue
            line = value.strip().strip('"')
        elif "," not in line:
            continue
        yield from _host(number, line)


def _host(number: int, line: str) -> Iterator[Line]:
    host = _Host()
    for item in line.split(","):
        if item.strip():
            host.add(item.strip())
    if host.problem:
        yield (unreadable if "is no" in host.problem else not_taken)(number, host.problem)
    elif not host.macs:
        yield not_taken(number, f"the entry names no MAC: {line[:80]!r}")
    else:
        note = note_of(host.ignored)
        for mac in host.macs:
            yield Line(number, install("dnsmasq", mac, host.name, address=host.address), note=note)
            note = ""  # said once


def _is_address(item: str) -> bool:
    try:
        return bool(parse_ip(item))
    except ValueError:
        return False
