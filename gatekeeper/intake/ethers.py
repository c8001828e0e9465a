"""/etc/ethers (ethers(5)): a MAC, and the name or the address of its host, a line each."""

from collections.abc import Iterator
from typing import IO

from gatekeeper.intake.entry import Entry, is_address, mac_of
from gatekeeper.intake.order_file import Line, unreadable
from gatekeeper.wire.text import is_host_name


def read(text: IO[str]) -> Iterator[Entry | Line]:
    """The hosts of a file."""
    for number, line in enumerate(text, 1):
        words = line.partition("#")[0].split()
        if words:
            yield _host(number, *words)


def _host(number: int, mac: str, host: str = "", *more: str) -> Entry | Line:
    try:
        macs = (mac_of(mac),)
    except ValueError:
        return unreadable(number, f"{mac[:40]!r} is no Ethernet address")
    ignored = tuple(repr(word) for word in more)
    if is_address(host):
        return Entry(number, macs, address=host, ignored=ignored)
    if not is_host_name(host):
        return unreadable(number, f"{host[:40]!r} is no name or address of a host" if host else "no name or address")
    return Entry(number, macs, host, ignored=ignored)
