"""The stories, one function each, and the table in which they are played. Later ones go on where earlier ones ended.

Ports: 1 home of the first account, 2 the stranger's, 3 a neighbour's, 4 the late account's, 5 the new home, 6 a spare.
"""

import importlib.util
from collections.abc import Callable
from typing import Final, NamedTuple

from gatekeeper.lab import plan
from gatekeeper.lab.network import Network, until
from gatekeeper.lab.plan import FIRST, LATE, SECOND, STRANGER
from gatekeeper.lab.steps import (
    RATES,
    Steps,
    accepted,
    accounted,
    acs_told,
    bound,
    chronicled,
    disconnected,
    informed,
    leased,
    listed_refused,
    order,
    rejected,
    told,
)
from gatekeeper.wire.text import ip_text, mac_text

_ACCOUNT: Final = "028123456@itv"
_LATE_ACCOUNT: Final = "028654321@itv"
_REFUSED: Final = 3
_BOOT_S: Final = 40.0  # more than the longest row of tries in here


def start(network: Network, steps: Steps) -> None:
    """The gate is started."""
    said = network.gate.call("start")
    ready = said.startswith("gatekeeper ready")
    steps.need(said if ready else "gatekeeper serve is ready", ready, said)


def install(network: Network, steps: Steps) -> None:
    """An order comes from BSS, the box is plugged in and finds its ITMS by itself."""
    order(network, steps, "install", "2026112200017", _ACCOUNT, "--stbid", FIRST.stbid, *RATES)
    box = network.plug(FIRST, 1)
    boot = box.call("boot", within_s=_BOOT_S)
    accepted(network, steps, FIRST)
    leased(steps, boot)
    acs_told(steps, boot)
    informed(network, steps, FIRST, boot.address)
    bound(network, steps, FIRST, boot.address, 1)
    accounted(network, steps, FIRST)
    chronicled(network, steps, FIRST)


def unknown_box(network: Network, steps: Steps) -> None:
    """A box that no order knows is kept out, by RADIUS and by DHCP alone, and is listed."""
    box = network.plug(STRANGER, 2)
    boot = box.call("boot", 1, within_s=_BOOT_S)
    rejected(network, steps, STRANGER, "UNKNOWN_MAC")
    steps.check("the BRAS lets none of its DHCP pass", not boot.offered, boot)
    with network.plain_relay():
        boot = box.call("boot", within_s=_BOOT_S)
    steps.check(f"without the BRAS, DHCP alone: {boot.sent} DHCPDISCOVER and no answer", not boot.offered, boot)
    listed_refused(network, steps, STRANGER, "UNKNOWN_MAC", len(network.radius(STRANGER)) + boot.sent)
    if importlib.util.find_spec("gatekeeper.cli.explain"):
        told = network.gatekeeper("explain", mac_text(STRANGER.mac))
        known = told.returncode == _REFUSED and "UNKNOWN_MAC" in told.stdout
        steps.check("gatekeeper explain says UNKNOWN_MAC", known, told.stdout + told.stderr)


def wrong_port(network: Network, steps: Steps) -> None:
    """The installed box is carried to a neighbour's line: nothing there, and all is well again at home."""
    address = network.boxes[FIRST].call("address")
    box = network.plug(FIRST, 3)
    boot = box.call("boot", 1, within_s=_BOOT_S)
    rejected(network, steps, FIRST, "PORT_MISMATCH")
    steps.check("the BRAS lets none of its DHCP pass", boot.is_silent(), boot)
    with network.plain_relay():
        boot = box.call("boot", 1, within_s=_BOOT_S)
    steps.check(
        f"without the BRAS, DHCP alone: DHCPREQUEST for {ip_text(address)}, DHCPNAK {boot.nak}",
        boot.nak == "PORT_MISMATCH",
        boot,
    )
    steps.check("then DHCPDISCOVER, and no answer", not boot.offered and not boot.address, boot)
    listed_refused(network, steps, FIRST, "PORT_MISMATCH", len(network.radius(FIRST)) + boot.sent)
    boot = network.plug(FIRST, 1).call("boot", within_s=_BOOT_S)
    accepted(network, steps, FIRST)
    steps.need(f"at home again it gets its address, {ip_text(address)}", address and boot.address == address, boot)
    informed(network, steps, FIRST, address)


def late_mac(network: Network, steps: Steps) -> None:
    """The technician's visit: the account waits, a box is plugged in and tries, its MAC comes in afterwards."""
    order(network, steps, "install", "2026112200018", _LATE_ACCOUNT, *RATES)
    box = network.plug(LATE, 4)
    box.ask("boot", 5)
    until(lambda: network.radius(LATE), within_s=3.0)
    rejected(network, steps, LATE, "UNKNOWN_MAC")
    order(network, steps, "amend", "2026112200019", _LATE_ACCOUNT, "--stbid", LATE.stbid)
    boot = box.answer(_BOOT_S)
    steps.need(f"the box, which was trying all the time, has {ip_text(boot.address)}", boot.address, boot)
    informed(network, steps, LATE, boot.address)
    bound(network, steps, LATE, boot.address, 4)


def swap(network: Network, steps: Steps) -> None:
    """The box is swapped for another: the old one is out at its next renewal, the new one is in."""
    boxes = ("--old-mac", mac_text(FIRST.mac), "--stbid", SECOND.stbid)
    order(network, steps, "swap", "2026112200020", _ACCOUNT, *boxes)
    disconnected(network, steps, FIRST, "2026112200020")
    boot = network.boxes[FIRST].call("renew")
    steps.check(f"the old box renews: DHCPNAK {boot.nak}", boot.nak == "UNKNOWN_MAC", boot)
    network.plug(FIRST, 6).call("boot", 1, within_s=_BOOT_S)
    rejected(network, steps, FIRST, "UNKNOWN_MAC")
    boot = network.plug(SECOND, 1).call("boot", within_s=_BOOT_S)
    accepted(network, steps, SECOND)
    leased(steps, boot)
    informed(network, steps, SECOND, boot.address)


def move(network: Network, steps: Steps) -> None:
    """The subscriber moves: the account leaves its line, and the line where its box shows up next is its own."""
    order(network, steps, "move", "2026112200021", _ACCOUNT)
    boot = network.plug(SECOND, 5).call("boot", within_s=_BOOT_S)
    accepted(network, steps, SECOND)
    steps.need(f"the box has {ip_text(boot.address)} on its new line", boot.address, boot)
    bound(network, steps, SECOND, boot.address, 5)


def new_speed(network: Network, steps: Steps) -> None:
    """The subscriber buys more speed: the running session has it at once, without the box noticing."""
    number = "2026112200022"
    rates = ("--down", str(plan.FASTER_DOWN_KBPS), "--up", str(plan.FASTER_UP_KBPS))
    order(network, steps, "rate", number, _ACCOUNT, *rates)
    up, down = plan.FASTER_UP_KBPS * 1000, plan.FASTER_DOWN_KBPS * 1000
    session = until(lambda: _session_with(network, down), within_s=5.0)
    steps.check(f"the BRAS has it by CoA: input {up}, output {down} bit/s", session, network.session(SECOND))
    told(network, steps, number, "acknowledged, shown by accounting")


def _session_with(network: Network, down: int) -> bool:
    session = network.session(SECOND)
    return bool(session and session.down_bps == (down, down))


def flood(network: Network, steps: Steps) -> None:
    """A line sends DHCP from invented MACs without end: the other lines notice nothing, and the log is not filled."""
    before = len(network.log.read_text(errors="replace").splitlines())
    with network.plain_relay():
        source = network.plug(STRANGER, 2)
        source.ask("flood", plan.FLOOD_S, plan.FLOOD_PER_S)
        boot = network.plug(SECOND, 5).call("boot", within_s=_BOOT_S)
        steps.need(f"meanwhile a box of another line starts: {boot}", boot.address and boot.sent == 1, boot)
        sent = source.answer(_BOOT_S)
    limited = until(lambda: _limited(network), within_s=4.0)
    steps.check(f"of {sent} DHCPDISCOVERs {limited} were more than the line may send", limited > sent // 2, limited)
    after = len(network.log.read_text(errors="replace").splitlines())
    steps.check(f"the log has {after - before} lines more", after - before < sent // 10, after - before)


def _limited(network: Network) -> int:
    return sum(row["value"] for row in network.rows("stats") if "RATE_LIMITED" in row["name"])


class Story(NamedTuple):
    """One row of the table; the function's first line is told with the title. vital: no other can do without it."""

    title: str
    play: Callable[[Network, Steps], None]
    vital: bool = False


STORIES: Final[tuple[Story, ...]] = (
    Story("start", start, vital=True),
    Story("install", install, vital=True),
    Story("unknown box", unknown_box),
    Story("technician's late MAC", late_mac),
    Story("wrong port", wrong_port),
    Story("swap", swap),
    Story("move", move),
    Story("new speed", new_speed),
    Story("flood", flood),
)
