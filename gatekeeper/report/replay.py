"""Rows of a replay: one per client-side packet."""

from datetime import UTC, datetime
from typing import Final

from gatekeeper.model import Outcome
from gatekeeper.wire.text import ip_text

COLUMNS: Final = (
    *("frame", "time", "protocol", "message", "mac", "verdict", "reply", "reason", "address", "recorded"),
)


def replay_row(frame: int, time: float, outcome: Outcome, recorded: str) -> dict[str, object]:
    """recorded: ``same``, ``different: …`` or ``none``."""
    verdict = outcome.verdict
    stamp = datetime.fromtimestamp(time, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "frame": frame,
        "time": stamp,
        "protocol": outcome.protocol,
        "message": outcome.message,
        "mac": outcome.mac.hex(":") if outcome.mac else "",
        "verdict": str(verdict.action),
        "reply": outcome.reply,
        "reason": str(verdict.reason or ""),
        "address": ip_text(verdict.address) if verdict.address else "",
        "recorded": recorded,
    }
