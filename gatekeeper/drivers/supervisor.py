"""What systemd is told of a service of Type=notify or notify-reload (sd_notify(3)); without it, nothing is said."""

import os
import socket
import threading
import time
from collections.abc import MutableMapping
from typing import Final

_PATIENCE_S: Final = 0.3  # with a supervisor that is slow to read; none for pulses, which come again
_STARTING_EVERY_S: Final = 5.0
_STARTING_FOR_S: Final = 1800.0  # a start that takes longer is no start: an upgrade of 10 million boxes is shorter
_MICROSECONDS: Final = 1_000_000
_NEVER: Final = float("inf")
_LONGEST: Final = 400  # characters of a status


class Supervisor:
    """One service's side of it. States are told in their sequence; nothing follows STOPPING but what takes time."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        """environment: the process's own; what is for it alone is taken out, so that no child speaks for it."""
        self._address = environment.pop("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        self._pulse_s = _pulse_s(environment)
        self._next_pulse = 0.0
        self._status = self._standing = ""
        self._ready = threading.Event()
        self._stopping = False
        self._lock = threading.RLock()

    @property
    def pulse_s(self) -> float:
        """Seconds from one pulse to the next; infinity where nobody watches."""
        return self._pulse_s

    def starting(self) -> None:
        """The start goes on, however large the store is: more time for it is asked for until ``ready``."""
        if self._address:
            threading.Thread(target=self._ask_for_time, name="starting", daemon=True).start()

    def ready(self, status: str) -> None:
        """It serves. status: one line, which stands until there is another."""
        with self._lock:
            self._standing = self._status = status
            self._ready.set()
            self._tell_unless_stopping("READY=1", f"STATUS={_line(status)}")

    def reloading(self) -> None:
        """The configuration is being read again; ``reloaded`` follows. Not while it is still starting."""
        if self._ready.is_set():
            microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self._tell_unless_stopping("RELOADING=1", f"MONOTONIC_USEC={microseconds}")

    def reloaded(self, refused: str = "") -> None:
        """That is over. refused: why all is as before."""
        if self._ready.is_set():
            told = f"reload refused, going on as before: {refused}" if refused else self._standing
            with self._lock:
                self._status = told
                self._tell_unless_stopping("READY=1", f"STATUS={_line(told)}")

    def trouble(self, text: str) -> None:
        """What is wrong, once while it stays the same; "" = nothing is: the status is what it was."""
        status = text or self._standing
        if status != self._status and self._ready.is_set():
            with self._lock:
                self._status = status
                self._tell_unless_stopping(f"STATUS={_line(status)}")

    def pulse(self) -> None:
        """The packet loop goes round: WATCHDOG=1 where it is due."""
        if self._pulse_s == _NEVER:
            return
        now = time.monotonic()
        if now >= self._next_pulse:
            self._next_pulse = now + self._pulse_s
            self._send("WATCHDOG=1", 0.0)

    def stopping(self) -> None:
        """It has been told to end."""
        with self._lock:
            self._stopping = True
            self._ready.set()
            self._send("STOPPING=1\nSTATUS=stopping: what is promised is being written", _PATIENCE_S)

    def _ask_for_time(self) -> None:
        until = time.monotonic() + _STARTING_FOR_S
        extended = f"EXTEND_TIMEOUT_USEC={int(4 * _STARTING_EVERY_S * _MICROSECONDS)}\nSTATUS=starting"
        while time.monotonic() < until and not self._ready.is_set():
            self._send(extended, _PATIENCE_S)
            self._ready.wait(_STARTING_EVERY_S)

    def _tell_unless_stopping(self, *assignments: str) -> None:
        with self._lock:
            if not self._stopping:
                self._send("\n".join(assignments), _PATIENCE_S)

    def _send(self, text: str, patience_s: float) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.settimeout(patience_s)
            try:
                one.sendto(text.encode(errors="replace"), self._address)
            except OSError:
                pass  # a supervisor that cannot be told costs nobody an answer


def _pulse_s(environment: MutableMapping[str, str]) -> float:
    """Half of what the watchdog waits (sd_watchdog_enabled(3)); _NEVER where it is not this process that it watches."""
    whole, process = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
    if not whole.isdigit() or int(whole) == 0 or process not in ("", str(os.getpid())):
        return _NEVER
    return int(whole) / _MICROSECONDS / 2


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
