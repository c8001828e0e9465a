"""The servers that meet the same trouble: ours and the field's, each configured as its manual has it for one subnet."""

import json
import os
import shutil
from pathlib import Path
from typing import ClassVar, Final

from tests.clients.net import Process, wait_until
from tests.clients.worlds import SERVER, Relayed

NETWORK: Final = "10.21.0.0/16"
ROUTER: Final = "10.21.0.1"
PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


class Server:
    """A DHCP server on SERVER for the relayed world. ``env`` is that of ``tests.faults``."""

    name = ""
    program = ""
    package = ""

    def __init__(self, world: Relayed, folder: Path, env: dict[str, str], pool: tuple[str, str], lease_s: int) -> None:
        """folder: where its leases are to be kept."""
        self.world, self.folder, self.env, self.pool, self.lease_s = world, folder, env, pool, lease_s
        self._starts = 0
        self.process: Process | None = None

    @classmethod
    def missing(cls) -> str:
        """The package that has it, "" where it is there."""
        return "" if shutil.which(cls.program, path=PATH) else cls.package

    def install(self, macs: list[str]) -> None:
        """Let these in. (The peers here let everybody in: that is the least work for them.)"""

    def words(self) -> list[str]:
        """The command, in the foreground; its files are written."""
        raise NotImplementedError

    def newest(self) -> Path:
        """The file that has the youngest leases."""
        raise NotImplementedError

    def start(self) -> bool:
        """True if it serves; False if it has refused to."""
        self._starts += 1
        env = [f"{name}={value}" for name, value in self.env.items()]
        self.folder.chmod(0o777)
        log = self.world.gate.file.parent / f"{self.name}{self._starts}.log"
        self.process = process = self.world.space.start("env", *env, *self.words(), output=log)
        wait_until(lambda: not process.running() or self._listens(), 20, f"{self.name} serving or ended")
        return process.running()

    def _listens(self) -> bool:
        assert self.process
        table = Path(f"/proc/{self.process.pid}/net/udp").read_text()
        return ":0043 " in table

    def kill(self) -> None:
        assert self.process
        self.process.end(9)

    def stop(self) -> None:
        assert self.process
        self.process.end(15, timeout_s=10)

    def said(self) -> str:
        """The end of what it has said: why it refuses."""
        assert self.process
        lines = [line for line in self.process.text().splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""


class Gatekeeper(Server):
    name = "gatekeeper"
    program = "python3"

    def install(self, macs: list[str]) -> None:
        orders = self.world.gate.file.parent / "orders.csv"
        lines = [f"o{mac},install,a{mac}@itv,{mac},20000,4000" for mac in macs]
        orders.write_text("order,kind,account,mac,rate_down_kbps,rate_up_kbps\n" + "\n".join(lines) + "\n")
        self._configure()
        self.world.gate.cli("orders", "import", str(orders))

    def _configure(self) -> None:
        file = self.world.gate.file
        text = file.read_text().replace("10.21.1.0-10.21.255.250", "-".join(self.pool))
        text = text.replace("lease_s = 3600", f"lease_s = {self.lease_s}")
        file.write_text(text.replace("sqlite:gatekeeper.db", f"sqlite:{self.folder}/gatekeeper.db"))

    def words(self) -> list[str]:
        from tests.clients.gate import GATEKEEPER

        return [*GATEKEEPER, "serve", "-c", str(self.world.gate.file), "--create"]

    def newest(self) -> Path:
        return self.folder / "gatekeeper.db-wal"


class Kea(Server):
    """Memfile leases on disk, as it comes."""

    name = "kea"
    program = "kea-dhcp4"
    package = "kea-dhcp4-server"

    def words(self) -> list[str]:
        leases = {"type": "memfile", "persist": True, "lfc-interval": 0, "name": str(self.newest())}
        logger = {"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stderr"}]}
        four = {
            "interfaces-config": {"interfaces": [f"core0/{SERVER}"], "dhcp-socket-type": "udp"},
            "lease-database": leases,
            "valid-lifetime": self.lease_s,
            "loggers": [logger],
            "subnet4": [{"id": 1, "subnet": NETWORK, "pools": [{"pool": " - ".join(self.pool)}],
                         "option-data": [{"name": "routers", "data": ROUTER}]}],
        }  # fmt: skip
        config = self.folder / "kea.json"
        config.write_text(json.dumps({"Dhcp4": four}))
        places = [f"{name}={self.folder}" for name in ("KEA_PIDFILE_DIR", "KEA_LOCKFILE_DIR")]
        return ["env", *places, "kea-dhcp4", "-c", str(config)]

    def newest(self) -> Path:
        return self.folder / "leases.csv"


class Dhcpd(Server):
    """ISC's, with the subnet of its own link declared and served by relay only."""

    name = "dhcpd"
    program = "dhcpd"
    package = "isc-dhcp-server"

    def words(self) -> list[str]:
        config = self.folder / "dhcpd.conf"
        config.write_text(
            f"authoritative;\nping-check false;\ndefault-lease-time {self.lease_s};\nmax-lease-time {self.lease_s};\n"
            "subnet 10.20.0.0 netmask 255.255.255.0 {}\n"
            f"subnet 10.21.0.0 netmask 255.255.0.0 {{ range {' '.join(self.pool)}; option routers {ROUTER}; }}\n"
        )
        if not self.newest().exists():
            self.newest().touch()
        files = ["-cf", str(config), "-lf", str(self.newest()), "-pf", str(self.folder / "dhcpd.pid")]
        return ["dhcpd", "-4", "-f", "-d", "--no-pid", *files, "core0"]

    def newest(self) -> Path:
        return self.folder / "dhcpd.leases"


class Dnsmasq(Server):
    name = "dnsmasq"
    program = "dnsmasq"
    package = "dnsmasq-base"

    def words(self) -> list[str]:
        ranges = f"{self.pool[0]},{self.pool[1]},255.255.0.0,{self.lease_s}"
        return [
            *("dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--port=0"),
            *("--user=root", "--interface=core0"),
            *(f"--dhcp-range={ranges}", f"--dhcp-leasefile={self.newest()}", "--pid-file=", "--dhcp-authoritative"),
            *("--dhcp-lease-max=100000", f"--dhcp-option=option:router,{ROUTER}", "--bind-interfaces", "--no-ping"),
        ]  # fmt: skip

    def newest(self) -> Path:
        return self.folder / "dnsmasq.leases"


class Named:
    """All of them, by name."""

    ALL: ClassVar[dict[str, type[Server]]] = {one.name: one for one in (Gatekeeper, Kea, Dhcpd, Dnsmasq)}
