"""A wire of this machine's own: two ends of a veth pair. Root, or the test skips; in CI that is a failure."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gatekeeper.wire.dhcp import CLIENT_PORT, SERVER_PORT
from gatekeeper.wire.frame import udp_frame

BOX = bytes.fromhex("0270e4000001")
EVERYBODY = 0xFFFFFFFF


@contextmanager
def wire() -> Iterator[tuple[str, socket.socket]]:
    """(name of the end that is listened on, a socket at the other one)."""
    near, far = (f"gk{os.getpid() % 1_000_000}{end}" for end in "ab")
    commands = [f"ip link add {near} type veth peer name {far}", f"ip link set {near} up", f"ip link set {far} up"]
    try:
        for command in commands:
            done = subprocess.run(command.split(), capture_output=True, text=True, timeout=20)
            if done.returncode:
                (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{command}: {done.stderr.strip()}")
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as end:
            end.bind((far, 0x0003))
            end.settimeout(10)
            yield near, end
    finally:
        subprocess.run(["ip", "link", "delete", near], capture_output=True, timeout=20)


def frame(payload: bytes, vlan: int = 0) -> bytes:
    """What a box without an address sends, with a tag where there is one."""
    return udp_frame(payload, BOX, b"\xff" * 6, 0, EVERYBODY, CLIENT_PORT, SERVER_PORT, vlan)
