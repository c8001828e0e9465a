"""kill -9 between any two statements of an order: it is wholly applied or not at all, its Disconnect included."""

import signal
import subprocess
import sys
from pathlib import Path

from gatekeeper.store.sqlite import SqliteStore
from tests.store.ledger import BOX, NOW, filled, report

NEW = bytes((2, 0, 0, 0, 0, 9))
# The process ends itself when SQLite is about to run the statement of that number.
_CHILD = """
import os, signal, sys
from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.sqlite import SqliteStore

store, left = SqliteStore(sys.argv[1]), [int(sys.argv[2])]

def about_to_run(statement):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)

store._connection.set_trace_callback(about_to_run)
order = {"order": "swap-1", "kind": "swap", "account": "A", "old_mac": sys.argv[3], "mac": sys.argv[4]}
OrderDesk(store, OrderRules(2)).hand_in(order, int(sys.argv[5]))
"""


def swap_up_to(file: Path, statement: int) -> int:
    """Its exit code."""
    words = [sys.executable, "-c", _CHILD, str(file), str(statement), BOX.hex(), NEW.hex(), str(NOW + 1)]
    return subprocess.run(words, timeout=60, check=False).returncode


def what_is_there(file: Path) -> tuple[set[object], set[object], list[object], int]:
    """(boxes of A, orders, what NASes are to be asked, events of the swap)."""
    store = SqliteStore(str(file))
    boxes = {row["mac"] for row in store.view("boxes", NOW) if row["account"] == "A"}
    orders = {row["order"] for row in store.view("orders", NOW)}
    asked: list[object] = [(one.kind, one.mac) for one in store.wanted()]
    told = sum("swap-1" in str(row["detail"]) for row in store.timeline("account", "A", 0))
    store.close()
    return boxes & {BOX.hex(":"), NEW.hex(":")}, orders & {"swap-1"}, asked, told


def test_an_order_is_whole_wherever_it_is_cut_off(tmp_path: Path) -> None:
    """Each statement is the last one once, until the order gets through."""
    store = filled(tmp_path)
    store.commit([report(BOX, "A")])
    store.close()
    file = tmp_path / "gatekeeper.db"
    nothing = what_is_there(file)
    assert nothing == ({BOX.hex(":")}, set(), [], 0)
    statement, ended = 1, -signal.SIGKILL
    while (ended := swap_up_to(file, statement)) == -signal.SIGKILL:
        assert what_is_there(file) == nothing
        statement += 1
    assert ended == 0 and statement > 10
    assert what_is_there(file) == ({NEW.hex(":")}, {"swap-1"}, [("disconnect", BOX)], 2)
