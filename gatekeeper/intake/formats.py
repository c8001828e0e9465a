"""Order files by format: CSV of orders, and what other servers keep, each entry read as an install order."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Protocol

from gatekeeper.intake import dnsmasq, freeradius, kea
from gatekeeper.intake.order_file import Line, OrderFile, OrderFileError, encoding_of


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


class ForeignFile:
    """Lines of a file that another server reads."""

    def __init__(self, path: Path, read: Callable[[IO[str]], Iterable[Line]]) -> None:
        """Raises OrderFileError."""
        self.size = path.stat().st_size
        self._text: IO[str] = path.open(encoding=encoding_of(path))
        try:
            self._lines = iter(read(self._text))
        except OrderFileError as error:
            self._text.close()
            raise OrderFileError(f"{path}:{error}") from None

    @property
    def position(self) -> int:
        return self._text.buffer.tell()  # type: ignore[attr-defined, no-any-return]

    def __enter__(self) -> "ForeignFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[Line]:
        return self._lines


_READ: Final[dict[str, Callable[[IO[str]], Iterable[Line]]]] = {
    "dnsmasq": dnsmasq.read,
    "kea": kea.read,
    "freeradius": freeradius.read,
}


def open_orders(form: str, path: Path) -> OrderSource:
    """form: csv dnsmasq kea freeradius. Raises OrderFileError."""
    return OrderFile(path) if form == "csv" else ForeignFile(path, _READ[form])
