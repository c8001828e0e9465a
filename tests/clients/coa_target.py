"""A NAS that takes CoA and Disconnect: FreeRADIUS with a listener of type coa."""

from pathlib import Path

from tests.clients.net import Process, Space, wait_until

UNKNOWN_SESSION = "00000404"
PROHIBITED_SESSION = "00000501"
_PORT = 3799


class CoaTarget:
    """FreeRADIUS in the BRAS's namespace; ``log`` has what it received, attribute by attribute."""

    def __init__(self, space: Space, folder: Path, address: str, secret: str = "testing123") -> None:
        self._space = space
        self._folder = folder / "coa-target"
        self._folder.mkdir()
        (self._folder / "radiusd.conf").write_text(_CONFIG.format(folder=self._folder, address=address, secret=secret))
        self._starts = 0
        self.process: Process | None = None

    def start(self) -> None:
        """Returns once it listens."""
        self._starts += 1
        words = "freeradius", "-f", "-X", "-d", str(self._folder)
        process = self._space.start(*words, output=self._folder / f"log{self._starts}")
        self.process = process
        wait_until(lambda: "Ready to process requests" in process.text(), 15, "FreeRADIUS's ready line")

    def log(self) -> str:
        assert self.process
        return self.process.text()

    def received(self, what: str) -> list[str]:
        """One text for each packet of this name that came in: its lines."""
        found: list[str] = []
        for part in self.log().split(") Received ")[1:]:
            if part.startswith(what):
                found.append(part.split("# Executing")[0])
        return found


_CONFIG = f"""
prefix = /usr
logdir = {{folder}}
raddbdir = {{folder}}
run_dir = {{folder}}
libdir = /usr/lib/freeradius
pidfile = {{folder}}/pid
security {{{{
  allow_vulnerable_openssl = yes
}}}}
modules {{{{
  always ok {{{{
    rcode = ok
  }}}}
  always reject {{{{
    rcode = reject
  }}}}
}}}}
client gate {{{{
  ipaddr = 192.0.2.1
  secret = {{secret}}
}}}}
server nas {{{{
  listen {{{{
    type = coa
    ipaddr = {{address}}
    port = {_PORT}
  }}}}
  recv-coa {{{{
    if (&Acct-Session-Id == "{UNKNOWN_SESSION}") {{{{
      update reply {{{{
        Error-Cause := Session-Context-Not-Found
      }}}}
      reject
    }}}}
    if (&Acct-Session-Id == "{PROHIBITED_SESSION}") {{{{
      update reply {{{{
        Error-Cause := Administratively-Prohibited
      }}}}
      reject
    }}}}
    ok
  }}}}
  send-coa {{{{
    ok
  }}}}
}}}}
"""
