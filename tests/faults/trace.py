"""What a process tells the kernel, in its sequence: writes, syncs and names of files, and what it sends.

Read from strace(1). A call stands where it is certain in the worse sense: a datagram is away when its call begins, what
is written or synced is so when its call has ended, and a sync holds only what was written before it began.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

_CALLS: Final = "openat,pwrite64,write,ftruncate,fsync,fdatasync,rename,unlink,sendto,sendmsg,sendmmsg"
_LINE: Final = re.compile(r"(\d+) +([\d.]+) (?:(\w+)\(|<\.\.\. (\w+) resumed>)(.*)")
_UNFINISHED: Final = " <unfinished ...>"
_RESULT: Final = re.compile(r"\) += (-?\d+)")
_FILE: Final = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?")
_TEXT: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_SENT: Final = re.compile(r'iov_base="((?:\\x[0-9a-f]{2})*)"')
_FOLDER: Final = re.compile(r"^AT_FDCWD<((?:\\x[0-9a-f]{2})*)>")


class Call(NamedTuple):
    """One call. path: of the file, to: its other name; data: what is written or sent; at: the offset written to, -1 =
    the end, or the length that it is cut to; time_s: by the wall clock.

    Paths are whole, but where the process itself renames or unlinks by one that is not."""

    name: str
    time_s: float
    path: str = ""
    to: str = ""
    data: bytes = b""
    at: int = 0


def traced(file: Path, *more: str) -> list[str]:
    """The words that a program is started by for its trace to be in that file; it keeps its process id. more: of
    strace's own, such as ``-e inject=…``. Skips where there is no strace, and fails in CI."""
    if not shutil.which("strace"):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("not installed: strace")
    words = f"strace -D -f -ttt -yy -xx -s 1000000 -e trace={_CALLS} -o {file}".split()
    return [*words, *more]


def calls(file: Path) -> Iterator[Call]:
    """All that went well, and syncs as ``sync begins`` and ``sync``. A torn last line is passed over."""
    begun: dict[str, str] = {}
    with file.open() as lines:
        for line in lines:
            found = _LINE.match(line)
            if not found:
                continue
            thread, time_s, name, resumed, rest = found.groups()
            unfinished = rest.endswith(_UNFINISHED)
            told = begun.pop(thread, "") + rest if resumed else rest.removesuffix(_UNFINISHED)
            name = name or resumed
            if not resumed:
                yield from _beginning(name, float(time_s), told)
            if unfinished:
                begun[thread] = told
                continue
            ended = _RESULT.search(told)
            if ended and int(ended[1]) >= 0:
                yield from _ending(name, float(time_s), told, int(ended[1]))


def _beginning(name: str, time_s: float, told: str) -> Iterator[Call]:
    if name in ("fsync", "fdatasync"):
        yield Call("sync begins", time_s, _path(told))
    elif name == "sendto":
        yield Call("send", time_s, data=_bytes(_first(_TEXT, told)))
    elif name in ("sendmsg", "sendmmsg"):
        yield Call("send", time_s, data=b"".join(_bytes(one) for one in _SENT.findall(told)))


def _ending(name: str, time_s: float, told: str, result: int) -> Iterator[Call]:
    if name in ("fsync", "fdatasync"):
        yield Call("sync", time_s, _path(told))
    elif name == "pwrite64":
        offset = int(told.rpartition(") ")[0].rpartition(", ")[2])
        yield Call("write", time_s, _path(told), data=_bytes(_first(_TEXT, told))[:result], at=offset)
    elif name == "write":
        yield Call("write", time_s, _path(told), data=_bytes(_first(_TEXT, told))[:result], at=-1)
    elif name == "ftruncate":
        yield Call("cut", time_s, _path(told), at=int(told.rpartition(")")[0].rpartition(", ")[2]))
    elif name == "openat" and "O_CREAT" in told:
        folder, text = _bytes(_first(_FOLDER, told)).decode(), _bytes(_first(_TEXT, told)).decode()
        yield Call("make", time_s, str(Path(folder, text)), at=0 if "O_TRUNC" in told else -1)
    elif name in ("rename", "unlink"):
        first, *others = (_bytes(one).decode() for one in _TEXT.findall(told))
        yield Call(name, time_s, first, to="".join(others))


def _path(told: str) -> str:
    found = _FILE.match(told)
    return _bytes(found[1]).decode() if found and not found[2] else ""


def _first(pattern: re.Pattern[str], told: str) -> str:
    found = pattern.search(told)
    return found[1] if found else ""


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
