"""Reads the vector files of this folder.

A line is ``name | source | bytes | expectation``; ``#`` begins a comment line. Bytes are tokens: hex (``63825363``), a
repetition (``00*64``), quoted text (``"ge 1/0/7"``, with ``\\n`` and ``\\0``), or a fragment (``$head``) that a line
``$head = …`` defined before.
"""

import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
_TOKEN = re.compile(
    r'"(?P<text>(?:\\.|[^"\\])*)"|\$(?P<name>\w+)|(?P<hex>[0-9A-Fa-f]+)(?:\*(?P<times>\d+))?|(?P<bad>\S+)'
)


class Vector(NamedTuple):
    """One line of a vector file."""

    name: str
    source: str
    data: bytes
    expected: str
    place: str  # file:line, for the failure message


def octets(text: str, fragments: dict[str, bytes] | None = None) -> bytes:
    """The bytes that a line's third column spells."""
    found = b""
    for token in _TOKEN.finditer(text):
        if token["bad"]:
            raise ValueError(f"not bytes: {token['bad']!r}")
        if token["name"]:
            found += (fragments or {})[token["name"]]
        elif token["hex"]:
            found += bytes.fromhex(token["hex"]) * int(token["times"] or 1)
        else:
            found += token["text"].encode().decode("unicode_escape").encode("latin-1")
    return found


def vectors(file: str) -> list[Vector]:
    """Every vector of the file, in sequence."""
    found: list[Vector] = []
    fragments: dict[str, bytes] = {}
    for number, line in enumerate((FOLDER / file).read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("$"):
            name, _, value = line[1:].partition(" = ")
            fragments[name.strip()] = octets(value, fragments)
        elif line and not line.startswith("#"):
            columns = [column.strip() for column in line.split(" | ")]
            assert len(columns) == 4, f"{file}:{number}: name | source | bytes | expectation"
            found.append(Vector(columns[0], columns[1], octets(columns[2], fragments), columns[3], f"{file}:{number}"))
    return found


def name_of(vector: Vector) -> str:
    """The test's name: the vector's own, and its source."""
    return f"{vector.name}, {vector.source}"
