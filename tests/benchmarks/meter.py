"""What a measurement cost: CPU time of generator and server, and how busy the two cores were."""

import gc
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")

# Sleeping on the clock and not on the socket: a server then never pays for waking the generator's core.
GENERATOR_CORE = 1
IDLE_S = 0.0001
RETRY_S = 1.0


class Meter:
    """Started with the first counted packet, stopped with the last."""

    def __init__(self, server_pid: int) -> None:
        self._pid = server_pid
        gc.disable()
        self._start = self._read()

    def _read(self) -> tuple[float, float, float, dict[str, tuple[float, float]]]:
        own = os.times()
        return time.monotonic(), own.user + own.system, _process_seconds(self._pid), _core_seconds()

    def stop(self) -> dict[str, float]:
        """Elapsed seconds, and percent of one core over that time."""
        begin, own, server, cores = self._start
        end, own_end, server_end, cores_end = self._read()
        elapsed = end - begin
        found = {"elapsed_s": round(elapsed, 3)}
        found["generator_cpu"] = round((own_end - own) / elapsed * 100, 1)
        found["server_cpu"] = round((server_end - server) / elapsed * 100, 1)
        for name in ("cpu0", "cpu1"):
            busy, total = (after - before for before, after in zip(cores[name], cores_end[name], strict=True))
            found[f"{name}_busy"] = round(busy / total * 100, 1) if total else 0.0
        return found


def _process_seconds(pid: int) -> float:
    """User and system time of all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _core_seconds() -> dict[str, tuple[float, float]]:
    """(busy, total) by core; softirq counts, waiting for the disk does not."""
    found = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name.startswith("cpu"):
            values = [int(field) for field in fields[:8]]
            found[name] = (float(sum(values) - values[3] - values[4]), float(sum(values)))
    return found


def udp(local: tuple[str, int], remote: tuple[str, int]) -> socket.socket:
    """A connected, non-blocking socket with large buffers."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), 8 << 20)
    one.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_SNDBUFFORCE", 32), 8 << 20)
    one.bind(local)
    one.connect(remote)
    one.setblocking(False)
    return one


def ask(one: socket.socket, packet: bytes, fits: Callable[[bytes], bool], patience_s: float = 20.0) -> bytes:
    """Send until a fitting answer comes. Raises TimeoutError. This is how a server that has just started is found."""
    end = time.monotonic() + patience_s
    next_send = 0.0
    while time.monotonic() < end:
        try:
            if time.monotonic() >= next_send:
                next_send = time.monotonic() + 0.2
                one.send(packet)
            answer = one.recv(4096)
            if fits(answer):
                return answer
        except (BlockingIOError, ConnectionRefusedError):
            time.sleep(0.002)
    raise TimeoutError(f"no fitting answer from {one.getpeername()} in {patience_s:.0f} s")


def report(result: dict[str, object]) -> None:
    """Hand the result to the parent process."""
    sys.stdout.write(json.dumps(result) + "\n")
