"""Two network namespaces joined by a veth pair: one for the server, one for the generator."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

SERVER_IP, GENERATOR_IP, LENGTH = "10.64.0.1", "10.64.0.2", 14
# Against other work on the machine; servers and generator alike.
_NICE = -20


class Wire(NamedTuple):
    """Names of the two namespaces."""

    server: str
    generator: str

    @staticmethod
    def inside(namespace: str, core: int, command: list[str]) -> list[str]:
        """The command, run in the namespace, on one core, before other work there. All four exec: the pid stays."""
        return ["ip", "netns", "exec", namespace, "nice", "-n", str(_NICE), "taskset", "-c", str(core), *command]


def go_first(pid: int) -> None:
    """The same for the session that the process leads: with autogroups, nice alone counts only inside its session."""
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICE))


@contextmanager
def wire() -> Iterator[Wire]:
    """Make the pair; remove it, whatever happens."""
    pair = Wire(f"gkbench-s-{os.getpid()}", f"gkbench-g-{os.getpid()}")
    try:
        for name in pair:
            _ip("netns", "add", name)
        peer = ("peer", "name", "veth0", "netns", pair.generator)
        _ip("link", "add", "veth0", "netns", pair.server, "type", "veth", *peer)
        for name, address in zip(pair, (SERVER_IP, GENERATOR_IP), strict=True):
            _ip("-n", name, "address", "add", f"{address}/{LENGTH}", "dev", "veth0")
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "link", "set", "veth0", "up")
        yield pair
    finally:
        for name in pair:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
