"""Where servers are measured: one on core 0 in a network namespace, a generator on core 1 in another, veth between."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

SERVER_IP, GENERATOR_IP, PREFIX = "10.0.0.1", "10.0.0.2", "10.0.0.0/8"
SERVER_CORE, GENERATOR_CORE = 0, 1
INTERFACE = "veth0"
_STOP_S = 10.0


class Wire(NamedTuple):
    """Names of the two namespaces."""

    server: str
    generator: str

    def load(self, words: Sequence[str], limit_s: float) -> dict[str, Any]:
        """Run ``gatekeeper bench … -o json`` on the generator's core; its row. Raises RuntimeError."""
        command = _inside(self.generator, GENERATOR_CORE, words)
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s)
        if not done.stdout.strip():
            raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}: {done.stderr[-800:]}")
        row: dict[str, Any] = json.loads(done.stdout)[0]
        return row


def _inside(namespace: str, core: int, words: Sequence[str]) -> list[str]:
    """The command in the namespace and on the core. All of them exec: the process id stays."""
    return ["ip", "netns", "exec", namespace, "taskset", "-c", str(core), *words]


@contextmanager
def wire() -> Iterator[Wire]:
    """Make the pair; remove it, whatever happens."""
    pair = Wire(f"gkbench-s-{os.getpid()}", f"gkbench-g-{os.getpid()}")
    try:
        for name in pair:
            _ip("netns", "add", name)
        peer = ("peer", "name", INTERFACE, "netns", pair.generator)
        _ip("link", "add", INTERFACE, "netns", pair.server, "type", "veth", *peer)
        for name, address in zip(pair, (SERVER_IP, GENERATOR_IP), strict=True):
            _ip("-n", name, "address", "add", f"{address}/8", "brd", "+", "dev", INTERFACE)
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "link", "set", INTERFACE, "up")
        yield pair
    finally:
        for name in pair:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class Running:
    """A server that was started in its namespace, on its core."""

    def __init__(self, pair: Wire, folder: Path, words: Sequence[str], env: Mapping[str, str]) -> None:
        self.folder = folder
        self._log = (folder / "log").open("wb")
        self._began = monotonic()
        self._process = subprocess.Popen(
            _inside(pair.server, SERVER_CORE, words), cwd=folder, env={**os.environ, **env},
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.pid = self._process.pid

    def wait_until(self, ready: Callable[[], bool], limit_s: float) -> float:
        """Seconds from its start until it is ready. Raises RuntimeError."""
        while monotonic() < self._began + limit_s:
            if self._process.poll() is not None:
                raise RuntimeError(f"it ended with {self._process.returncode}: {self.tail()}")
            if ready():
                return monotonic() - self._began
            sleep(0.02)
        raise RuntimeError(f"not ready in {limit_s:.0f} s: {self.tail()}")

    def tail(self) -> str:
        """The end of its log."""
        return (self.folder / "log").read_text(errors="replace")[-1500:].strip()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL. Raises RuntimeError where it had ended by itself."""
        early = self._process.poll()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        if early is not None:
            raise RuntimeError(f"it ended by itself with {early}: {self.tail()}")
