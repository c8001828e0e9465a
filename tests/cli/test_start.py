"""--version, --help and unknown verbs: quick, and without loading what they do not need."""

from pathlib import Path

import pytest

from gatekeeper import __version__
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


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    """And nothing else is printed."""
    assert Terminal(tmp_path).run("--version") == (0, f"gatekeeper {__version__}\n", "")


def test_help_names_every_verb(tmp_path: Path) -> None:
    """One line each."""
    said = Terminal(tmp_path).run("--help").out
    for verb in ("init", "check", "serve", "order", "orders", "show", "explain", "replay", "lab"):
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
