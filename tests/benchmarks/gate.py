"""gatekeeper itself, as it is installed in a virtual environment: compiled, pure, or of another day."""

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.boxes import POOL_RANGE, write_orders
from tests.benchmarks.place import GENERATOR_IP, PREFIX, SERVER_IP
from tests.benchmarks.servers import LEASE_S, OPTION_43, SECRET, Command, Server

_LOOK = """
import json, sqlite3, sys
import gatekeeper.config.schema as schema, gatekeeper.state.pools as pools
print(json.dumps([
    "pure" if pools.__file__.endswith(".py") else "compiled", sys.version.split()[0], sqlite3.sqlite_version,
    "defer" in schema.DhcpSection.model_fields,
]))
"""


class Build(NamedTuple):
    """What a virtual environment has. defers: its gates know ``[dhcp] defer``; those that do not write each lease."""

    venv: Path
    kind: str  # pure compiled
    python: str
    sqlite: str
    defers: bool

    def words(self, *verb: str) -> list[str]:
        return [str(self.venv / "bin" / "gatekeeper"), *verb]


def build_of(venv: Path) -> Build:
    """Raises RuntimeError where there is no gatekeeper in it."""
    done = subprocess.run([str(venv / "bin" / "python"), "-c", _LOOK], capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"no gatekeeper in {venv}: {done.stderr[-500:]}")
    kind, python, sqlite, defers = json.loads(done.stdout)
    return Build(venv, kind, python, sqlite, defers)


_DHCP = f"""
[acs]
url = "http://itms.example.net:7547/acs"
encoding = "hex"
hex = "{OPTION_43}"
[dhcp]
listen = ["{SERVER_IP}:67"]
server_id = "{SERVER_IP}"
{{defer}}
[[dhcp.subnet]]
network = "{PREFIX}"
pools = ["{{pool}}"]
routers = ["{SERVER_IP}"]
dns = ["10.0.0.53"]
lease_s = {LEASE_S}
"""
_RADIUS = f"""
[acs]
url = "http://itms.example.net:7547/acs"
[radius]
listen_auth = ["{SERVER_IP}:1812"]
listen_acct = ["{SERVER_IP}:1813"]
[[radius.client]]
name = "bench"
ipaddr = "{GENERATOR_IP}"
secret = "{SECRET}"
require_message_authenticator = "no"
nas = "mikrotik"
"""
_BOTH = """
[store]
url = "sqlite:gatekeeper.db"
[binding]
port = "off"
boxes_per_port = 1000000
[log]
packets = "refused"
"""


def config(build: Build, protocol: str, each_a_write: bool, pool: tuple[str, str] = POOL_RANGE) -> str:
    """pool: first and last address; each_a_write: no renewal of a young lease is given the rest of its time."""
    defer = "defer = 0" if each_a_write and build.defers else ""
    dhcp = _DHCP.replace("{defer}", defer).replace("{pool}", "-".join(pool))
    return _BOTH + (dhcp if protocol == "dhcp" else _RADIUS)


def make_store(build: Build, folder: Path) -> Path:
    """A store with all boxes ordered, by the gate's own import."""
    folder.mkdir(parents=True)
    (folder / "gatekeeper.toml").write_text(config(build, "dhcp", True))
    orders = folder / "orders.csv"
    write_orders(orders)
    words = build.words("orders", "import", "-c", str(folder / "gatekeeper.toml"), str(orders))
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"orders import: exit {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return folder


def _prepare(
    build: Build, protocol: str, each_a_write: bool, made: Path, folder: Path, pool: tuple[str, str]
) -> Command:
    for file in made.glob("gatekeeper.db*"):
        shutil.copy2(file, folder)
    (folder / "gatekeeper.toml").write_text(config(build, protocol, each_a_write, pool))
    return Command(build.words("serve", "-c", str(folder / "gatekeeper.toml")))


def gate(build: Build, protocol: str, made: Path, each_a_write: bool = True) -> Server:
    """A row of the table of servers, over a copy of the store in that folder."""
    prepare = partial(_prepare, build, protocol, each_a_write, made)
    label = f"gatekeeper, {build.kind}"
    return Server(label, label, "", str(build.venv / "bin" / "gatekeeper"), prepare, ["--version"], protocol)
