"""One source, two builds: what may be compiled, and what the build hook does where it cannot. ``.ci/compiled`` has the
suites over an installation that is."""

import ast
import builtins
import shutil
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import hatchling.build
import pytest

import hatch_build
from tests.house.rooms import ROOT, files_of, rooms_below_drivers

_KNOWN = {"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
_STRANGE = {name for name, value in vars(builtins).items() if isinstance(value, type)} - _KNOWN
_HOT = [Path(*name.split(".")).with_suffix(".py") for name in hatch_build.MODULES]


def test_each_module_that_is_compiled_is_there_once() -> None:
    assert [str(file) for file in _HOT if not (ROOT / file).is_file()] == []
    assert len(set(_HOT)) == len(_HOT)


def parents(source: str) -> Iterator[tuple[str, str]]:
    """(class, module its parent is imported from), of those parents that are imported by name."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    origin = {alias.asname or alias.name: node.module or "" for node in imports for alias in node.names}
    for node in ast.walk(tree):
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            name = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
            if name in origin:
                yield node.name, origin[name]


def _interpreted() -> list[Path]:
    files = [file for folder in ("gatekeeper", "tests") for file in (ROOT / folder).rglob("*.py")]
    return [file for file in files if file.relative_to(ROOT) not in _HOT]


def test_no_class_that_stays_python_has_a_compiled_parent() -> None:
    """mypyc, "native classes": an interpreted class cannot have a compiled one as parent; the import raises TypeError.
    A double in a test stands beside a Protocol, and needs not name it. Value says that it may
    (``allow_interpreted_subclasses``)."""
    compiled = set(hatch_build.MODULES) - {"gatekeeper.value"}
    found = [(str(file), *pair) for file in _interpreted() for pair in parents(file.read_text(encoding="utf-8"))]
    assert found
    assert [one for one in found if one[2] in compiled] == []


def test_what_counts_as_a_parent() -> None:
    source = "from a.b import C, D as E\nclass F(C[int], E): ...\nclass G(dict): ...\nclass H(G): ..."
    assert list(parents(source)) == [("F", "a.b"), ("F", "a.b")]


def strange_fields(source: str) -> list[str]:
    """Fields of NamedTuples that are annotated with a bare builtin class of which mypyc knows nothing."""
    classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    tuples = [one for one in classes if "NamedTuple" in map(ast.unparse, one.bases)]
    fields = [field for one in tuples for field in one.body if isinstance(field, ast.AnnAssign)]
    return [ast.unparse(field.target) for field in fields if ast.unparse(field.annotation) in _STRANGE]


@pytest.mark.parametrize("file", _HOT, ids=str)
def test_no_field_of_a_tuple_is_of_a_class_that_mypyc_does_not_find(file: Path) -> None:
    """mypyc 2.4 compiles an object or an Exception there, and the import fails (KeyError: 'object'): write Any."""
    assert strange_fields((ROOT / file).read_text(encoding="utf-8")) == []


def test_what_counts_as_such_a_field() -> None:
    source = "class A(NamedTuple):\n a: object\n b: Any\n c: list[object]\n d: Exception\nclass B:\n e: object\n"
    assert strange_fields(source) == ["a", "d"]


def kept_slices(source: str) -> list[int]:
    """Lines that make a slice object."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [node.lineno for node in calls if isinstance(node.func, ast.Name) and node.func.id == "slice"]


@pytest.mark.parametrize("file", _HOT, ids=str)
def test_octets_are_cut_where_the_cut_is_written(file: Path) -> None:
    """mypyc 2.4 takes whatever octets are indexed with for a number: TypeError where it is a slice object."""
    assert kept_slices((ROOT / file).read_text(encoding="utf-8")) == []


def test_what_counts_as_a_kept_slice() -> None:
    assert kept_slices("A = slice(2, 4)\nB = x[2:4]\nC = islice(x, 3)") == [1]


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


# The hook, on machines that have what it takes and on others.


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that can compile, by all that the hook looks at; the folder of Python's headers."""
    include = tmp_path / "include"
    include.mkdir()
    (include / "Python.h").touch()
    monkeypatch.setenv("CC", "sh -c true")
    monkeypatch.delenv(hatch_build.WISH, raising=False)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(include))
    return include


def _hook(root: Path = ROOT) -> hatch_build.CompilingHook:
    return hatch_build.CompilingHook(str(root), {}, None, None, "", "wheel")


@pytest.mark.parametrize(
    ("said", "wish"), [("", hatch_build.UNLESS_IMPOSSIBLE), ("1", hatch_build.MUST), (" 0 ", hatch_build.NEVER)]
)
def test_the_environment_has_three_words(said: str, wish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hatch_build.WISH, said)
    assert hatch_build.wish() == wish


def test_another_word_is_an_error_that_names_the_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hatch_build.WISH, "yes")
    with pytest.raises(SystemExit, match=r"GATEKEEPER_COMPILE=yes is none of: 1 = .* 0 = .* unset = "):
        _hook().dependencies()


def test_mypyc_is_asked_for_where_it_can_be_used(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a compiler downloads nothing for nothing."""
    assert _hook().dependencies() == list(hatch_build.REQUIRES)
    monkeypatch.setenv(hatch_build.WISH, "0")
    assert _hook().dependencies() == []
    monkeypatch.delenv(hatch_build.WISH)
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    assert _hook().dependencies() == []


@pytest.mark.parametrize(("wish", "ends"), [("", False), ("1", True)])
@pytest.mark.parametrize(
    ("lacks", "told"), [("compiler", "no C compiler, no-such-compiler"), ("header", "Python.h (Debian: apt-get")]
)
def test_what_is_missing_is_said_and_is_an_error_only_with_1(
    lacks: str, told: str, wish: str, ends: bool, machine: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv(hatch_build.WISH, wish)
    if lacks == "compiler":
        monkeypatch.setenv("CC", "no-such-compiler")
    else:
        (machine / "Python.h").unlink()
    assert told in _outcome_of(_hook(), ends, capsys)


@pytest.mark.parametrize(("wish", "ends"), [("", False), ("1", True)])
def test_a_failed_compile_is_a_pure_wheel_and_an_error_only_with_1(
    wish: str, ends: bool, machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Here mypyc finds no module that it could read."""
    monkeypatch.setenv(hatch_build.WISH, wish)
    (tmp_path / "gatekeeper").mkdir()
    shutil.copy(ROOT / "hatch_build.py", tmp_path)
    assert "compiled" in _outcome_of(_hook(tmp_path), ends, capsys)


def _outcome_of(hook: hatch_build.CompilingHook, ends: bool, capsys: pytest.CaptureFixture[str]) -> str:
    """What the hook says. The wheel must be as it was."""
    data: dict[str, object] = {"force_include": {}, "pure_python": True, "infer_tag": False}
    said = ""
    try:
        hook.initialize("standard", data)
    except SystemExit as end:
        said = str(end)
    hook.finalize("standard", data, "")
    assert bool(said) == ends
    assert data == {"force_include": {}, "pure_python": True, "infer_tag": False}
    output = capsys.readouterr()
    return said or output.out + output.err


def test_an_editable_installation_stays_pure_whatever_is_wished(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library beside a module that is edited would run in its place."""
    monkeypatch.setenv(hatch_build.WISH, "1")
    monkeypatch.setenv("CC", "no-such-compiler")
    data: dict[str, object] = {}
    _hook().initialize("editable", data)
    assert data == {}


def test_with_0_the_wheel_is_for_every_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hatch_build.WISH, "0")
    monkeypatch.chdir(ROOT)
    name = hatchling.build.build_wheel(str(tmp_path))
    assert name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(tmp_path / name) as wheel:
        names = wheel.namelist()
    assert "gatekeeper/model/box.py" in names
    assert [one for one in names if one.endswith(".so")] == []


def test_the_source_distribution_has_the_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or no wheel could be built from it."""
    monkeypatch.chdir(ROOT)
    name = hatchling.build.build_sdist(str(tmp_path))
    with tarfile.open(tmp_path / name) as archive:
        assert f"{name.removesuffix('.tar.gz')}/hatch_build.py" in archive.getnames()
