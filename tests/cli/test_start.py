"""--version, --help and unknown verbs: quick, and without loading what they do not need."""

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import FunctionType

import pytest

from gatekeeper import __version__
from gatekeeper.report.build import build_of
from gatekeeper.wire.text import mac_text
from tests.cli.terminal import Terminal

HEAVY = {"pydantic", "rich", "pyrad", "sqlite3", "netaddr", "scapy", "dpkt", "asyncio", "pyroute2"}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_needs_nothing_imports_nothing_heavy(tmp_path: Path, option: str) -> None:
    """Counted by the interpreter itself, not by the clock."""
    said = Terminal(tmp_path).run(option, python=("-X", "importtime"))
    assert said.code == 0
    imported = {line.rpartition("|")[2].strip() for line in said.err.splitlines() if line.startswith("import time:")}
    assert "click" in imported
    assert not imported & HEAVY


LOOKING = [("show", "boxes"), ("show", "pools"), ("show", "stats"), ("timeline", "A"), ("whois", "10.20.1.0"),
           ("export", "--format", "orders"), ("clear", "lease", "10.20.1.0"), ("explain", "020000000001")]  # fmt: skip


@pytest.mark.parametrize("arguments", LOOKING, ids=" ".join)
def test_whoever_looks_into_the_store_loads_no_sockets(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """No engine and nothing of what serves but the time that it reckons by; but explain needs what it remembers,
    and stats are in part in its memory, so that it is asked."""
    terminal = Terminal(tmp_path)
    assert terminal.order("install", "1", "A", "--mac", "d4c1c8ee9b1f").code == 0
    said = terminal.run(*arguments, python=("-X", "importtime"))
    loaded = {line.rpartition("|")[2].strip() for line in said.err.splitlines() if line.startswith("import time:")}
    assert "gatekeeper.store.sqlite" in loaded
    heavy = ("gatekeeper.drivers.", "gatekeeper.engine", "gatekeeper.api")
    needless = {name for name in loaded if name.startswith(heavy)}
    more = {"explain": {"memory"}, "export": {"files"}, "show stats": {"control", "supervisor", "capabilities"}}
    wanted = {"moment"} | more.get(arguments[0], set()) | more.get(" ".join(arguments), set())
    assert needless == {f"gatekeeper.drivers.{name}" for name in wanted}


def test_the_version_is_the_packages_and_the_build_that_of_what_runs(tmp_path: Path) -> None:
    """And nothing else is printed."""
    build = "compiled" if is_compiled() else "pure Python"
    assert Terminal(tmp_path).run("--version") == (0, f"gatekeeper {__version__} ({build})\n", "")


def is_compiled() -> bool:
    """What CPython itself says: a function of a library is none of Python's own."""
    return not isinstance(mac_text, FunctionType)


@pytest.mark.parametrize(
    ("file", "build"),
    [
        ("/usr/lib/gatekeeper/model.py", "pure Python"),
        (f"/usr/lib/gatekeeper/model{EXTENSION_SUFFIXES[0]}", "compiled"),
        ("", "pure Python"),
    ],
)
def test_the_build_is_known_by_a_modules_file(file: str, build: str) -> None:
    assert build_of(file) == build


def test_help_names_every_verb(tmp_path: Path) -> None:
    """One line each."""
    said = Terminal(tmp_path).run("--help").out
    for verb in ("init", "check", "serve", "reload", "order", "orders", "show", "explain", "replay", "lab"):
        assert f"\n  {verb} " in said


@pytest.mark.parametrize("arguments", [("nonsense",), ("show",), ("show", "nonsense"), ("order",)])
def test_an_unknown_verb_is_a_bad_argument(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """2, without a traceback."""
    said = Terminal(tmp_path).run(*arguments)
    assert said.code == 2
    assert "Traceback" not in said.err


def test_an_absent_configuration_is_told(tmp_path: Path) -> None:
    """2, and what to do about it."""
    said = Terminal(tmp_path).run("show", "leases", "-c", "absent.toml")
    assert (said.code, said.out) == (2, "")
    assert "absent.toml: no such file: name one with -c" in said.err
