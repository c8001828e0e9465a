"""FreeRADIUS on one thread (-s): a users file and a detail file, or SQLite for both."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks.boxes import RESERVED
from tests.benchmarks.place import GENERATOR_IP, SERVER_IP
from tests.benchmarks.servers import RATE, SECRET, Command, Server, program

_CONF = """\
prefix = {d}
localstatedir = {d}
logdir = {d}
raddbdir = {d}
run_dir = {d}
max_request_time = 30
cleanup_delay = 5
max_requests = 65536
log {{ destination = files
  file = {d}/radius.log
  auth = no
}}
security {{ max_attributes = 200
  reject_delay = 1
  status_server = yes
}}
thread pool {{ start_servers = 1
  max_servers = 1
  min_spare_servers = 1
  max_spare_servers = 1
}}
client bench {{ ipaddr = {client}
  secret = {secret}
  require_message_authenticator = no
}}
modules {{
  pap {{
  }}
  {modules}
}}
server default {{
  listen {{ type = auth
    ipaddr = {server}
    port = 1812
  }}
  listen {{ type = acct
    ipaddr = {server}
    port = 1813
  }}
  authorize {{ {users}
    pap
  }}
  authenticate {{ Auth-Type PAP {{ pap
    }}
  }}
  preacct {{
  }}
  accounting {{ {reports}
  }}
}}
"""
_FILES = """files {{ usersfile = {d}/users
    key = "%{{User-Name}}"
  }}
  detail {{ filename = {d}/detail
    permissions = 0600
  }}"""
_SQL = """sql {{ dialect = "sqlite"
    driver = "rlm_sql_sqlite"
    sqlite {{ filename = {d}/radius.db
      busy_timeout = 2000
    }}
    read_groups = no
    read_profiles = no
    read_clients = no
    delete_stale_sessions = no
    sql_user_name = "%{{User-Name}}"
    authorize_check_query = "SELECT id, username, attribute, value, op FROM radcheck \
WHERE username = '%{{SQL-User-Name}}'"
    authorize_reply_query = "SELECT id, username, attribute, value, op FROM radreply \
WHERE username = '%{{SQL-User-Name}}'"
    accounting {{ reference = "type.start.query"
      type {{ start {{
          query = "INSERT INTO radacct (session, username, nas, address, started) VALUES ('%{{Acct-Session-Id}}', \
'%{{SQL-User-Name}}', '%{{NAS-IP-Address}}', '%{{Framed-IP-Address}}', %l)"
        }}
      }}
    }}
    pool {{ start = 1
      min = 1
      max = 1
      spare = 1
      uses = 0
      lifetime = 0
      idle_timeout = 0
    }}
  }}"""
_TABLES = """
CREATE TABLE radcheck (id INTEGER PRIMARY KEY, username TEXT, attribute TEXT, op TEXT, value TEXT);
CREATE TABLE radreply (id INTEGER PRIMARY KEY, username TEXT, attribute TEXT, op TEXT, value TEXT);
CREATE TABLE radacct (id INTEGER PRIMARY KEY, session TEXT, username TEXT, nas TEXT, address TEXT, started INTEGER);
CREATE INDEX by_check ON radcheck(username);
CREATE INDEX by_reply ON radreply(username);
"""


def _said(address: str) -> dict[str, str]:
    """What an Accept says."""
    return {"Framed-IP-Address": address, "Session-Timeout": "86400", "Mikrotik-Rate-Limit": RATE}


def _users_file(folder: Path) -> None:
    with (folder / "users").open("w") as text:
        for mac, address in RESERVED.each():
            name = mac.replace(":", "")
            lines = ",\n".join(f'\t{key} := "{value}"' for key, value in _said(address).items())
            text.write(f'{name} Cleartext-Password := "{name}"\n{lines}\n\n')


def _users_table(folder: Path) -> None:
    with sqlite3.connect(folder / "radius.db") as store:
        store.executescript(_TABLES)
        for mac, address in RESERVED.each():
            name = mac.replace(":", "")
            store.execute("INSERT INTO radcheck VALUES (NULL, ?, 'Cleartext-Password', ':=', ?)", (name, name))
            for key, value in _said(address).items():
                store.execute("INSERT INTO radreply VALUES (NULL, ?, ?, ':=', ?)", (name, key, value))
    store.close()


def _freeradius(
    write: Callable[[Path], None], modules: str, users: str, reports: str, folder: Path, pool: tuple[str, str]
) -> Command:
    folder.chmod(0o750)  # it refuses a configuration that anybody may write
    write(folder)
    (folder / "radiusd.conf").write_text(
        _CONF.format(
            d=folder, client=GENERATOR_IP, server=SERVER_IP, secret=SECRET, users=users, reports=reports,
            modules=modules.format(d=folder),
        )
    )  # fmt: skip
    return Command([program("freeradius"), "-f", "-s", "-d", str(folder), "-n", "radiusd"])


_VERSION = ["-v"]
FILES = Server(
    "freeradius", "FreeRADIUS, files and detail, -s", "freeradius", "freeradius",
    partial(_freeradius, _users_file, _FILES, "files", "detail"), _VERSION, "radius",
)  # fmt: skip
SQLITE = Server(
    "freeradius-sqlite", "FreeRADIUS, SQLite, -s", "freeradius", "freeradius",
    partial(_freeradius, _users_table, _SQL, "sql", "sql"), _VERSION, "radius",
)  # fmt: skip
