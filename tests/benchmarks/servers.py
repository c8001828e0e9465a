"""The servers under load: how each is configured, started, stopped, and asked what it has kept."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import IO, NamedTuple

import boxes
from load_radius import SECRET
from namespaces import GENERATOR_IP, SERVER_IP, Wire, go_first

from gatekeeper.wire.acs import AcsInfo, tr069

SERVER_CORE = 0
_NETWORK, _POOL, _DOMAIN = "10.64.0.0/14", "10.64.1.0-10.67.255.250", "itv.example.net"
_DNS = ("10.64.0.53", "10.64.0.54")
_BROADCAST = "10.67.255.255"
_LEASE_S = 86_400
_ACS = AcsInfo("http://itms.example.net:7547/acs", "SC.IPTV.01", 5, 2000)


class Setup(NamedTuple):
    """What a measurement asks of a server."""

    protocol: str  # dhcp radius
    boxes: int
    store: Path  # gatekeeper's store with the boxes installed, to be copied
    kea_threads: int  # 0 = multi-threading off


class Server:
    """One server process in its namespace, on its core, with a fresh folder of its own."""

    name = ""
    package = ""  # Debian's, for a peer
    binaries: tuple[str, ...] = ()

    def __init__(self, folder: Path, setup: Setup) -> None:
        self.folder = folder
        self.setup = setup
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    @classmethod
    def binary(cls) -> str:
        """Path of the program, "" where it is not installed."""
        path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
        return next((found for name in cls.binaries if (found := shutil.which(name, path=path))), "")

    def prepare(self) -> list[str]:
        """Write the configuration; the command to run."""
        raise NotImplementedError

    def kept(self) -> int:
        """Leases on record after the run."""
        return 0

    def start(self, wire: Wire) -> int:
        """Start it; the process id."""
        self.folder.mkdir(parents=True)
        command = Wire.inside(wire.server, SERVER_CORE, self.prepare())
        self._log = (self.folder / "log").open("wb")
        places = {name: str(self.folder) for name in ("KEA_PIDFILE_DIR", "KEA_LOCKFILE_DIR")}
        self._process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, env=os.environ | places, start_new_session=True
        )
        go_first(self._process.pid)
        return self._process.pid

    def stop(self) -> str:
        """SIGTERM, then SIGKILL after ten seconds. What was wrong with its end, "" if nothing."""
        if self._process is None or self._log is None:
            return ""
        early = self._process.poll()
        self._process.terminate()
        try:
            code = self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._log.close()
        if early is not None:
            return f"{self.name} ended by itself with code {early}: {self.log_tail()}"
        return "" if code in (0, -15) else f"{self.name} ended with code {code} after SIGTERM: {self.log_tail()}"

    def log_tail(self) -> str:
        """The end of its log."""
        return (self.folder / "log").read_text(errors="replace")[-1500:].strip()

    def complaints(self) -> list[str]:
        """Log lines that should not be there."""
        lines = (self.folder / "log").read_text(errors="replace").splitlines()
        return [
            line[:300]
            for line in lines
            if any(word in line for word in ("alarm:", "lines lost", "rror", "WARN"))
            and "DHCP4_MULTI_THREADING_INFO" not in line
        ]


class Gatekeeper(Server):
    """The normal configuration, both mouths open. Its log tells refusals, as the peers' logs tell warnings only."""

    name = "gatekeeper"
    binaries = (str(Path(sys.executable).parent / "gatekeeper"), "gatekeeper")

    def prepare(self) -> list[str]:
        shutil.copyfile(self.setup.store, self.folder / "gatekeeper.db")
        config = self.folder / "gatekeeper.toml"
        config.write_text(
            f"""
[store]
url = "sqlite:gatekeeper.db"
[acs]
url = "{_ACS.url}"
provisioning_code = "{_ACS.provisioning_code}"
retry_minimum_wait_s = {_ACS.retry_minimum_wait_s}
retry_multiplier = {_ACS.retry_multiplier}
[dhcp]
listen = ["{SERVER_IP}:67"]
[[dhcp.subnet]]
network = "{_NETWORK}"
pools = ["{_POOL}"]
routers = ["{SERVER_IP}"]
dns = {json.dumps(_DNS)}
lease_s = {_LEASE_S}
options = {{ 42 = "{SERVER_IP}", domain-name = "{_DOMAIN}", 28 = "{_BROADCAST}" }}
[radius]
listen_auth = ["{SERVER_IP}:1812"]
[[radius.client]]
name = "bras1"
ipaddr = "{GENERATOR_IP}"
secret = "{SECRET}"
require_message_authenticator = "yes"
nas = "huawei"
[log]
packets = "refused"
"""
        )
        return [self.binary(), "serve", "-c", str(config)]

    def kept(self) -> int:
        with sqlite3.connect(self.folder / "gatekeeper.db") as store:
            return int(store.execute("SELECT count(*) FROM leases WHERE state = 'active'").fetchone()[0])


class Kea(Server):
    """Kea without whitelist or host reservations, memfile leases written to disk, one large pool.

    Its lease file is written at each ACK but never fsynced, so it promises less than gatekeeper does.

    Multi-threading is off, the default of Debian 12's 2.2.0 and the faster setting on one core: 10,800 to 11,200
    exchanges a second against 9,000 to 9,400 with one thread and 9,500 to 9,800 with two. With two or more, 2.2.0 may
    crash when packets meet its start. Sockets of type raw are no faster for relayed packets.
    """

    name = "kea"
    package = "kea-dhcp4-server"
    binaries = ("kea-dhcp4",)

    def prepare(self) -> list[str]:
        config = self.folder / "kea.json"
        config.write_text(json.dumps({"Dhcp4": self._dhcp4()}, indent=1))
        return [self.binary(), "-c", str(config)]

    def _dhcp4(self) -> dict[str, object]:
        leases = {"type": "memfile", "persist": True, "lfc-interval": 0, "name": str(self.folder / "leases.csv")}
        threads = self.setup.kea_threads
        return {
            "interfaces-config": {"interfaces": [f"veth0/{SERVER_IP}"], "dhcp-socket-type": "udp"},
            "lease-database": leases,
            "multi-threading": {
                "enable-multi-threading": threads > 0,
                "thread-pool-size": threads,
                "packet-queue-size": 1024,
            },
            "reservations-global": False,
            "reservations-in-subnet": False,
            "reservations-out-of-pool": False,
            "dhcp-ddns": {"enable-updates": False},
            "statistic-default-sample-count": 0,
            "valid-lifetime": _LEASE_S,
            "renew-timer": _LEASE_S // 2,
            "rebind-timer": _LEASE_S * 7 // 8,
            "loggers": [{"name": "kea-dhcp4", "severity": "WARN", "output_options": [{"output": "stderr"}]}],
            "subnet4": [{"id": 1, "subnet": _NETWORK, "pools": [{"pool": _POOL}], "option-data": self._options()}],
        }

    def _options(self) -> list[dict[str, object]]:
        plain = {
            "routers": SERVER_IP,
            "domain-name-servers": ", ".join(_DNS),
            "domain-name": _DOMAIN,
            "broadcast-address": _BROADCAST,
            "ntp-servers": SERVER_IP,
        }
        forced = {"code": 43, "csv-format": False, "data": tr069(_ACS)[1].hex(), "always-send": True}
        return [{"name": name, "data": data} for name, data in plain.items()] + [forced]

    def kept(self) -> int:
        lines = (self.folder / "leases.csv").read_text().splitlines()[1:]
        return len({line.partition(",")[0] for line in lines})


class FreeRadius(Server):
    """FreeRADIUS with a users file, PAP, the default thread pool, no accounting and no log of requests."""

    name = "freeradius"
    package = "freeradius"
    binaries = ("freeradius", "radiusd")

    def prepare(self) -> list[str]:
        (self.folder / "dictionary").write_text("")
        with (self.folder / "users").open("w") as users:
            for number in range(self.setup.boxes + 1):
                name = boxes.mac_of(number).hex()
                up, down = boxes.UP_KBPS * 1000, boxes.DOWN_KBPS * 1000
                users.write(
                    f'{name} Cleartext-Password := "{name}"\n'
                    "\tMessage-Authenticator = 0x00,\n"
                    f"\tHuawei-Input-Average-Rate = {up},\n\tHuawei-Input-Peak-Rate = {up},\n"
                    f"\tHuawei-Output-Average-Rate = {down},\n\tHuawei-Output-Peak-Rate = {down}\n"
                )
        (self.folder / "radiusd.conf").write_text(_RADIUSD.format(folder=self.folder))
        return [self.binary(), "-f", "-d", str(self.folder)]


_RADIUSD = f"""
prefix = /usr
libdir = /usr/lib/freeradius
run_dir = {{folder}}
logdir = {{folder}}
pidfile = ${{{{run_dir}}}}/radiusd.pid
max_request_time = 30
cleanup_delay = 5
max_requests = 16384
hostname_lookups = no
proxy_requests = no
log {{{{
    destination = stderr
    auth = no
}}}}
security {{{{
    max_attributes = 200
    reject_delay = 1
    status_server = no
}}}}
thread pool {{{{
    start_servers = 5
    max_servers = 32
    min_spare_servers = 3
    max_spare_servers = 10
    max_requests_per_server = 0
}}}}
modules {{{{
    pap {{{{
    }}}}
    files {{{{
        filename = {{folder}}/users
    }}}}
}}}}
client bras1 {{{{
    ipaddr = {GENERATOR_IP}
    secret = {SECRET}
    require_message_authenticator = yes
}}}}
server default {{{{
    listen {{{{
        type = auth
        ipaddr = {SERVER_IP}
        port = 1812
    }}}}
    authorize {{{{
        files
        pap
    }}}}
    authenticate {{{{
        pap
    }}}}
}}}}
"""
