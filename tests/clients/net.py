"""Namespaces, cables and bridges of one test, and the processes in them. Everything made here is taken away again."""

import ctypes
import fcntl
import itertools
import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

_CLONE_NEWNET = 0x40000000
_SIOCETHTOOL, _ETHTOOL_STXCSUM = 0x8946, 0x17
_COUNTER = itertools.count(1)
_Found = TypeVar("_Found")

# sbin is not in everybody's path, and that is where clients and relays live.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def wait_until(look: Callable[[], _Found], timeout_s: float, what: str, every_s: float = 0.03) -> _Found:
    """Look again and again until something is found; returns it. Raises AssertionError naming what was missed."""
    end = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"within {timeout_s} s did not see: {what}")
        time.sleep(every_s)


def run(*words: str, timeout_s: float = 20, check: bool = True) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself. Raises AssertionError with its stderr if it fails and check is set."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL)
    assert not check or done.returncode == 0, f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


class Process:
    """A program in the background with its output in a file."""

    def __init__(self, words: Sequence[str], output: Path) -> None:
        self.output = output
        with output.open("ab") as file:
            self.popen = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        self.pid = self.popen.pid

    def text(self) -> str:
        """All that it has written so far."""
        return self.output.read_text(errors="replace")

    def running(self) -> bool:
        return self.popen.poll() is None

    def wait(self, timeout_s: float) -> int:
        """Its exit code. Raises AssertionError with its output if it goes on for longer."""
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout_s} s:\n{self.text()}") from None

    def send(self, number: int) -> None:
        if self.running():
            self.popen.send_signal(number)

    def end(self, number: int = signal.SIGTERM, timeout_s: float = 5) -> int:
        """Ask it to end; if it will not, kill it."""
        self.send(number)
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait()


class Space:
    """One network namespace."""

    def __init__(self, name: str, net: "Net") -> None:
        self.name = name
        self._net = net

    def words(self, *words: str) -> list[str]:
        """The command as it is run in here; the process keeps the id that ``ip`` was started with."""
        return ["ip", "netns", "exec", self.name, *words]

    def run(self, *words: str, timeout_s: float = 20, check: bool = True) -> subprocess.CompletedProcess[str]:
        return run(*self.words(*words), timeout_s=timeout_s, check=check)

    def start(self, *words: str, output: Path) -> Process:
        """A process that ends with the net at the latest."""
        return self._net.keep(Process(self.words(*words), output))

    def ip(self, *lines: str) -> None:
        """Lines for ``ip -batch``."""
        done = subprocess.run(
            ["ip", "-n", self.name, "-batch", "-"], input="\n".join(lines), capture_output=True, text=True, timeout=20
        )
        assert done.returncode == 0, f"{self.name}: {lines}: {done.stderr}"

    def set_up(self, interface: str, *addresses: str, mac: str = "") -> None:
        """Give an interface its MAC and addresses, and bring it up."""
        first = [f"link set {interface} address {mac}"] if mac else []
        self.ip(*first, *(f"address add {one} dev {interface}" for one in addresses), f"link set {interface} up")
        # Else the kernel leaves UDP checksums to a card that a veth has not got, and captures show wrong ones.
        self.leave_to_card(interface, False)

    def leave_to_card(self, interface: str, left: bool) -> None:
        """Whether the kernel leaves checksums to the card, and with them the cutting of what was sent in one call."""
        with self.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            value = ctypes.create_string_buffer(struct.pack("=II", _ETHTOOL_STXCSUM, int(left)))
            fcntl.ioctl(one, _SIOCETHTOOL, struct.pack("16sP", interface.encode(), ctypes.addressof(value)))

    def sysctl(self, **values: int) -> None:
        """Keys below net.ipv4, with __ for the dot."""
        lines = "; ".join(
            f"echo {value} > /proc/sys/net/ipv4/{key.replace('__', '/')}" for key, value in values.items()
        )
        self.run("sh", "-ec", lines)

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket of this namespace for the test's own process."""
        found: list[socket.socket] = []

        def make() -> None:
            libc = ctypes.CDLL(None, use_errno=True)
            with Path("/var/run/netns", self.name).open() as file:
                if libc.setns(file.fileno(), _CLONE_NEWNET) == 0:
                    found.append(socket.socket(family, kind, protocol))

        # A thread of its own, because a thread that changed its namespace should not do anything else afterwards.
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        assert found, f"could not enter namespace {self.name}"
        return self._net.keep_socket(found[0])


class Net:
    """The namespaces of one test. ``close`` ends every process in them and removes them."""

    def __init__(self) -> None:
        self._prefix = f"gk{os.getpid()}-{next(_COUNTER)}"
        self._undo = ExitStack()
        self._bridges: dict[str, int] = {}

    def __enter__(self) -> "Net":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def space(self, name: str) -> Space:
        """A new namespace."""
        full = f"{self._prefix}-{name}"
        run("ip", "netns", "add", full)
        made = Space(full, self)
        self._undo.callback(_remove, full)
        made.ip("link set lo up")
        return made

    def cable(self, one: Space, one_end: str, other: Space, other_end: str) -> None:
        """A veth pair between two namespaces."""
        run(*f"ip -n {one.name} link add {one_end} type veth peer name {other_end} netns {other.name}".split())

    def switch(self, name: str = "switch") -> Space:
        """A namespace with a bridge ``br0``."""
        space = self.space(name)
        space.ip("link add name br0 type bridge stp_state 0 forward_delay 0", "link set br0 up")
        self._bridges[space.name] = 0
        return space

    def plug(self, space: Space, interface: str, switch: Space) -> None:
        """A cable from an interface to the next port of a switch."""
        self._bridges[switch.name] += 1
        port = f"p{self._bridges[switch.name]}"
        self.cable(space, interface, switch, port)
        switch.ip(f"link set {port} master br0", f"link set {port} up")

    def keep(self, process: Process) -> Process:
        self._undo.callback(process.end, signal.SIGKILL)
        return process

    def undo_with(self, thing: _Found, undo: Callable[[_Found], None]) -> _Found:
        """The thing, and what is to be done with it at the end."""
        self._undo.callback(undo, thing)
        return thing

    def keep_socket(self, one: socket.socket) -> socket.socket:
        self._undo.callback(one.close)
        return one

    def close(self) -> None:
        """Everything goes in the reverse sequence of its making, whatever happens on the way."""
        self._undo.close()


def _remove(space: str) -> None:
    # Only what was started in here is in here: clients that went into the background.
    for pid in run("ip", "netns", "pids", space, check=False).stdout.split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    run("ip", "netns", "delete", space, check=False)
