"""kill -9 in the middle of an import: whole transactions are there, and the same file again brings the rest, once."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.cli.terminal import Terminal
from tests.clients.net import wait_until

_ROWS = 30_000
_IMPORT = "import sys; from gatekeeper.cli import main; sys.argv[1:] = ['orders', 'import', 'orders.csv']; main()"


def _counts(store: Path) -> tuple[int, int, int, int]:
    """Rows of orders, accounts, boxes and told events; zeros before there is a store."""
    if not store.exists():
        return 0, 0, 0, 0
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as opened:
        tables = ("orders", "accounts", "boxes", "journal")
        return tuple(opened.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)  # type: ignore[return-value]


def test_what_was_killed_is_finished_by_the_same_file(tmp_path: Path) -> None:
    """Exactly once by number."""
    terminal = Terminal(tmp_path)
    lines = ["order,account,mac", *(f"o{n},a{n}@itv,02{n:010x}" for n in range(_ROWS))]
    (tmp_path / "orders.csv").write_text("\n".join(lines) + "\n")
    store = tmp_path / "gatekeeper.db"
    importing = subprocess.Popen([sys.executable, "-c", _IMPORT], cwd=tmp_path, stdout=subprocess.DEVNULL)

    def has_begun() -> bool:
        try:
            return _counts(store)[0] > 500
        except sqlite3.OperationalError:  # it is being made
            return False

    wait_until(has_begun, 20, "the first orders", every_s=0.005)
    importing.send_signal(signal.SIGKILL)
    assert importing.wait(10) == -signal.SIGKILL
    done = _counts(store)
    assert 500 < done[0] < _ROWS
    assert set(done) == {done[0]}, "each order wholly or not at all"
    told = f"{_ROWS - done[0]} applied, {done[0]} seen before, 0 refused"
    assert terminal.run("orders", "import", "orders.csv")[:2] == (0, f"orders.csv: {told}\n")
    assert _counts(store) == (_ROWS, _ROWS, _ROWS, _ROWS)
