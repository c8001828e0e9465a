"""What every server of the comparison has: a name, the program, how it is started in a folder of its own."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

OPTION_43 = "0104c0a80001"
SECRET = "testing123"
LEASE_S = 86_400
RATE = "20M/50M"


class Command(NamedTuple):
    """What is run, and what its environment has besides."""

    words: Sequence[str]
    env: Mapping[str, str] = {}


class Server(NamedTuple):
    """A row of the table of servers.

    prepare: writes its configuration, with the pool's first and last address, into the folder; the command. version:
    the words that make it tell.
    """

    name: str
    label: str
    package: str
    binary: str
    prepare: Callable[[Path, tuple[str, str]], Command]
    version: Sequence[str]
    protocol: str  # dhcp radius

    def told_version(self) -> str:
        """The first word with a digit and a dot of what it tells."""
        done = subprocess.run([program(self.binary), *self.version], capture_output=True, text=True)
        words = (done.stdout + done.stderr).replace(",", " ").split()
        return next((word for word in words if "." in word and any(sign.isdigit() for sign in word)), "?")


def program(name: str) -> str:
    """Its path, "" where it is not installed."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""
