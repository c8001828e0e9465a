"""The process that answers HTTP, as serve starts it."""

import subprocess
import sys
from pathlib import Path

from tests.engine.bench import CONFIG


def test_a_file_that_has_no_api_by_now_ends_it_with_a_sentence(tmp_path: Path) -> None:
    """It was written anew while the process came up: no bug, and no HTTP."""
    (tmp_path / "gatekeeper.toml").write_text(CONFIG, encoding="utf-8")
    words = [sys.executable, "-m", "gatekeeper.api", str(tmp_path / "gatekeeper.toml"), "98", "99", "sqlite::memory:"]
    # Its standard input ends with whoever started it, and so does it.
    with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = process.stderr.read()
    assert (process.returncode, said) == (1, "api: the configuration has no [api] by now: nothing is answered\n")
