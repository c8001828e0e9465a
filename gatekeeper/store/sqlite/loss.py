"""What a store lacks that was acknowledged: its state beside its mark."""

import sqlite3
import time
import urllib.parse
from contextlib import closing, suppress
from typing import Final, NamedTuple

from gatekeeper.store.sqlite.files import LOG, MARK, has_log
from gatekeeper.store.sqlite.mark_format import Marked, leases_in

_STATE: Final = "SELECT seq, store, served FROM commits"
_HEARD: Final = "SELECT coalesce(max(at), 0) FROM heartbeat"
_READ: Final = "SELECT count(*) FROM sqlite_master"


class State(NamedTuple):
    """What a store says of itself. heard: when whoever served it reported last."""

    seq: int
    store: bytes
    served: bool
    heard: int


class Loss(NamedTuple):
    """text: one line for the operator; known: the mark has every lost commit, and so every lease that these bound;
    foreign: the log beside the main file is not its own, and must not be put on top of it."""

    text: str
    known: bool
    foreign: bool = False


def state_of(connection: sqlite3.Connection) -> State | None:
    """None: it was made before version 5 and counts no commits, or it is no store. Raises sqlite3.Error."""
    try:
        seq, store, served = connection.execute(_STATE).fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return State(seq, store, bool(served), connection.execute(_HEARD).fetchone()[0])


def was_in_use(path: str, marked: Marked | None) -> bool:
    """True if what is beside the main file says that there must be one. marked: what the mark says."""
    return has_log(path) or (marked is not None and not marked.clean)


def read_only(path: str, **settings: str) -> sqlite3.Connection:
    """A connection that leaves the store and its log as they are, also when it is closed. Raises sqlite3.Error."""
    words = urllib.parse.urlencode({"mode": "ro", **settings})
    uri = f"file:{urllib.parse.quote(path)}?{words}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(_READ).fetchone()
    return connection


def is_foreign(path: str, marked: Marked | None) -> bool:
    """True if the main file is not what the log beside it builds upon, but an older or another one: SQLite would not
    notice. marked: what the mark said before.

    SQLite reads the main file for it, without the log (sqlite.org/uri.html, immutable): to open and close the file
    beside SQLite would end the locks that this process has on it (sqlite.org/howtocorrupt.html 2.2).
    """
    if marked is None or marked.base == 0 or not has_log(path):
        return False
    with suppress(sqlite3.Error), closing(read_only(path, immutable="1")) as main:
        state = state_of(main)
        return state is None or state.store != marked.store or state.seq < marked.base
    return False  # what cannot be read at all is told by who opens it


def loss_of(path: str, state: State | None, marked: Marked | None, foreign: bool) -> Loss | None:
    """What is lost of this store; None = nothing. marked must have been read before state."""
    if foreign:
        what = f"it is not the file that {path}{LOG} beside it builds upon, but an older or another one"
        return _loss(path, state, what, Loss("", known=False, foreign=True))
    if marked is None:
        if state is None or not state.served or has_log(path):
            return None
        what = (
            f"it was being served when it was left or copied, and neither its log {path}{LOG} nor {path}{MARK} is here"
        )
        return _loss(path, state, what, Loss("", known=False))
    if state is None or state.store != marked.store:
        what = f"it is not the one that was served here, as {path}{MARK} says"
        return _loss(path, state, what, Loss("", known=False))
    commits = marked.seq - state.seq
    if commits <= 0:
        return None
    lost = [one for one in marked.records if one.seq > state.seq]
    known = len({one.seq for one in lost}) == commits
    leases = len({address for one in lost for address, _, _ in leases_in(one)})
    what = f"its last {commits} commits are lost, with {'' if known else 'at least '}{leases} leases"
    return _loss(path, state, what, Loss("", known))


def _loss(path: str, state: State | None, what: str, loss: Loss) -> Loss:
    since = time.strftime(" (after %Y-%m-%dT%H:%M:%SZ)", time.gmtime(state.heard)) if state and state.heard else ""
    ways = (
        f"put back {path}{LOG} as it was, or a whole copy; or have every address that may have been given kept for its"
        " box: 'gatekeeper store recover'"
    )
    return loss._replace(text=f"store {path}: {what}{since}: {ways}")
