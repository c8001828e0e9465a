"""What the tests with real clients stand on: root, programs, and the two shapes of an access network."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients import worlds
from tests.clients.net import Net

_PROGRAMS = (
    "ip",
    "tcpdump",
    "busybox",
    "dhclient",
    "dhcrelay",
    "dhcpcd",
    "radclient",
    "eapol_test",
    "tshark",
    "perfdhcp",
    "dhcping",
    "mount",
    "freeradius",
)


def _lacking() -> str:
    """What keeps these tests from running here; "" = nothing."""
    if os.geteuid() != 0:
        return "network namespaces are made by root"
    missing = [name for name in _PROGRAMS if not shutil.which(name)]
    if missing:
        return f"not installed: {' '.join(missing)}"
    probe = f"gk{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, timeout=20)
    if made.returncode:
        return f"no network namespaces here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "delete", probe], capture_output=True, timeout=20)
    return ""


@pytest.fixture(scope="session", autouse=True)
def real_world() -> None:
    """Skip where it cannot be done; in CI that is a failure."""
    lacking = _lacking()
    if lacking:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"tests with real clients: {lacking}")


@pytest.fixture
def net() -> Iterator[Net]:
    """Namespaces that go with the test."""
    with Net() as made:
        yield made


@pytest.fixture
def direct(net: Net, tmp_path: Path) -> Callable[..., worlds.Direct]:
    """Boxes on the access VLAN that the gate listens on. Called with what ``dhcp_config`` takes."""
    return lambda **keys: worlds.Direct(net, tmp_path, **keys)


@pytest.fixture
def relayed(net: Net, tmp_path: Path) -> Callable[..., worlds.Relayed]:
    """Boxes behind a relay."""
    return lambda **keys: worlds.Relayed(net, tmp_path, **keys)
