"""Constants below drivers are Final: mypy lets nobody bind them again, and mypyc puts their values in place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.rooms import ROOT, files_of, rooms_below_drivers

_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


def loose_constants(source: str) -> Iterator[str]:
    """``line: NAME`` of each constant at module level that is not Final."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).partition("[")[0] == "Final":
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
        for target in targets:
            for name in ast.walk(target) if isinstance(node, ast.Assign | ast.AnnAssign) else ():
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store) and _CONSTANT.fullmatch(name.id):
                    yield f"{name.lineno}: {name.id}"


@pytest.mark.parametrize("file", [file for room in rooms_below_drivers() for file in files_of(room)], ids=str)
def test_a_constant_is_final(file: Path) -> None:
    """UPPER_CASE, with an underscore in front or not, assigned by itself: ``NAME: Final = …``."""
    assert list(loose_constants((ROOT / file).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "loose"),
    [
        ("A: Final = 1\n_B: Final[int] = 2\nname = 3\ndef f(): C = 4\nclass D: E = 5", []),
        ("A = 1", ["1: A"]),
        ("_A: int = 1", ["1: _A"]),
        ("\nA, B = 1, 2", ["2: A", "2: B"]),
        ("TABLE['x'] = A.B = 1", []),
    ],
)
def test_what_counts_as_a_loose_constant(source: str, loose: list[str]) -> None:
    assert list(loose_constants(source)) == loose
