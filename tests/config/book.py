"""Configuration text -> what loading it says."""

from pathlib import Path

import pytest

from gatekeeper.config import ConfigError
from gatekeeper.config.load import Settings, load_file


def load_text(folder: Path, text: str) -> Settings:
    """Settings of this text."""
    file = folder / "gatekeeper.toml"
    file.write_text(text, encoding="utf-8")
    return load_file(file)


def problems(folder: Path, text: str) -> list[tuple[int, str]]:
    """(line, text) of every problem. Lines of text that are to be found end in ``#!``; see marked."""
    with pytest.raises(ConfigError) as refused:
        load_text(folder, text)
    file = str(folder / "gatekeeper.toml")
    assert all(problem.file == file for problem in refused.value.problems)
    return [(problem.line, problem.text) for problem in refused.value.problems]


def marked(text: str) -> list[int]:
    """Numbers of the lines that end in ``#!``: those that a problem is expected in."""
    return [number for number, line in enumerate(text.split("\n"), 1) if line.endswith("#!")]
