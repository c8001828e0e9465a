"""Fault: somebody gets hold of the process that speaks HTTP. It has no capability, and can gain none."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.wire.dhcp import DISCOVER
from tests.clients.boxes import MAC
from tests.clients.net import run, wait_until
from tests.clients.relay import RelayAgent
from tests.clients.test_api import _Client as Client
from tests.clients.trouble.test_sigterm import descendants
from tests.clients.worlds import Direct, Relayed

pytestmark = pytest.mark.clients

_NET_BIND_SERVICE, _NET_RAW = 10, 13
_API = '\n[api]\nlisten = "127.0.0.1:8067"\n'
_SOMEBODY = 65534


def capabilities(pid: int) -> dict[str, set[int]]:
    """By set, Cap… of proc(5): each one that any of its threads has."""
    found: dict[str, set[int]] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            name, _, value = line.partition(":\t")
            if name.startswith("Cap"):
                found.setdefault(name, set()).update(n for n in range(64) if int(value, 16) >> n & 1)
    return found


def processes(world: Relayed | Direct) -> tuple[int, int]:
    """Of packets, and of HTTP."""
    assert world.gate.process
    (api,) = descendants(world.gate.process.pid)
    return world.gate.process.pid, api


@pytest.fixture
def world(relayed: Callable[..., Relayed]) -> Relayed:
    """A gate with HTTP that serves, started by root."""
    made = relayed()
    made.gate.file.write_text(made.gate.file.read_text() + _API)
    made.gate.start()
    return made


def test_http_has_no_capability_and_gains_none(world: Relayed) -> None:
    """Every set of every thread is empty, the bounding set too; and orders are written all the same."""
    _, api = processes(world)
    assert Client(world).order("1", mac=MAC) == 201
    empty: set[int] = set()
    assert capabilities(api) == dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), empty)
    assert "NoNewPrivs:\t1" in Path(f"/proc/{api}/status").read_text()
    assert RelayAgent(world.relay).dora(MAC, b"line")


def test_the_packet_process_keeps_what_opens_sockets(world: Relayed) -> None:
    """And reads, reloads and writes with that alone, for root is the owner of its files."""
    pid, api = processes(world)
    assert capabilities(pid)["CapPrm"] == capabilities(pid)["CapEff"] == {_NET_BIND_SERVICE, _NET_RAW}
    text = world.gate.file.read_text()
    world.gate.file.write_text(text.replace("lease_s = 3600", "lease_s = 1800").replace("8067", "867"))
    assert world.gate.process
    world.gate.process.send(signal.SIGHUP)
    world.gate.wait_for("api: it answers on 127.0.0.1:867")
    wait_until(lambda: api not in descendants(pid), 5, "the end of the first one")
    (api,) = descendants(pid)
    assert not capabilities(api)["CapPrm"]
    agent = RelayAgent(world.relay)
    world.gate.install(MAC, "A")
    offer = agent.answer_to(agent.ask(DISCOVER, MAC, b"line"))
    assert offer and int.from_bytes(offer.options[51], "big") == 1800
    world.gate.assert_sound()


def test_an_interface_that_comes_back_is_opened_without_the_others(direct: Callable[..., Direct]) -> None:
    """A packet socket takes CAP_NET_RAW (packet(7))."""
    world = direct()
    world.gate.start()
    world.space.ip("link delete acc0")
    world.gate.wait_for("acc0")
    world.net.plug(world.space, "acc0", world.switch)
    world.space.set_up("acc0", "10.20.0.2/16")
    world.gate.install(MAC, "A")
    box = world.box(MAC)
    wait_until(lambda: box.udhcpc_once() == 0, 15, "a lease by the interface that came back")
    world.gate.assert_sound()


_OVER_ANOTHERS_STORE = """
import os, pathlib, sys
from gatekeeper.drivers.capabilities import NET_RAW, keep_only
store = pathlib.Path(sys.argv[1])
keep_only({NET_RAW}, read=[], written=[store])
store.open("ab").close()  # as serve does
if os.fork():
    os.wait()
else:
    os.execv(sys.executable, [sys.executable, "-c", sys.argv[2], str(store)])
"""
_AS_ITS_OWNER = """
import os, pathlib, sys
from gatekeeper.drivers.capabilities import give_up_all
store = pathlib.Path(sys.argv[1])
give_up_all(store)
store.open("ab").close()
print(os.getresuid(), os.getgroups())
print(*(line for line in open("/proc/self/status") if line.startswith("Cap")))
"""


def test_root_over_the_store_of_another_user_may_write_it_and_so_may_http(tmp_path: Path) -> None:
    """Who is root without a capability is a stranger there: HTTP's process is the store's owner."""
    (tmp_path / "store").write_bytes(b"")
    for file in (tmp_path, tmp_path / "store"):
        os.chown(file, _SOMEBODY, _SOMEBODY)
    (tmp_path / "store").chmod(0o600)
    for folder in list(tmp_path.parents)[:-2]:
        folder.chmod(folder.stat().st_mode | 0o011)  # its owner is let through to it
    words = [sys.executable, "-c", _OVER_ANOTHERS_STORE, str(tmp_path / "store"), _AS_ITS_OWNER]
    users, *sets = run(*words).stdout.splitlines()
    assert users == f"({_SOMEBODY}, {_SOMEBODY}, {_SOMEBODY}) []"
    assert [line.split()[1] for line in sets if line.strip()] == ["0" * 16] * 5
