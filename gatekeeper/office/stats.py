"""What ``show stats`` says beside the store: the gate's troubles, and counts that are only in its memory."""

from collections.abc import Iterator, Sequence

from gatekeeper.drivers.control import ControlError, State, ask_state
from gatekeeper.report.table import Row
from gatekeeper.report.troubles import TROUBLE


def gate_state(store: str) -> State | str:
    """How the gate that serves over this store stands, or why that is not known."""
    try:
        return ask_state(store) or "gate.not-serving"
    except ControlError:
        return "gate.not-asked"


def stats_rows(stored: Sequence[Row], state: State | str, now: int) -> Iterator[Row]:
    """Troubles with the seconds that they have lasted; then what was counted, in the store and not yet there."""
    if isinstance(state, str):
        yield {"name": state, "value": 1}
        yield from stored
        return
    for one in state.troubles:
        yield {"name": f"{TROUBLE}{one.name}", "value": max(int(now - one.since), 0)}
    counts = dict(state.counts)
    for row in stored:
        yield row | {"value": int(str(row["value"])) + counts.pop(str(row["name"]), 0)}
    for name, count in sorted(counts.items()):
        yield {"name": name, "value": count}
