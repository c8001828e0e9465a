"""Troubles that a running gate can be in: each is a row, with what it means for boxes and what mends it.

Who meets one tells ``drivers.troubles``; /readyz, /metrics, ``show stats`` and the log say it in these words.
"""

from typing import Any, Final, NamedTuple

TROUBLE: Final = "trouble."  # how the rows of ``show stats`` begin that are one


class Trouble(NamedTuple):
    """title: as a reason of /readyz begins; means: what boxes and NASes feel of it; remedy: what an operator does;
    serves: whoever asks /readyz is told of it, and that the gate is ready all the same."""

    title: str
    means: str
    remedy: str
    serves: bool = False


class Standing(NamedTuple):
    """A trouble that is there. name: its row; detail: what was met; since: Unix seconds."""

    name: str
    detail: str
    since: float


_NOTHING_NEW: Final = "leases on disk are told with their remaining time, nothing new is promised"

TROUBLES: Final[dict[str, Trouble]] = {
    "disk-full": Trouble("the disk is full", _NOTHING_NEW, "make room where the store is"),
    "disk-failing": Trouble("the disk fails", _NOTHING_NEW, "look at dmesg and at the disk"),
    "fsync-failing": Trouble("fsync fails: the disk does not keep what it is given", _NOTHING_NEW,
        "look at dmesg and at the disk"),
    "store-locked": Trouble("the store is locked by another process", _NOTHING_NEW,
        "end the backup or the sqlite3 shell that holds it: 'fuser' names it"),
    "store-read-only": Trouble("the store is read-only", _NOTHING_NEW,
        "give its file and folder back to who serves, or mount it for writing"),
    "store-replaced": Trouble("the store's files are not those that were opened", "nothing is acknowledged",
        "put them back, or restart on the files that are to count"),
    "store-damaged": Trouble("the store is damaged", _NOTHING_NEW, "restore it from a backup"),
    "store-unavailable": Trouble("the store cannot be written", _NOTHING_NEW, "see the log"),
    "commits-slow": Trouble("commits are slow", "renewals that would wait long get their remaining time",
        "look at who else writes to this disk", serves=True),
    "clock-frozen": Trouble("the clock is not believed", "no address is taken back from who had it",
        "set the clock right, then 'gatekeeper clock confirm'"),
    "recovering": Trouble("the store is being recovered", "addresses that may have been given are kept back",
        "none: it ends by itself"),
    "packets-lost": Trouble("more packets come than are answered in time", "who is not answered asks again",
        "look for a loop or a flood in 'gatekeeper show stats'; where buffers are full raise net.core.rmem_max",
        serves=True),
    "aaa-silent": Trouble("no AAA server answers", "boxes that AAA decides about get no answer",
        "look at the servers of [[dhcp.radius.server]] and the way to them"),
}  # fmt: skip

# What a commit that failed tells; one at a time, and none from the next that ends well.
OF_THE_STORE: Final = frozenset(
    {"disk-full", "disk-failing", "fsync-failing", "store-locked", "store-read-only", "store-damaged",
     "store-unavailable"}
)  # fmt: skip


def trouble_line(standing: Standing) -> str:
    """``the disk is full (database or disk is full): leases on disk …; make room …``."""
    trouble = TROUBLES[standing.name]
    detail = f" ({standing.detail})" if standing.detail else ""
    return f"{trouble.title}{detail}: {trouble.means}; {trouble.remedy}"


def standing_of(told: dict[str, Any]) -> Standing:
    """As ``_asdict`` made it of one, elsewhere. Raises ValueError."""
    try:
        found = Standing(str(told["name"]), str(told["detail"]), float(told["since"]))
        TROUBLES[found.name]
    except (KeyError, TypeError) as error:
        raise ValueError(f"no trouble: {told!r}") from error
    return found
