"""The operator's AAA: FreeRADIUS with users in a file, and a slow one of our own that accepts everybody."""

import heapq
import select
import signal
import socket
import sys
import time
from pathlib import Path

from gatekeeper.wire.radius import decode
from gatekeeper.wire.radius_seal import Secret, sealed_reply
from tests.clients.net import Process, Space, wait_until

SECRET = "a long upstream secret"
GATE = "192.0.2.1"

_CONFIG = """\
prefix = /usr
libdir = /usr/lib/freeradius
logdir = {folder}
run_dir = {folder}
raddbdir = {folder}
max_requests = 65536
hostname_lookups = no
security {{
  reject_delay = 0
}}
thread pool {{
  start_servers = 4
  max_servers = 8
  max_queue_size = 65536
}}
client gate {{
  ipaddr = {gate}
  secret = "{secret}"
  require_message_authenticator = yes
}}
modules {{
  files {{
    filename = {folder}/users
  }}
  pap {{
  }}
}}
server default {{
  listen {{
    type = auth
    ipaddr = {address}
    port = 1812
  }}
  authorize {{
    files
    pap
  }}
  authenticate {{
    Auth-Type PAP {{
      pap
    }}
  }}
  post-auth {{
    {seal}
    Post-Auth-Type REJECT {{
      {seal}
    }}
  }}
}}
"""
# Debian's FreeRADIUS 3.2.1 seals its answers only where it is told to; 3.2.5 does so by itself.
_SEAL = "update reply { Message-Authenticator := 0x00 }"


class FreeRadius:
    """One server. users: the text of the file that its files module reads."""

    def __init__(self, space: Space, folder: Path, address: str, sealed: bool = True) -> None:
        self._space = space
        self._folder = folder / f"aaa-{address}"
        self._folder.mkdir()
        self._starts = 0
        seal = _SEAL.replace("{ ", "{\n      ").replace(" }", "\n    }") if sealed else ""
        text = _CONFIG.format(folder=self._folder, gate=GATE, secret=SECRET, address=address, seal=seal)
        (self._folder / "radiusd.conf").write_text(text)
        self.process: Process | None = None

    def start(self, users: str, *words: str) -> None:
        """Serve these users. Returns once it listens. words: -xx to have it tell what it hears."""
        self.stop()
        (self._folder / "users").write_text(users)
        self._starts += 1
        log = self._folder / f"log{self._starts}"
        command = ["freeradius", "-f", "-l", "stdout", "-d", str(self._folder), *words]
        self.process = process = self._space.start(*command, output=log)
        wait_until(lambda: "Ready to process requests" in process.text(), 15, "FreeRADIUS listening")

    def stop(self) -> None:
        if self.process:
            self.process.end(signal.SIGKILL)

    def text(self) -> str:
        """What it has told."""
        assert self.process
        return self.process.text()


def slow_aaa(space: Space, address: str, delay_s: float, output: Path) -> Process:
    """A server that says yes to every question so many seconds later. Returns once it listens."""
    process = space.start(sys.executable, "-m", "tests.clients.upstream", address, str(delay_s), output=output)
    wait_until(lambda: "ready" in process.text(), 30, "the slow AAA listening")
    return process


def main() -> None:
    """Arguments: address, seconds."""
    secret, due = Secret(SECRET.encode()), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        one.bind((sys.argv[1], 1812))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            now = time.monotonic()
            while due and due[0][0] <= now:
                _, answer, peer = heapq.heappop(due)
                one.sendto(answer, peer)
            if select.select([one], [], [], max(0.0, due[0][0] - now) if due else 1.0)[0]:
                data, peer = one.recvfrom(4096)
                request = decode(data)
                answer = sealed_reply(2, request.identifier, request.authenticator, b"", secret)
                heapq.heappush(due, (time.monotonic() + float(sys.argv[2]), answer, peer))


if __name__ == "__main__":
    main()
