"""Records what real clients and the real gate say (root): ``python -m tests.clients.capture DIR [STORY…]``.

For each story: ``STORY.pcap``, ``STORY.toml`` (the configuration) and ``STORY.csv`` (the orders), as replay takes them,
and ``STORY.expect``, what replay says of each packet.
"""

import json
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.clients.boxes import MAC, STBID, STRANGER
from tests.clients.gate import GATEKEEPER, RADIUS, config, dhcp_config
from tests.clients.nas import access_request
from tests.clients.net import Net, run
from tests.clients.taps import Tap
from tests.clients.worlds import MIKROTIK, SERVER, Direct, Relayed

_SECOND = "d4:c1:c8:00:00:02"
_ORDERS = f"""\
order,kind,account,subscriber,mac,stbid,rate_down_kbps,rate_up_kbps,plan
2026112200017,install,028123456@itv,S-4711,,{STBID},20000,4000,IPTV 20M
2026112200018,install,028654321@itv,S-4712,{_SECOND},,50000,10000,IPTV 50M
"""
# The BRAS and the relay see the same access node.
_PORT_NAMES = 'port = "learn"\nport_names = { "bras1" = "10.21.0.1" }\n'


def _count(tap: Tap, mac: str, kind: str, number: int) -> None:
    """Wait until the capture has so many messages of this kind for the box."""
    tap.wait_for(
        lambda seen: sum(one.kind == kind and one.mac == mac for one in seen) >= number, 10, f"{number} {kind}s"
    )


def install_direct(net: Net, folder: Path, start: Callable[[Direct], None]) -> Tap:
    """Two installed boxes and a stranger on the access VLAN."""
    world = Direct(net, folder)
    world.gate.file.write_text(config(dhcp_config(interfaces=["acc0"]), limits=""))
    start(world)
    tap, box = world.tap("story"), world.box(MAC)
    client = box.udhcpc("-R")
    box.wait_for("bound")
    _count(tap, MAC, "ACK", 1)
    assert world.box(STRANGER).udhcpc_once() != 0
    _count(tap, STRANGER, "DISCOVER", 3)
    other = world.box(_SECOND)
    other.dhclient_bound().end()
    other.dhclient("-d")  # INIT-REBOOT
    other.wait_for("REBOOT")
    _count(tap, _SECOND, "ACK", 2)
    client.send(signal.SIGUSR1)
    box.wait_for("renew")
    _count(tap, MAC, "ACK", 2)
    client.end()
    _count(tap, MAC, "RELEASE", 1)
    return tap


def install_relayed(net: Net, folder: Path, start: Callable[[Relayed], None]) -> Tap:
    """A box behind a relay that appends Option 82, a BRAS that asks about it, and a stranger by both ways."""
    world = Relayed(net, folder)
    text = config(dhcp_config(listen=[f"{SERVER}:67"], network="10.21"), RADIUS, limits="")
    world.gate.file.write_text(text.replace('port = "learn"\n', _PORT_NAMES))
    start(world)
    world.dhcrelay()
    tap, box = world.tap("story"), world.box(MAC)
    box.dhclient_bound().end()
    box.dhclient("-d")  # INIT-REBOOT
    box.wait_for("REBOOT")
    _count(tap, MAC, "ACK", 2)
    assert world.box(STRANGER).udhcpc_once() != 0
    _count(tap, STRANGER, "DISCOVER", 3)
    by_mikrotik = {"source": MIKROTIK, "secret": "other-secret"}
    asked = [
        access_request(world.bras, "d4c1c8ee9b1f", NAS_Port_Id="acc0"),
        access_request(world.bras, "d4c1c8ee9b1f", NAS_Port_Id="acc1"),
        access_request(world.bras, "0011-2233-4455", NAS_Port_Id="acc0"),
        access_request(world.bras, "d4c1c8000002", NAS_Port_Id="slot=1;subslot=0;port=2;vlanid=100;vlanid2=5;"),
        access_request(world.bras, _SECOND, **by_mikrotik),
    ]
    said = [answer.attributes.get("Reply-Message", [answer.name])[0] for answer in asked]
    assert said == ["Access-Accept", "PORT_MISMATCH", "UNKNOWN_MAC", "Access-Accept", "PORT_MISSING"], said
    return tap


def _decline_and_rebind(world: Direct | Relayed, network: str) -> Tap:
    """A squatter has the first address: udhcpc declines it. dhclient cannot renew by unicast and rebinds."""
    tap, squatter = world.tap("story"), world.box("02:00:00:00:00:66")
    squatter.space.set_up("eth0", f"{network}.1.0/16")
    box, other = world.box(MAC), world.box(_SECOND)
    client = box.udhcpc("-a", "-R")
    assert box.wait_for("bound", timeout_s=30)["ip"] == f"{network}.1.1"
    _count(tap, MAC, "DECLINE", 1)
    client.end()
    _count(tap, MAC, "RELEASE", 1)
    rebinding = other.dhclient_bound()
    other.space.ip(f"route add blackhole {SERVER}/32")
    other.wait_for("RENEW", "REBIND", timeout_s=30)  # dhclient calls its script with either
    rebinding.end()
    return tap


def decline_direct(net: Net, folder: Path, start: Callable[[Direct], None]) -> Tap:
    """DECLINE, RELEASE and REBINDING on the access VLAN."""
    world = Direct(net, folder)
    world.gate.file.write_text(config(dhcp_config(interfaces=["acc0"], lease_s=12), limits=""))
    start(world)
    return _decline_and_rebind(world, "10.20")


def decline_relayed(net: Net, folder: Path, start: Callable[[Relayed], None]) -> Tap:
    """The same behind a relay."""
    world = Relayed(net, folder)
    dhcp = dhcp_config(listen=[f"{SERVER}:67"], lease_s=12, network="10.21")
    world.gate.file.write_text(config(dhcp, limits=""))
    start(world)
    world.dhcrelay()
    return _decline_and_rebind(world, "10.21")


def _renew_and_inform(world: Direct | Relayed, copies: int) -> Tap:
    """udhcpc renews by unicast twice, dhcping asks under the leased address for the rest, and udhcpc releases it.

    copies: how often what is sent to the server's own address gets there.
    """
    tap, box = world.tap("story"), world.box(MAC)
    client = box.udhcpc("-R")
    address = box.wait_for("bound")["ip"]
    _count(tap, MAC, "ACK", 1)
    for time in (1, 2):
        seen = len(box.events())
        client.send(signal.SIGUSR1)
        box.wait_for("renew", after=seen)
        _count(tap, MAC, "ACK", 1 + time * copies)
    box.inform(address, SERVER)
    _count(tap, MAC, "ACK", 1 + 3 * copies)
    client.end()
    _count(tap, MAC, "RELEASE", copies)
    return tap


def renew_direct(net: Net, folder: Path, start: Callable[[Direct], None]) -> Tap:
    """RENEWING and INFORM on the access VLAN."""
    world = Direct(net, folder)
    world.gate.file.write_text(config(dhcp_config(interfaces=["acc0"]), limits=""))
    start(world)
    return _renew_and_inform(world, copies=1)


def renew_relayed(net: Net, folder: Path, start: Callable[[Relayed], None]) -> Tap:
    """The same from behind the relay. What is routed past it has no Option 82, and ISC's relay passes a copy on."""
    world = Relayed(net, folder)
    world.gate.file.write_text(config(dhcp_config(listen=[f"{SERVER}:67"], network="10.21"), limits=""))
    start(world)
    world.dhcrelay()
    return _renew_and_inform(world, copies=2)


class Story(NamedTuple):
    """What one recording left behind."""

    pcap: Path
    toml: Path
    csv: Path


STORIES: dict[str, Callable[..., Tap]] = {
    "install-direct": install_direct,
    "install-relayed": install_relayed,
    "decline-direct": decline_direct,
    "decline-relayed": decline_relayed,
    "renew-direct": renew_direct,
    "renew-relayed": renew_relayed,
}


def record(name: str, target: Path) -> Story:
    """Play one story and leave its three files in the target folder."""
    made = Story(*(target / f"{name}.{ending}" for ending in ("pcap", "toml", "csv")))
    made.csv.write_text(_ORDERS)
    with tempfile.TemporaryDirectory() as scratch, Net() as net:

        def start(world: Direct | Relayed) -> None:
            world.gate.cli("orders", "import", str(made.csv))
            made.toml.write_text(world.gate.file.read_text())
            world.gate.start()

        tap = STORIES[name](net, Path(scratch), start)
        tap.stop()
        made.pcap.write_bytes(tap.file.read_bytes())
    return made


def replay_rows(story: Story) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and rows of ``gatekeeper replay``; exit 3 would be a difference."""
    files = ("-c", str(story.toml), "-r", str(story.pcap), "--orders", str(story.csv))
    done = run(*GATEKEEPER, "replay", *files, "-o", "json", check=False)
    return done.returncode, json.loads(done.stdout)


def main() -> None:
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or STORIES:
        story = record(name, target)
        code, rows = replay_rows(story)
        assert code == 0, rows
        story.pcap.with_suffix(".expect").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        sys.stdout.write(f"{story.pcap}\n")


if __name__ == "__main__":
    main()
