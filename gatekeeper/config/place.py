"""Which line of a TOML file holds which key. ``tomllib`` reads values but keeps no places."""

import re
from typing import Final

Path = tuple[str | int, ...]

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY: Final = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)"""
)
_PART: Final = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


class Places:
    """Lines by path, as in ``("dhcp", "subnet", 0, "pools")``. Text must be valid TOML."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        table: Path = ()
        counts: dict[Path, int] = {}
        open_value = ""  # the rest of a value that goes on over several lines
        for number, line in enumerate(text.split("\n"), 1):
            if open_value:
                open_value = _unfinished(open_value + "\n" + line)
                continue
            header = _HEADER.match(line)
            if header:
                table = _resolve(_parts(header[2]), counts)
                if header[1] == "[[":
                    self._lines.setdefault(table, number)
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                self._lines.setdefault(table, number)
                continue
            key = _KEY.match(line)
            if key:
                self._lines.setdefault((*table, *_parts(key[1])), number)
                open_value = _unfinished(key[2])

    def line(self, path: Path) -> int:
        """The line of the path, or of the nearest thing around it; 0 where nothing is known."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._lines:
                return self._lines[path[:end]]
        return 0


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _resolve(parts: Path, counts: dict[Path, int]) -> Path:
    """A header inside an array of tables speaks of its last element."""
    path: Path = ()
    for at, part in enumerate(parts):
        path = (*path, part)
        if at < len(parts) - 1 and path in counts:
            path = (*path, counts[path])
    return path


def _unfinished(value: str) -> str:
    """The value if it goes on in the next line (a multi-line string or array), else ""."""
    for quotes in ('"""', "'''"):
        if value.lstrip().startswith(quotes):
            return value if value.count(quotes) < 2 else ""
    if not value.lstrip().startswith("["):
        return ""
    bare = re.sub(r"\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*", "", value)
    return value if bare.count("[") > bare.count("]") else ""
