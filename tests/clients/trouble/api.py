"""A gate with its API on the loopback of a namespace, and clients that behave badly."""

import http.client
import json
import os
import resource
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gatekeeper.store.sqlite import SqliteStore
from tests.clients.net import wait_until
from tests.clients.worlds import Relayed

PORT = 8067
LISTEN = f"127.0.0.1:{PORT}"


class Api:
    """The API of a world's gate."""

    def __init__(self, world: Relayed) -> None:
        """[api] goes into the configuration; start the gate afterwards."""
        self.world = world
        self.folder = world.gate.file.parent
        world.gate.file.write_text(world.gate.file.read_text() + f'\n[api]\nlisten = "{LISTEN}"\n')

    @property
    def pid(self) -> int:
        """Of the process that answers."""
        assert self.world.gate.process
        tasks = Path(f"/proc/{self.world.gate.process.pid}/task")
        [pid] = [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
        return pid

    def rss(self) -> int:
        """Its memory, in octets."""
        [line] = [one for one in Path(f"/proc/{self.pid}/status").read_text().splitlines() if one.startswith("VmRSS")]
        return int(line.split()[1]) << 10

    def cpu_s(self) -> float:
        """What it has used of the processor, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open(self, first: bytes = b"", receive_buffer: int = 0) -> socket.socket:
        """A connection on which this was sent."""
        made = self.world.space.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.settimeout(20)
        made.connect(("127.0.0.1", PORT))
        made.sendall(first)
        return made

    def request(self, path: str) -> bytes:
        """A GET with the token."""
        token = (self.folder / "api.token").read_text().strip()
        return f"GET {path} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {token}\r\n\r\n".encode()

    def ask(self, path: str, values: object = None) -> tuple[int, http.client.HTTPMessage, Any]:
        """A GET, or a POST of values: status, headers, body."""
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        connection.sock = self.open()
        token = (self.folder / "api.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Connection": "close"}
        body = None if values is None else json.dumps(values)
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, answer.headers, json.loads(text)

    def seconds(self, path: str, expected: Sequence[int] = (200,)) -> float:
        """How long an answer takes."""
        began = time.monotonic()
        status, _, body = self.ask(path)
        assert status in expected, body
        return time.monotonic() - began

    def calm(self) -> None:
        """Until it uses no processor to speak of for a second."""

        def rests() -> bool:
            before = self.cpu_s()
            time.sleep(1)
            return self.cpu_s() - before < 0.1

        wait_until(rests, 10, "the API at rest", every_s=0)


def may_open(files: int) -> int:
    """Let this process have so many, as far as it may; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(files, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def fill(file: Path, count: int) -> None:
    """So many accounts, each with a box and a lease, as the service would have written them."""
    store = SqliteStore(str(file), create=True)
    query = store._connection
    macs = [bytes((2, 0, 0, at >> 16, at >> 8 & 255, at & 255)).hex(":") for at in range(count)]
    names = [f"account{at:06}@itv.example" for at in range(count)]
    query.execute("BEGIN")
    query.executemany(
        "INSERT INTO accounts VALUES (?, '', 'active', 20000, 4000, '', 'unlearned', 0, '', 1, '', '1', '', 0, '')",
        ((name,) for name in names),
    )
    query.executemany("INSERT INTO boxes VALUES (?, ?, '')", zip(macs, names, strict=True))
    query.executemany(
        "INSERT INTO leases VALUES (?, ?, ?, '10.20.0.1|ge 1/0/7', 'active', 4000000000, 1, 1, x'', x'')",
        ((0x0A160000 + at, mac, name) for at, (mac, name) in enumerate(zip(macs, names, strict=True))),
    )
    query.execute("COMMIT")
    store.close()
