"""The server under test: its configuration, its process, and what its command line says of it."""

import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.clients.net import Process, Space, run, wait_until

_SCRIPT = Path(sys.executable).with_name("gatekeeper")
GATEKEEPER = [str(_SCRIPT)] if _SCRIPT.exists() else [sys.executable, "-c", "from gatekeeper.cli import main; main()"]

ACS_URL = "http://itms.example.net:7547/acs"
# TR-069 form: 1 = URL, 2 = provisioning code, 3 = retry minimum wait, 4 = retry multiplier, as text.
OPTION_43 = b"\x01\x20" + ACS_URL.encode() + b"\x02\x0aSC.IPTV.01" + b"\x03\x015" + b"\x04\x042000"

_HEAD = f"""\
[store]
url = "sqlite:gatekeeper.db"

[acs]
url = "{ACS_URL}"
provisioning_code = "SC.IPTV.01"
retry_minimum_wait_s = 5
retry_multiplier = 2000
encoding = "tr069"
force = true

[binding]
port = "learn"
"""
_LIMITS = """
[limits]
per_mac_per_s = 1000
per_port_per_s = 1000000
per_nas_per_s = 1000000
"""
RADIUS = """
[radius]
listen_auth = ["192.0.2.1:1812"]

[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.10"
secret = "testing123"
nas = "huawei"

[[radius.client]]
name = "mikrotik1"
ipaddr = "192.0.2.20"
secret = "other-secret"
nas = "mikrotik"
"""


def dhcp_config(
    interfaces: Sequence[str] = (), listen: Sequence[str] = (), lease_s: int = 3600, network: str = "10.20"
) -> str:
    """[dhcp] with one subnet: network.0.0/16, router .0.1, addresses from .1.0 on. Each renewal is written, however
    young the lease is: tests renew at once."""
    # JSON's arrays of text are TOML's.
    return f"""
[dhcp]
interfaces = {json.dumps(list(interfaces))}
listen = {json.dumps(list(listen))}
server_id = "10.20.0.2"
defer = 0

[[dhcp.subnet]]
network = "{network}.0.0/16"
pools = ["{network}.1.0-{network}.255.250"]
routers = ["{network}.0.1"]
dns = ["10.20.0.53", "10.20.0.54"]
lease_s = {lease_s}
options = {{ 42 = "10.20.0.1", domain-name = "itv.example.net" }}
"""


def config(dhcp: str = "", radius: str = "", limits: str = _LIMITS) -> str:
    """A whole configuration file. The limits are out of the way of what the tests send."""
    return _HEAD + limits + dhcp + radius


class Gate:
    """``gatekeeper`` with a configuration of its own in a folder of its own."""

    def __init__(self, space: Space, folder: Path, text: str) -> None:
        self._space = space
        self._folder = folder
        self.file = folder / "gatekeeper.toml"
        self.file.write_text(text)
        self._starts = 0
        # Of all that is started here, such as that of tests.faults.
        self.env: dict[str, str] = {}
        # What ``serve`` is started by, in front of its words.
        self.started_by: Sequence[str] = ()
        self.process: Process | None = None

    def spawn(self) -> Process:
        """``gatekeeper serve``, without waiting for anything; each start has a log of its own."""
        self._starts += 1
        words = [*self.started_by, *self._begin(), "serve", "-c", str(self.file), "--create"]
        return self._space.start(*words, output=self._folder / f"serve{self._starts}.log")

    def _begin(self) -> list[str]:
        return [*(["env", *(f"{name}={value}" for name, value in self.env.items())] if self.env else []), *GATEKEEPER]

    def start(self) -> float:
        """Serve. Returns the seconds until the ready line."""
        began = time.monotonic()
        self.process = self.spawn()
        wait_until(self._is_ready, 15, "the ready line", every_s=0.01)
        return time.monotonic() - began

    def _is_ready(self) -> bool:
        assert self.process
        assert self.process.running(), f"gatekeeper ended: {self.process.text()}"
        return "gatekeeper ready:" in self.process.text()

    def log(self) -> str:
        """What the current process has said."""
        assert self.process
        return self.process.text()

    def wait_for(self, text: str, timeout_s: float = 5) -> None:
        """Until the log has the text."""
        wait_until(lambda: text in self.log(), timeout_s, f"{text!r} in the log")

    def stop(self) -> int:
        """SIGTERM; its exit code. It has five seconds."""
        assert self.process
        self.process.send(signal.SIGTERM)
        return self.process.wait(5)

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process
        self.process.send(signal.SIGKILL)
        self.process.wait(5)

    def assert_sound(self) -> None:
        """It runs, and has said nothing that only a bug of its own would make it say."""
        assert self.process and self.process.running(), self.log()
        assert "Traceback" not in self.log() and "bug:" not in self.log(), self.log()

    def cli(self, *words: str, check: bool = True, timeout_s: float = 60) -> Any:
        """Another gatekeeper verb with the same configuration."""
        verb, rest = (
            (words[:2], words[2:]) if words[0] in ("order", "orders", "clear", "store") else (words[:1], words[1:])
        )
        return run(*self._begin(), *verb, "-c", str(self.file), *rest, timeout_s=timeout_s, check=check)

    def show(self, what: str, *words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.cli("show", what, "-o", "json", *words).stdout)
        return found

    def lease(self, mac: str) -> dict[str, Any]:
        """The box's only lease."""
        found = self.show("leases", "--mac", mac)
        assert len(found) == 1, found
        return found[0]

    def counted(self, *parts: str) -> int:
        """The sum of the counters whose name has all these parts."""
        return sum(row["value"] for row in self.show("stats") if all(part in row["name"] for part in parts))

    def install(self, mac: str, account: str, *words: str) -> None:
        """An install order at 20 Mbit/s down, 4 Mbit/s up."""
        fixed = ["--order", f"install-{account}-{mac}", "--account", account, "--mac", mac]
        self.cli("order", "install", *fixed, "--down", "20000", "--up", "4000", *words)
