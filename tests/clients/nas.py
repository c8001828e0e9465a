"""A NAS: FreeRADIUS's radclient, run beside the gate."""

import re
import subprocess
from typing import NamedTuple

from tests.clients.net import Space
from tests.clients.worlds import BRAS

_LINE = re.compile(r'^\t([\w-]+)(?::\d+)? = "?(.*?)"?$')


class Answer(NamedTuple):
    """What came back: the packet's name, "" for nothing; attributes by name, values in their sequence."""

    name: str
    attributes: dict[str, list[str]]
    text: str

    def one(self, attribute: str) -> str:
        """The only value of an attribute. Raises AssertionError."""
        values = self.attributes.get(attribute, [])
        assert len(values) == 1, f"{attribute}: {values} in\n{self.text}"
        return values[0]


def access_request(
    space: Space,
    user: str,
    *,
    password: str | None = None,
    source: str = BRAS,
    secret: str = "testing123",
    timeout_s: float = 2,
    sealed: bool = True,
    **more: str,
) -> Answer:
    """One Access-Request, once. more: attributes by name, with _ for the hyphen."""
    attributes = {"User-Name": user, "User-Password": user if password is None else password}
    attributes |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f'{name} = "{value}"' for name, value in attributes.items()]
    lines += ["Service-Type = Call-Check", "NAS-Port-Type = Ethernet"]
    lines += ["Message-Authenticator = 0x00"] if sealed else []
    return radclient(space, lines, source=source, secret=secret, timeout_s=timeout_s)


def radclient(
    space: Space,
    lines: list[str],
    *,
    kind: str = "auth",
    source: str = BRAS,
    secret: str = "testing123",
    timeout_s: float = 2,
    port: int = 1812,
) -> Answer:
    """One packet, once, made of these lines. kind: auth, status or what else radclient sends."""
    words = space.words(*f"radclient -x -r 1 -t {timeout_s} 192.0.2.1:{port} {kind}".split(), secret)
    text = "\n".join([*lines, f"Packet-Src-IP-Address = {source}"])
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=timeout_s + 15)
    return _read(done.stdout + done.stderr)


def _read(text: str) -> Answer:
    name, attributes = "", {}
    for line in text.splitlines():
        if line.startswith("Received "):
            name = line.split()[1]
        found = _LINE.match(line)
        if name and found:
            attributes.setdefault(found[1], []).append(found[2])
    return Answer(name, attributes, text)


def accounting_request(
    space: Space, status: str, session: str, *, source: str = BRAS, secret: str = "testing123", **more: str
) -> Answer:
    """One Accounting-Request, once. status: Start Stop Interim-Update Accounting-On; more: attributes, _ for -."""
    attributes = {"Acct-Status-Type": status, "Acct-Session-Id": session, "NAS-IP-Address": source}
    attributes |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f'{name} = "{value}"' for name, value in attributes.items()] + [f"Packet-Src-IP-Address = {source}"]
    words = space.words(*["radclient", "-x", "-r", "1", "-t", "2", "192.0.2.1:1813", "acct"], secret)
    done = subprocess.run(words, input="\n".join(lines), capture_output=True, text=True, timeout=17)
    return _read(done.stdout + done.stderr)
