"""reload where no gate can be asked. With a gate: ``tests/clients/test_reload.py``."""

from pathlib import Path

from tests.cli.terminal import Terminal


def test_where_no_gate_runs_it_says_how_to_start_one(tmp_path: Path) -> None:
    """4, no such thing."""
    said = Terminal(tmp_path).run("reload")
    assert (said.code, said.out) == (4, "")
    assert "no gate serves over store" in said.err and "gatekeeper serve -c gatekeeper.toml" in said.err


def test_an_error_in_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    """2, as by check."""
    said = Terminal(tmp_path, "[store]\nnonsense = 1\n").run("reload")
    assert (said.code, said.out) == (2, "")
    assert "gatekeeper.toml:2: store.nonsense: unknown key" in said.err
