"""``python -m tests.faults.radius_peers FAULT|all``: the same trouble for gatekeeper and for FreeRADIUS over SQLite.

FreeRADIUS is Debian's, with its own schema and queries for SQLite, PAP by MAC and accounting; both keep their store on
a disk of 16 MB. What is printed is what was counted; root, a C compiler and the package are wanted.
"""

import argparse
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.clients.nas import radclient
from tests.clients.net import Net, Process, wait_until
from tests.clients.worlds import BRAS, Relayed
from tests.faults.peers import small_disk
from tests.faults.servers import PATH, Gatekeeper

_MACS: Final = [f"d4:c1:c8:00:00:{n:02x}" for n in range(20)]
_RADIUSD: Final = """
prefix = /usr
libdir = /usr/lib/freeradius
run_dir = {folder}
logdir = {folder}
pidfile = {folder}/radiusd.pid
log {{ destination = stderr }}
security {{ reject_delay = 0 }}
thread pool {{ start_servers = 4
 max_servers = 8
 min_spare_servers = 2
 max_spare_servers = 4 }}
modules {{
 expr {{
 }}
 pap {{
 }}
 sql {{
  dialect = "sqlite"
  driver = "rlm_sql_sqlite"
  sqlite {{
   filename = {disk}/radius.db
   busy_timeout = 200
   bootstrap = /etc/freeradius/3.0/mods-config/sql/main/sqlite/schema.sql
  }}
  radius_db = "radius"
  acct_table1 = "radacct"
  acct_table2 = "radacct"
  postauth_table = "radpostauth"
  authcheck_table = "radcheck"
  groupcheck_table = "radgroupcheck"
  authreply_table = "radreply"
  groupreply_table = "radgroupreply"
  usergroup_table = "radusergroup"
  client_table = "nas"
  read_groups = no
  pool {{ start = 4
   min = 2
   max = 8
   spare = 4
   retry_delay = 1 }}
  group_attribute = "SQL-Group"
  $INCLUDE /etc/freeradius/3.0/mods-config/sql/main/sqlite/queries.conf
 }}
}}
client bras1 {{ ipaddr = {bras}
 secret = testing123 }}
instantiate {{
 expr
}}
server default {{
 listen {{ type = auth
  ipaddr = 192.0.2.1
  port = 1812 }}
 listen {{ type = acct
  ipaddr = 192.0.2.1
  port = 1813 }}
 authorize {{
  sql
  pap
 }}
 authenticate {{
  pap
 }}
 preacct {{
 }}
 accounting {{
  sql
 }}
}}
"""


class Trial:
    """One of the two, serving in a world of its own; ``store``: its file."""

    def __init__(self, name: str, net: Net, folder: Path, disk: Path) -> None:
        self.world = world = Relayed(net, folder)
        self._disk, self._folder = disk, folder
        self.store = disk / ("gatekeeper.db" if name == "gatekeeper" else "radius.db")
        words = self._gatekeeper() if name == "gatekeeper" else self._freeradius()
        self.process: Process = world.space.start(*words, output=folder / f"{name}.log")
        wait_until(lambda: not self.process.running() or self._listens(), 20, f"{name} serving")
        assert self.process.running(), self.process.text()

    def _gatekeeper(self) -> list[str]:
        file = self.world.gate.file
        listen = 'listen_auth = ["192.0.2.1:1812"]'
        file.write_text(file.read_text().replace(listen, f'{listen}\nlisten_acct = ["192.0.2.1:1813"]'))
        server = Gatekeeper(self.world, self._disk, {}, ("10.21.1.0", "10.21.9.255"), 3600)
        server.install(_MACS)
        return server.words()

    def _freeradius(self) -> list[str]:
        (self._folder / "dictionary").write_text("")
        (self._folder / "radiusd.conf").write_text(_RADIUSD.format(folder=self._folder, disk=self._disk, bras=BRAS))
        store = sqlite3.connect(self.store)
        store.executescript(Path("/etc/freeradius/3.0/mods-config/sql/main/sqlite/schema.sql").read_text())
        rows = [(mac, "Cleartext-Password", ":=", mac) for mac in _MACS]
        store.executemany("INSERT INTO radcheck (username, attribute, op, value) VALUES (?, ?, ?, ?)", rows)
        store.commit()
        store.close()
        return ["freeradius", "-f", "-d", str(self._folder), "-l", "stdout"]

    def _listens(self) -> bool:
        return ":0714 " in Path(f"/proc/{self.process.pid}/net/udp").read_text()

    def ask(self, mac: str, *more: str) -> str:
        """An Access-Request; what comes back, "silence" for nothing."""
        lines = [f'User-Name = "{mac}"', f'User-Password = "{mac}"', "Message-Authenticator = 0x00", *more]
        return radclient(self.world.bras, lines, timeout_s=3).name or "silence"

    def account(self, status: str, mac: str, *more: str) -> str:
        """An Accounting-Request; what comes back."""
        lines = [f'User-Name = "{mac}"', f"Acct-Status-Type = {status}", f'Acct-Session-Id = "{mac}"', *more]
        return radclient(self.world.bras, lines, kind="acct", port=1813, timeout_s=3).name or "silence"

    def everybody(self) -> str:
        """All known boxes ask: how many get what."""
        return ", ".join(f"{n} {what}" for what, n in Counter(map(self.ask, _MACS[:8])).items()) + " of 8 known boxes"


def locked_store(trial: Trial) -> str:
    """Another process holds the store exclusively."""
    trial.ask(_MACS[0])
    other = sqlite3.connect(trial.store, isolation_level=None, timeout=10)
    other.execute("BEGIN EXCLUSIVE")
    try:
        return trial.everybody()
    finally:
        other.close()


def lost_tables(trial: Trial) -> str:
    """The store's file is replaced by an empty one while it is being served."""
    trial.ask(_MACS[0])
    trial.store.unlink()
    trial.store.touch()
    time.sleep(2)
    return trial.everybody()


def two_names(trial: Trial) -> str:
    """A request has two User-Names: a stranger's behind a known one."""
    return trial.ask(_MACS[0], 'User-Name += "00:11:22:33:44:55"')


def huge_counters(trial: Trial) -> str:
    """Octets with Gigawords of all ones."""
    ones = [f"{name} = 4294967295" for name in
            ("Acct-Input-Octets", "Acct-Output-Octets", "Acct-Input-Gigawords", "Acct-Output-Gigawords")]  # fmt: skip
    trial.account("Start", _MACS[0])
    return f"{trial.account('Interim-Update', _MACS[0], *ones)}; then another box: {trial.account('Start', _MACS[1])}"


FAULTS: Final[dict[str, Callable[[Trial], str]]] = {
    "locked-store": locked_store,
    "lost-tables": lost_tables,
    "two-names": two_names,
    "huge-counters": huge_counters,
}


def meet(name: str, fault: str) -> str:
    """What this server does."""
    if name != "gatekeeper" and not shutil.which(name, path=PATH):
        return f"not installed: {name}"
    with tempfile.TemporaryDirectory(prefix="gatekeeper-peers-") as folder, small_disk() as disk, Net() as net:
        try:
            return FAULTS[fault](Trial(name, net, Path(folder), disk))
        except (AssertionError, OSError) as error:
            return f"not told: {error!r}"[:400]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.radius_peers", description=__doc__)
    parser.add_argument("fault", choices=[*FAULTS, "all"])
    asked: Any = parser.parse_args()
    for fault in FAULTS if asked.fault == "all" else [asked.fault]:
        sys.stdout.write(f"{fault}: {FAULTS[fault].__doc__}\n")
        for name in ("gatekeeper", "freeradius"):
            sys.stdout.write(f"  {name:11} {meet(name, fault)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
