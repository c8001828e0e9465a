"""Every room below ``drivers`` can be compiled as it stands, and keeps its tests: one source, two builds.

Opt-in, as it takes minutes: GATEKEEPER_TEST_COMPILED=1, with the extra ``compiled`` and a C compiler.
"""

import ast
import builtins
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.house.rooms import ROOT, files_of, rooms_below_drivers

WANTED = "GATEKEEPER_TEST_COMPILED"
# File -> why it stays as it is.
INTERPRETED = {
    # It does not compile, as BaseModel is pydantic.main's. Helped over that, its models are made and check nothing:
    # no bounds, no lengths, and secrets are printed.
    "config/values.py": "the kinds of values that schema.py annotates its fields with",
    "config/schema.py": "of a field's annotation mypyc keeps the class: what Annotated adds for pydantic is gone",
}
_KNOWN = {"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
_STRANGE = {name for name, value in vars(builtins).items() if isinstance(value, type)} - _KNOWN
# Beside those that are called as their room is.
TESTS = ("vectors", "oracle", "fuzz", "replay")

_BUILD = """
import sys
from setuptools import setup
from mypyc.build import mypycify
extensions = mypycify(["--no-warn-unused-configs", *sys.argv[1:]], opt_level="1", debug_level="0", multi_file=True)
setup(name="gatekeeper", packages=[], ext_modules=extensions, script_args=["build_ext", "--inplace", "-j2"])
"""
_LOOK = """
import importlib, sys
for name in sys.argv[1:]:
    print(importlib.import_module(name).__file__)
"""


def is_interpreted(file: Path) -> bool:
    return str(file.relative_to("gatekeeper")) in INTERPRETED


def module_of(file: Path) -> str:
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


def test_what_stays_interpreted_is_there() -> None:
    """A name that no file has excuses nobody."""
    assert [name for name in INTERPRETED if not (ROOT / "gatekeeper" / name).exists()] == []


def strange_fields(source: str) -> list[str]:
    """Fields of NamedTuples that are annotated with a bare builtin class of which mypyc knows nothing."""
    classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    tuples = [one for one in classes if "NamedTuple" in map(ast.unparse, one.bases)]
    fields = [field for one in tuples for field in one.body if isinstance(field, ast.AnnAssign)]
    return [ast.unparse(field.target) for field in fields if ast.unparse(field.annotation) in _STRANGE]


@pytest.mark.parametrize("file", [file for room in rooms_below_drivers() for file in files_of(room)], ids=str)
def test_no_field_of_a_tuple_is_of_a_class_that_mypyc_does_not_find(file: Path) -> None:
    """mypyc 2.4 compiles an object or an Exception there, and the import fails (KeyError: 'object'): write Any."""
    assert strange_fields((ROOT / file).read_text(encoding="utf-8")) == []


def test_what_counts_as_such_a_field() -> None:
    source = "class A(NamedTuple):\n a: object\n b: Any\n c: list[object]\n d: Exception\nclass B:\n e: object\n"
    assert strange_fields(source) == ["a", "d"]


def returned_whole(source: str) -> list[int]:
    """Lines that return a generator expression."""
    returns = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Return)]
    return [node.lineno for node in returns if isinstance(node.value, ast.GeneratorExp)]


@pytest.mark.parametrize("file", [file for room in rooms_below_drivers() for file in files_of(room)], ids=str)
def test_what_is_read_row_by_row_is_so_when_it_is_compiled(file: Path) -> None:
    """mypyc makes a list of a generator expression: a million leases at once. map and yield stay what they are."""
    assert returned_whole((ROOT / file).read_text(encoding="utf-8")) == []


def test_what_counts_as_returned_whole() -> None:
    source = "def f(rows):\n return (row for row in rows)\ndef g(rows):\n return sum(row for row in rows)\n"
    assert returned_whole(source) == [2]


def _missing() -> str:
    """What the compiling lacks; "" = nothing."""
    lacking = [name for name in ("mypyc", "setuptools") if find_spec(name) is None]
    lacking += [] if shutil.which(os.environ.get("CC", "cc")) else ["a C compiler"]
    return ", ".join(lacking)


@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.environ.get(WANTED) != "1", reason=f"compiles for minutes: set {WANTED}=1")
def test_the_rooms_below_drivers_keep_their_tests_when_mypyc_has_compiled_them(tmp_path: Path) -> None:
    """Modules that are imported are the compiled ones, all of them but those named above."""
    assert not _missing(), f"{WANTED}=1 needs {_missing()}: pip install 'gatekeeper[compiled]'"
    for name in ("gatekeeper", "dictionaries", "captures", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    rooms = rooms_below_drivers()
    modules = [file for room in rooms for file in files_of(room)]
    compiled = [file for file in modules if not is_interpreted(file)]
    _run(tmp_path, "-c", _BUILD, *map(str, compiled))
    places = _run(tmp_path, "-c", _LOOK, *map(module_of, modules)).split()
    assert all(place.startswith(str(tmp_path)) for place in places)
    assert {file for file, place in zip(modules, places, strict=True) if place.endswith(".so")} == set(compiled)
    folders = [name for name in (*rooms, *TESTS) if (tmp_path / "tests" / name).is_dir()]
    _run(tmp_path, "-m", "pytest", "-x", "-o", "timeout=600", *(f"tests/{name}" for name in folders))


def _run(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "CFLAGS": "-O1 -g0"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, env=environment, timeout=3000
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout
