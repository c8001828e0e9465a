"""The command line as a person has it: arguments in, exit code, stdout and stderr out."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.engine.bench import CONFIG

_MAIN = "from gatekeeper.cli import main; main()"


_MANY = """
import contextlib, io, json, sys
from gatekeeper.cli import main
said = []
for arguments in json.load(sys.stdin):
    out, err, code, sys.argv = io.StringIO(), io.StringIO(), 0, ["gatekeeper", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as leave:
            code = leave.code or 0
    said.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(said))
"""


class Said(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


class Terminal:
    """A folder with a gatekeeper.toml, and the command run in it."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        (folder / "gatekeeper.toml").write_text(config, encoding="utf-8")

    def run(self, *arguments: str, python: tuple[str, ...] = ()) -> Said:
        """``gatekeeper ARGUMENTS``."""
        return self._start(["-c", _MAIN, *arguments], python, "")

    def run_all(self, questions: list[tuple[str, ...]]) -> dict[tuple[str, ...], Said]:
        """Many commands, one after the other in one interpreter: starting it is what takes the time."""
        done = self._start(["-c", _MANY], (), json.dumps(questions))
        assert done.code == 0, done.err
        return {arguments: Said(*said) for arguments, said in zip(questions, json.loads(done.out), strict=True)}

    def _start(self, arguments: list[str], python: tuple[str, ...], text: str) -> Said:
        environment = {name: value for name, value in os.environ.items() if name != "GATEKEEPER_CONFIG"}
        environment |= {"COLUMNS": "300", "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [sys.executable, *python, *arguments],
            capture_output=True, cwd=self.folder, env=environment, timeout=60, encoding="utf-8", input=text,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def order(self, kind: str, number: str, account: str, *options: str) -> Said:
        """``gatekeeper order KIND --order … --account …``."""
        return self.run("order", kind, "--order", number, "--account", account, *options)
