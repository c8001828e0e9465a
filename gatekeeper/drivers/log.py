"""The log. A reader that is slow or gone costs lines, which are counted; it never costs answers."""

import sys
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass
from typing import Final

from gatekeeper.heart.told import Bug, Told
from gatekeeper.model import Outcome, Reason
from gatekeeper.report.line import decline_alarm, outcome_line
from gatekeeper.state.bounded import bounded

WINDOW_S: Final = 60
_GATHER_S: Final = 0.05
_ALARM_S: Final = 10.0
_MAX_ALARMS: Final = 1_024
_HOUR_S: Final = 3600
_DECLINES: Final = frozenset({Reason.TOO_MANY_DECLINES, Reason.QUARANTINE_FULL})
_MAX_LINES: Final = 10_000
_MAX_REFUSALS: Final = 4_096
_MAX_STRANGERS: Final = 32  # on one line in one window that are told one by one, for each of these reasons
_STRANGERS: Final = frozenset({Reason.UNKNOWN_MAC, Reason.MALFORMED, Reason.UNKNOWN_NAS, Reason.BAD_AUTHENTICATOR})


@dataclass(slots=True)
class _Repeated:
    """A refusal that was told, and how often it came again in its window."""

    line: str
    until: float
    repeats: int = 0


class Log:
    """Lines to stderr, written by a thread of their own."""

    def __init__(self, packets: str) -> None:
        """packets: which outcomes get a line: all, refused or none."""
        self.packets = packets
        self._lines: deque[str] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self.lost = 0
        self._alarmed: dict[str, float] = {}
        self._declines: dict[tuple[bytes, str], float] = {}
        self._told: set[str] = set()
        self._untold = 0
        self._untold_at = 0.0
        self._refusals: dict[tuple[bytes, str, str], _Repeated] = {}
        self._strangers: dict[tuple[str, str, str], int] = {}
        self._strangers_until = 0.0
        self._writer = threading.Thread(target=self._write, name="log", daemon=True)
        self._writer.start()

    def say(self, line: str) -> None:
        """One line, if there is room."""
        if len(self._lines) >= _MAX_LINES:
            self.lost += 1
            return
        self._lines.append(line)
        if not self._wake.is_set():
            self._wake.set()

    def once(self, line: str) -> None:
        """This line, if it was not told before."""
        if line not in self._told:
            if len(self._told) >= _MAX_ALARMS:
                self._told.clear()
            self._told.add(line)
            self.say(line)

    def alarm(self, text: str, now: float) -> None:
        """Something is wrong with us or around us: said once per ten seconds."""
        key = text[:24]
        if not now < self._alarmed.get(key, 0.0) <= now + _ALARM_S:  # else it is over, or the clock was set back
            if len(self._alarmed) >= _MAX_ALARMS:
                self._alarmed.clear()
            self._alarmed[key] = now + _ALARM_S
            self.say(f"alarm: {text}")

    def read(self, told: Told) -> None:
        """The line of one outcome; repeats of one refusal once a window, with their count."""
        outcome, now = told.outcome, told.at
        if outcome.verdict.reason:
            if outcome.verdict.reason in _DECLINES:
                self._alarm_of_declines(outcome, now)
            if self.packets != "none":
                self._refused(outcome, now)
        elif self.packets == "all":
            self.say(outcome_line(outcome))

    def _alarm_of_declines(self, outcome: Outcome, now: float) -> None:
        """Each box once an hour, however often it goes on."""
        key = outcome.mac, str(outcome.verdict.reason)
        if self._declines.get(key, 0.0) <= now:
            self._declines.pop(key, None)
            bounded(self._declines, _MAX_ALARMS)[key] = now + _HOUR_S
            self.say(f"alarm: {decline_alarm(outcome)}")

    def _refused(self, outcome: Outcome, now: float) -> None:
        key = _what_is_repeated(outcome)
        repeated = self._refusals.get(key)
        if repeated:
            repeated.repeats += 1
        elif len(self._refusals) < _MAX_REFUSALS and self._is_told(outcome, now):
            line = outcome_line(outcome)
            self._refusals[key] = _Repeated(line, now + WINDOW_S)
            self.say(line)
        else:
            # Under a flood of invented MACs only the first ones of a window are told; show refused has the counts.
            self._untold += 1

    def read_bug(self, bug: Bug) -> None:
        """A bug of ours, with where it is and the packet that met it."""
        where = traceback.extract_tb(bug.error.__traceback__)[-1]
        text = f"bug: {bug.error!r} at {where.filename}:{where.lineno} on packet {bug.datagram.data.hex()}"
        self.alarm(text, bug.at)

    def _is_told(self, outcome: Outcome, now: float) -> bool:
        """False for a stranger after many others on its line: somebody invents MACs there."""
        reason = outcome.verdict.reason
        if reason not in _STRANGERS:
            return True
        if not now < self._strangers_until <= now + WINDOW_S or len(self._strangers) >= _MAX_REFUSALS:
            self._strangers, self._strangers_until = {}, now + WINDOW_S
        where = "" if reason is Reason.UNKNOWN_NAS else outcome.where  # which is the stranger's own address
        line = str(reason), where, outcome.port.text if outcome.port else ""
        self._strangers[line] = count = self._strangers.get(line, 0) + 1
        return count <= _MAX_STRANGERS

    def tick(self, now: float) -> None:
        """Tell how often the refusals whose window has ended were repeated."""
        if self._untold and not now < self._untold_at <= now + WINDOW_S:
            self.say(f"refused: {self._untold} more, not told one by one: see show refused")
            self._untold, self._untold_at = 0, now + WINDOW_S
        # They stand in the sequence of their windows' ends.
        for key, told in list(self._refusals.items()):
            if now < told.until <= now + WINDOW_S:
                break
            del self._refusals[key]
            if told.repeats:
                self.say(f"{told.line} repeated={told.repeats} window_s={WINDOW_S}")

    def stop(self, patience_s: float = 1.0) -> None:
        """Write what is left, for so long at most."""
        self._stopping = True
        self._wake.set()
        self._writer.join(patience_s)

    def _write(self) -> None:
        while True:
            self._wake.wait()
            # Gather: waking this thread for each line would cost the packet loop more than the line itself.
            if not self._stopping:
                time.sleep(_GATHER_S)
            self._wake.clear()
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if self.lost:
                lines.append(f"log: {self.lost} lines lost")
                self.lost = 0
            try:
                sys.stderr.write("".join(line + "\n" for line in lines))
                sys.stderr.flush()
            except (OSError, ValueError):
                pass
            if self._stopping and not self._lines:
                return


def _what_is_repeated(outcome: Outcome) -> tuple[bytes, str, str]:
    """The box, where it was and why; but a line, sender or protocol over its limit, whichever MAC was over it; and of a
    client under another secret each address."""
    verdict = outcome.verdict
    if verdict.reason is Reason.BAD_AUTHENTICATOR:
        return b"", f"{outcome.where} {verdict.seen}", verdict.reason
    if verdict.reason is Reason.RATE_LIMITED and not verdict.bound.startswith("per_mac"):
        return b"", f"{verdict.bound} {verdict.seen} {outcome.where}", verdict.reason
    return outcome.mac, outcome.where, str(verdict.reason)
