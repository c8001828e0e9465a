"""Order files by format: CSV of orders, and what other servers keep, each entry read as an install order.

A format that is not named is recognised by how the file begins; so is the lease file of a server that is named.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, Final, NamedTuple, Protocol

from gatekeeper.intake import dnsmasq, ethers, freeradius, isc, kea, kea_leases, uci
from gatekeeper.intake.entry import Entry, Taking, as_orders
from gatekeeper.intake.order_file import Line, OrderFile, OrderFileError, encoding_of, has_columns

_HEAD: Final = 1 << 20  # the comments of a configuration as it is shipped are a hundredth of that
_PATIENCE: Final = 1000  # lines that are refused before a file is taken for what it was said to be
_MAC: Final = r"(?:[0-9A-Fa-f]{1,2}[:-]){5}[0-9A-Fa-f]{1,2}"
_C_COMMENT: Final = r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/"
_IP: Final = r"\d+\.\d+\.\d+\.\d+"
CSV: Final = "csv"


class OrderSource(Protocol):
    """Lines of orders, and how far they are read: octets of ``size``."""

    size: int

    @property
    def position(self) -> int: ...
    def __enter__(self) -> "OrderSource": ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def __iter__(self) -> Iterator[Line]: ...


class Format(NamedTuple):
    """A format of another server. meaning: whose file it is. wants: what a file has orders of. looks: what is found in
    such a file, and at its line in none of the formats above."""

    name: str
    meaning: str
    wants: str
    read: Callable[[IO[str]], Iterator[Entry | Line]]
    looks: re.Pattern[str]


def _looks(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.MULTILINE | re.IGNORECASE)


FORMATS: Final = (
    Format("kea-leases", "Kea's lease file", "leases", kea_leases.read, _looks(r"\Aaddress,(?:hwaddr|duid),")),
    Format("kea", "a Kea configuration, or a list of reservations", "reservations", kea.read,
           _looks(rf'\A(?:\s|(?:#|//).*\n|{_C_COMMENT})*(?:\{{|\[\s*[{{\]#/]|"[\w-]+"\s*:)')),
    Format("isc-leases", "ISC dhcpd's lease file", "leases", isc.read_leases,
           _looks(rf"^[ \t]*lease[ \t]+{_IP}\s*\{{")),
    Format("uci", "OpenWrt's /etc/config/dhcp", "sections 'config host'", uci.read,
           _looks(r"""^[ \t]*config[ \t]+['"]?(?:host|dnsmasq|dhcp|odhcpd)\b""",
                  r"^dhcp\.@?\w+(?:\[-?\d+\])?(?:\.\w+)?=")),
    Format("isc", "an ISC dhcpd configuration", "host declarations", isc.read,
           _looks(r"^[ \t]*(?:host|subnet|shared-network|group|pool|class)\b[^;={\n]*\n?[ \t]*\{",
                  rf"hardware[ \t]+ethernet[ \t]+{_MAC}[ \t]*;")),
    Format("dnsmasq-leases", "dnsmasq's lease file", "leases", dnsmasq.read_leases,
           _looks(rf"^\d+ (?:\d\d-)?{_MAC} {_IP} \S+ \S+$")),
    Format("freeradius", "FreeRADIUS's users", "entries named by a MAC", freeradius.read,
           _looks(r"^\S+[ \t]+(?:.*,[ \t]*)?[\w-]+[ \t]*(?::=|==)[ \t]*\S", r"^(?-i:DEFAULT)\b",
                  r"^[ \t]+(?-i:[A-Z])[\w-]+[ \t]*[:+]?=[ \t]*\S")),
    Format("dnsmasq", "a dnsmasq configuration", "dhcp-host lines", dnsmasq.read,
           _looks(r"^[ \t]*(?:--)?dhcp-[a-z-]+[ \t]*=", rf"^[ \t]*{_MAC}[ \t]*,", r"^id:[^,\n]+,",
                  rf"\A(?:\s|#.*\n)*{_MAC}[ \t]*$")),
    Format("ethers", "/etc/ethers", "lines of a MAC and a name or an address", ethers.read,
           _looks(rf"^[ \t]*{_MAC}[ \t]+[\w.-]+[ \t]*(?:#.*)?$")),
)  # fmt: skip
NAMES: Final = (CSV, *(form.name for form in FORMATS))
_BY_NAME: Final = {form.name: form for form in FORMATS}


class ForeignFile:
    """Lines of a file that another server reads."""

    def __init__(self, path: Path, form: Format, taking: Taking) -> None:
        """Raises OrderFileError, also where the file is none of this format."""
        self.size = path.stat().st_size
        self._text: IO[str] = path.open(encoding=encoding_of(path, "latin-1"))
        try:
            self._lines = _known(form, as_orders(form.name, form.read(self._text), taking), path)
        except OrderFileError as error:
            self._text.close()
            raise OrderFileError(f"{path}:{error}{_rather(form.name, path)}") from None

    @property
    def position(self) -> int:
        return self._text.buffer.tell()  # type: ignore[attr-defined, no-any-return]

    def __enter__(self) -> "ForeignFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[Line]:
        return self._lines


def _known(form: Format, lines: Iterator[Line], path: Path) -> Iterator[Line]:
    """The lines, if an early one is an order, or the file looks like nothing else. Raises OrderFileError."""
    begun: list[Line] = []
    for line in lines:
        begun.append(line)
        if not line.refusal:
            return chain(begun, lines)
        if len(begun) > _PATIENCE:
            break
    if not begun or _rather(form.name, path):
        raise OrderFileError(f"1: there are no {form.wants} in it")
    return chain(begun, lines)


def _rather(form: str, path: Path) -> str:
    """Which other format the file looks like, as a hint; "" = none."""
    seen = recognised(path)
    if not seen or seen == form:
        return ""
    meaning = _BY_NAME[seen].meaning if seen in _BY_NAME else "a CSV file of orders"
    return f": this looks like {meaning}: --format {seen}"


def recognised(path: Path) -> str:
    """The format that the file looks like, "" = none. Raises OrderFileError."""
    with path.open(encoding=encoding_of(path, "latin-1"), newline="") as text:
        head = text.read(_HEAD)
    if has_columns(head):
        return CSV
    head = head.replace("\r\n", "\n").replace("\r", "\n")
    return next((form.name for form in FORMATS if form.looks.search(head)), "")


def chosen(asked: str | None, path: Path) -> str:
    """The format to read the file as. asked: of NAMES, None = whatever it looks like. Raises OrderFileError."""
    if asked == CSV:
        return CSV
    seen = recognised(path)
    if asked is None:
        return seen or CSV
    return seen if seen == f"{asked}-leases" else asked


def open_orders(form: str, path: Path, taking: Taking = Taking()) -> OrderSource:  # noqa: B008 - a frozen value
    """form: of NAMES. Raises OrderFileError."""
    if form != CSV:
        return ForeignFile(path, _BY_NAME[form], taking)
    try:
        return OrderFile(path)
    except OrderFileError as error:
        raise OrderFileError(f"{error}{_rather(form, path)}") from None
