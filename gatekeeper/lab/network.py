"""The whole network: builds the nodes, moves boxes between ports, hands in orders, and takes everything down."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from gatekeeper.drivers.files import private_file
from gatekeeper.lab import plan
from gatekeeper.lab.access_node import AccessNode
from gatekeeper.lab.accounting import Session
from gatekeeper.lab.box import Box
from gatekeeper.lab.bras import RadiusAnswer
from gatekeeper.lab.capture import Capture
from gatekeeper.lab.gate import COMMAND, GateNode
from gatekeeper.lab.itms import Itms, Visit
from gatekeeper.lab.namespace import LabError, adopt_orphans, die_with, gain_privilege
from gatekeeper.lab.node import Actor, Node
from gatekeeper.lab.plan import Stb

_COMMAND_S: Final = 20.0
_POLL_S: Final = 0.1
Row = dict[str, Any]


class Network:
    """Every node, and the command line in front of them."""

    def __init__(self, folder: Path, rootless: bool, stack: ExitStack, captures: Path | None) -> None:
        """Build. Each node is put on the stack as it comes. folder: configuration, store, log. Raises LabError."""
        self.folder = folder
        self.config = folder / "gatekeeper.toml"
        self.log = folder / "serve.log"
        self.rootless = rootless
        self.config.write_text(plan.CONFIG, encoding="utf-8")
        os.close(private_file(self.log))
        self._stack = stack
        self._captures = captures
        self.nodes: list[Node] = []
        self.gate = self._node("gate", lambda: GateNode(self.config, self.log))
        self.access = self._node("access node", AccessNode)
        self._capture = self._node("capture", lambda: Capture(captures), self.access) if captures else None
        self.access.call("connect", self.gate.pid)
        self.gate.call("connected")
        self._itms = self._node("ITMS", lambda: Itms(folder / "api.token"), self.gate)
        self.boxes = {stb: self._node(stb.name, partial(Box, stb)) for stb in plan.BOXES}
        self._port_of: dict[Stb, int] = {}

    def _node(self, name: str, make: Callable[[], Actor], beside: Node | None = None) -> Node:
        node = Node(name, make, beside)
        self._stack.callback(node.kill)
        self.nodes.append(node)
        return node

    def plug(self, stb: Stb, port: int) -> Node:
        """Plug a box into a port, out of the one where it was; its node."""
        self.unplug(stb)
        box = self.boxes[stb]
        self.access.call("plug", port, box.pid, stb.mac)
        box.call("plugged")
        self._port_of[stb] = port
        return box

    def unplug(self, stb: Stb) -> None:
        """Pull a box's cable, if it is plugged in."""
        port = self._port_of.pop(stb, 0)
        if port:
            self.boxes[stb].call("unplugged")
            if self._capture:
                self._capture.call("flush")
            self.access.call("unplug", port)

    @contextmanager
    def plain_relay(self) -> Iterator[None]:
        """For the time of the block the BRAS asks nobody: what DHCP lets in is in."""
        self.access.call("ask_radius_first", False)
        yield
        self.access.call("ask_radius_first", True)

    def radius(self, stb: Stb) -> list[RadiusAnswer]:
        """What RADIUS has said of the box on the port where it is, the latest last."""
        answers: list[RadiusAnswer] = self.access.call("answers", stb.mac, self._port_of[stb])
        return answers

    def session(self, stb: Stb) -> Session | None:
        """The box's running session at the BRAS where it is."""
        session: Session | None = self.access.call("session", stb.mac, self._port_of[stb])
        return session

    def visits(self, stb: Stb) -> list[Visit]:
        """The box's Informs that the ITMS got."""
        visits: list[Visit] = self._itms.call("visits", stb.stbid)
        return visits

    def gatekeeper(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a ``gatekeeper`` command on the lab's configuration, as an operator would."""
        lab = os.getpid()
        try:
            return subprocess.run(
                [*COMMAND, *arguments],
                check=False,
                # What the terminal can show is the lab's affair, not that of what is tested.
                env=os.environ | {"GATEKEEPER_CONFIG": str(self.config), "PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                timeout=_COMMAND_S,
                preexec_fn=lambda: die_with(lab),
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(arguments, -1, "", f"not done after {_COMMAND_S:.0f} s")

    def rows(self, what: str, mac: bytes = b"") -> list[Row]:
        """What ``gatekeeper show`` lists, of a box if one is named."""
        only = ("--mac", mac.hex(":")) if mac else ()
        shown = self.gatekeeper("show", what, *only, "-o", "json")
        rows: list[Row] = json.loads(shown.stdout) if shown.returncode == 0 else []
        return rows

    def rows_when(self, what: str, mac: bytes, holds: Callable[[Row], bool], within_s: float = 4.0) -> list[Row]:
        """The rows for which this holds, as soon as there are any; [] after that time. Counts are written once a
        second."""
        return until(lambda: [row for row in self.rows(what, mac) if holds(row)], within_s) or []

    def close(self) -> None:
        """End serve as an operator would, and complete the captures; the nodes go with the stack."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for node, method in ((self._capture, "stop"), (self.gate, "stop")):
            # It may be the reason why we are here, or be in the middle of a call.
            with suppress(RuntimeError, LabError, OSError):
                if node:
                    node.call(method)
        if self._captures:
            with suppress(OSError):
                shutil.copy(self.log, self._captures)


def until(find: Callable[[], Any], within_s: float) -> Any:
    """Call find until it returns something true, or that time is over; its last result."""
    end = time.monotonic() + within_s
    while not (found := find()) and time.monotonic() < end:
        time.sleep(_POLL_S)
    return found


@contextmanager
def build_network(captures: Path | None) -> Iterator[Network]:
    """A network for the time of the block; afterwards none of its processes and files is left. Raises LabError.

    captures: a folder for them that exists, or None. This process takes part: as an ordinary user it becomes root of a
    user namespace for good.
    """
    rootless = gain_privilege()
    adopt_orphans()
    with ExitStack() as stack:
        network = Network(_make_folder(stack), rootless, stack, captures)
        stack.callback(network.close)
        yield network


def _make_folder(stack: ExitStack) -> Path:
    """A temporary folder. A process of its own removes it when lab and nodes are gone, were it by SIGKILL."""
    folder = tempfile.mkdtemp(prefix="gatekeeper-lab-")
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            os.close(writer)
            os.read(reader, 1)  # nobody writes: it ends when the last holder of the other end does
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os._exit(0)
    os.close(reader)

    def end() -> None:
        os.close(writer)
        # That process, and what nodes killed in the middle of a call have left; the kernel kills those.
        with suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)

    stack.callback(end)
    return Path(folder)
