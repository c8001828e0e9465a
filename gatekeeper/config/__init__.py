"""TOML -> one frozen, validated Policybook. Dictionaries are read here, at start only."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong with the operator's input: where, and what to do."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


class ConfigError(Exception):
    """The configuration cannot be used. ``problems`` holds every cause that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
