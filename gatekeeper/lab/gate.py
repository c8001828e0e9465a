"""The gate's node: runs the real ``gatekeeper serve`` and minds it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from gatekeeper.lab import links, plan
from gatekeeper.lab.access_node import GATE_END
from gatekeeper.lab.namespace import die_with
from gatekeeper.lab.node import Actor

# -P: a folder named gatekeeper where the lab is called must not be taken for the installed one.
COMMAND: Final = (sys.executable, "-P", "-c", "from gatekeeper.cli import main; main()")
_READY_S: Final = 8.0
_STOP_S: Final = 5.0


class GateNode(Actor):
    """Has the addresses of gate and ITMS, and one gatekeeper process."""

    def __init__(self, config: Path, log: Path) -> None:
        super().__init__()
        self._config = config
        self._log = log
        self._serve: subprocess.Popen[bytes] | None = None

    def connected(self) -> None:
        """The uplink is there."""
        links.bring_up(GATE_END, f"{plan.GATE_TEXT}/24", f"{plan.ITMS_TEXT}/24")
        links.route(plan.NETWORK_TEXT, gateway=plan.RELAY_TEXT)

    def start(self) -> str:
        """Start ``gatekeeper serve``; its ready line, or what it said instead. It dies with this node."""
        node = os.getpid()

        def begin() -> None:
            die_with(node)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)

        with self._log.open("ab") as log:
            self._serve = subprocess.Popen(
                [*COMMAND, "serve", "--create", "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # Ctrl-C is for the lab
                preexec_fn=begin,  # noqa: PLW1509 - this process has one thread
            )
        until = time.monotonic() + _READY_S
        while time.monotonic() < until:
            said = self._log.read_text(errors="replace")
            ready = [line for line in said.splitlines() if line.startswith("gatekeeper ready")]
            if ready:
                return ready[-1]
            if self._serve.poll() is not None:
                return f"exit code {self._serve.returncode}: {said.strip()[-400:]}"
            time.sleep(0.02)
        return f"not ready after {_READY_S:.0f} s"

    def serving(self) -> int:
        """The process id of ``gatekeeper serve``; 0 = it does not run."""
        return self._serve.pid if self._serve and self._serve.poll() is None else 0

    def stop(self) -> int:
        """End it as an operator would (SIGTERM); its exit code, and -9 where it had to be killed."""
        if self._serve is None:
            return 0
        self._serve.terminate()
        try:
            return self._serve.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._serve.kill()
            return self._serve.wait()
