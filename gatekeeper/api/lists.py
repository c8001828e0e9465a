"""Lists as answers: read at once, kept, sent as slowly as they are taken.

Rows are read and encoded as fast as the store gives them, for while somebody reads, its log cannot be begun anew; and
what cannot be read is told before the first octet. What was read is kept, in memory while it is short and else in a
temporary file, and sent from there: however long an answer is and however slow its reader, it costs the same memory.
"""

import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import IO, Final, NamedTuple

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from gatekeeper.api.answers import encoded
from gatekeeper.api.reading import Asker, Busy
from gatekeeper.report.table import Row
from gatekeeper.store.places import Place

_IN_MEMORY: Final = 1 << 18
_MOST_KEPT: Final = 128 << 20  # octets in temporary files: the store may be on the same disk
_PIECE: Final = 200  # rows
_PART: Final = 1 << 16  # octets


class NoRoom(Exception):  # noqa: N818 - a state of the disk's
    """A temporary file could not be written: the answer is too long for the place where these are."""


class Kept(NamedTuple):
    """An answer: its octets as JSON, how many they and the rows are, the places of the first row and of the last."""

    octets: IO[bytes]
    size: int
    rows: int
    first: Place
    last: Place


class Shelf:
    """Where answers are kept until they have been sent."""

    def __init__(self) -> None:
        self.used = 0  # octets of temporary files

    def keep(self, rows: Iterable[tuple[Place, Row]], asker: Asker) -> Kept:
        """Rows with their places, as an array. Raises Busy, Left, NoRoom, and what comes of reading."""
        if self.used > _MOST_KEPT:
            raise Busy
        octets = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - who sends it closes it
        try:
            return _written(octets, rows, asker)
        except BaseException:
            octets.close()
            raise


def _written(octets: IO[bytes], rows: Iterable[tuple[Place, Row]], asker: Asker) -> Kept:
    count = 0
    first: Place = ()
    last: Place = ()
    piece: list[bytes] = []
    for last, row in rows:
        first = first or last
        piece.append(encoded(row))
        count += 1
        if len(piece) == _PIECE:
            asker.stay()
            _add(octets, piece, count)
            piece.clear()
    _add(octets, piece, count)
    _write(octets, b"]" if count else b"[]")
    return Kept(octets, octets.tell(), count, first, last)


def _add(octets: IO[bytes], piece: list[bytes], count: int) -> None:
    """The last of so many rows."""
    if piece:
        _write(octets, (b"[" if count == len(piece) else b",") + b",".join(piece))


def _write(octets: IO[bytes], more: bytes) -> None:
    try:
        octets.write(more)
    except OSError as error:
        raise NoRoom(error.strerror) from error


class KeptAnswer(StreamingResponse):
    """An answer from the shelf. Whoever takes it decides how fast."""

    def __init__(self, shelf: Shelf, kept: Kept, headers: Mapping[str, str]) -> None:
        told = {**headers, "Content-Length": str(kept.size)}
        super().__init__(_parts(kept.octets), headers=told, media_type="application/json")
        self._shelf, self._kept = shelf, kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = self._kept.size if self._kept.size > _IN_MEMORY else 0
        self._shelf.used += size
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._shelf.used -= size
            self._kept.octets.close()


async def _parts(octets: IO[bytes]) -> AsyncIterator[bytes]:
    # Read here and not in a thread: they were written a moment ago, and are in the kernel's memory.
    octets.seek(0)
    while part := octets.read(_PART):
        yield part
