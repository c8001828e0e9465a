"""Steps of the stories: how they are counted and told, and those that several stories share."""

import json
from collections.abc import Callable
from typing import Any, Final

from gatekeeper.lab import plan
from gatekeeper.lab.box import Boot
from gatekeeper.lab.cwmp import PROVISIONING_CODE, STBID
from gatekeeper.lab.network import Network, until
from gatekeeper.lab.plan import Stb
from gatekeeper.wire import Malformed
from gatekeeper.wire.acs import decode_tr069, show
from gatekeeper.wire.line_id import port_from_text, port_from_wire
from gatekeeper.wire.text import ip_text, mac_text

RATES: Final = ("--down", str(plan.DOWN_KBPS), "--up", str(plan.UP_KBPS))


class StoryEnds(Exception):  # noqa: N818 - the story ends, nothing of ours broke
    """A step did not hold that the rest of the story needs."""


class Steps:
    """Takes down the steps as they come. tell: whether a step held, and its text."""

    def __init__(self, tell: Callable[[bool, str], None]) -> None:
        self._tell = tell
        self.held = 0
        self.failed = 0

    def check(self, what: str, held: object, otherwise: object = "") -> bool:
        """One step. otherwise: what was found where it does not hold."""
        if held:
            self.held += 1
        else:
            self.failed += 1
        self._tell(bool(held), what if held or not str(otherwise) else f"{what} -- instead: {otherwise}")
        return bool(held)

    def need(self, what: str, held: object, otherwise: object = "") -> None:
        """A step without which the story cannot go on. Raises StoryEnds."""
        if not self.check(what, held, otherwise):
            raise StoryEnds(what)


def order(network: Network, steps: Steps, kind: str, number: str, account: str, *more: str) -> None:
    """An order is handed in and applied."""
    done = network.gatekeeper("order", kind, "--order", number, "--account", account, *more)
    said = (done.stdout + done.stderr).strip()
    steps.need(f"{kind} order: {said}" if done.returncode == 0 else f"{kind} order", done.returncode == 0, said)


def accepted(network: Network, steps: Steps, stb: Stb) -> None:
    """RADIUS let the box in where it is, with the ordered rate as a Huawei BRAS wants it: bit/s, average and peak."""
    answers = network.radius(stb)
    last = answers[-1] if answers else None
    steps.check(
        f"Access-Accept to {plan.NAS_NAME} for {mac_text(stb.mac)}", last and last.reply == "Access-Accept", last
    )
    up, down = plan.UP_KBPS * 1000, plan.DOWN_KBPS * 1000
    right = last and last.up_bps == (up, up) and last.down_bps == (down, down)
    steps.check(f"with Huawei's rates: input {up}, output {down} bit/s, average and peak", right, last)


def rejected(network: Network, steps: Steps, stb: Stb, reason: str) -> None:
    """RADIUS kept the box out where it is, and said why."""
    answers = network.radius(stb)
    last = answers[-1] if answers else None
    right = last and last.reply == "Access-Reject" and last.message == reason
    steps.check(f"Access-Reject to {plan.NAS_NAME} for {mac_text(stb.mac)}, Reply-Message {reason}", right, last)


def leased(steps: Steps, boot: Boot) -> None:
    """DISCOVER, OFFER, REQUEST, ACK of one address."""
    steps.need(f"DHCPOFFER of {ip_text(boot.offered)}", boot.offered, boot)
    steps.need(f"DHCPACK of {ip_text(boot.address)}", boot.address == boot.offered, boot)


def acs_told(steps: Steps, boot: Boot) -> None:
    """Option 43 came without being asked for, and names the ITMS."""
    value = boot.options.get(43, b"")
    try:
        parts = decode_tr069(value)
        text = show("tr069", value)
    except Malformed as bad:
        parts, text = {}, str(bad)
    right = parts.get(1) == plan.ACS_URL.encode() and parts.get(2) == plan.PROVISIONING_CODE.encode()
    steps.need(f"Option 43, not asked for: {text}", right, value.hex() or "none")


def informed(network: Network, steps: Steps, stb: Stb, address: int) -> None:
    """The box posts an Inform to the URL of Option 43, from its leased address, and the ITMS knows it by its STBID."""
    before = len(network.visits(stb))
    failure = network.boxes[stb].call("inform")
    visits = network.visits(stb)[before:]
    steps.need("the box's Inform is answered with InformResponse", not failure and len(visits) == 1, failure or visits)
    visit = visits[0]
    url = f"http://{visit.host}{visit.path}"
    steps.check(f"ITMS: Inform {visit.inform.event} at exactly {plan.ACS_URL}", url == plan.ACS_URL, url)
    parameters = visit.inform.parameters
    known = visit.inform.serial_number, parameters.get(STBID), parameters.get(PROVISIONING_CODE)
    steps.check(
        f"ITMS: STBID {stb.stbid}, provisioning code {plan.PROVISIONING_CODE}",
        known == (stb.stbid, stb.stbid, plan.PROVISIONING_CODE),
        known,
    )
    steps.check(f"ITMS: it came from the leased address {visit.peer}", visit.peer == ip_text(address), ip_text(address))


def bound(network: Network, steps: Steps, stb: Stb, address: int, port: int) -> None:
    """``show bindings`` has the box with its address, and its account locked to this port, by either spelling of it."""
    rows = network.rows("bindings", stb.mac)
    row = rows[0] if len(rows) == 1 else {}
    steps.check(
        f"gatekeeper show bindings: {mac_text(stb.mac)} active, {ip_text(address)}",
        row.get("state") == "active" and row.get("address") == ip_text(address) and row.get("stbid") == stb.stbid,
        rows,
    )
    seen = port_from_wire(plan.line(port).circuit_id, plan.RELAY_TEXT)
    learned = row.get("port_state") == "learned" and port_from_text(row.get("port", "")).covers(seen)
    steps.check(f'port learned: "{row.get("port")}"', learned, rows)


def listed_refused(network: Network, steps: Steps, stb: Stb, reason: str, times: int) -> None:
    """``show refused`` lists the box, for this reason once a protocol, and has counted it so many times or more."""

    def counted() -> list[dict[str, Any]]:
        rows = [row for row in network.rows("refused", stb.mac) if row["reason"] == reason]
        return rows if sum(row["count"] for row in rows) >= times else []

    found = until(counted, 4.0) or []
    count, port = (sum(row["count"] for row in found), found[0]["port"]) if found else (times, "")
    what = f'gatekeeper show refused: {mac_text(stb.mac)} {reason} {count} times, last on "{port}"'
    steps.check(what, found, network.rows("refused", stb.mac))


def accounted(network: Network, steps: Steps, stb: Stb) -> None:
    """``show sessions`` has the session that the BRAS accounts for."""
    rows = network.rows_when("sessions", stb.mac, lambda row: row["state"] == "active")
    row = rows[0] if len(rows) == 1 else {}
    what = f"gatekeeper show sessions: {row.get('session')} at {row.get('nas')}, account {row.get('account')}"
    steps.check(what, row.get("account") and row.get("nas") == plan.NAS_NAME, rows)


def told(network: Network, steps: Steps, number: str, ending: str) -> None:
    """``show orders`` says how what the order asked of the BRAS ended."""
    found = until(lambda: [row for row in _order(network, number) if row["effects"].endswith(ending)], 8.0)
    effects = found[0]["effects"].partition("; ")[2] if found else ""
    steps.check(f"gatekeeper show orders: {effects}", found, _order(network, number))


def _order(network: Network, number: str) -> list[dict[str, str]]:
    return [row for row in network.rows("orders") if row["order"] == number]


def disconnected(network: Network, steps: Steps, stb: Stb, number: str) -> None:
    """The BRAS was asked to end the box's session, has done it, and its accounting shows that."""
    told(network, steps, number, "acknowledged, shown by accounting")
    steps.check(f"the BRAS has no session of {mac_text(stb.mac)} any more", network.session(stb) is None)


def chronicled(network: Network, steps: Steps, stb: Stb) -> None:
    """``timeline`` tells the box's way from the order to the ITMS, in the sequence in which it went."""
    way = ["order", "Access-Accept", "lease", "ACS"]

    def kinds() -> list[str]:
        told = network.gatekeeper("timeline", mac_text(stb.mac), "-o", "json").stdout
        return [row["kind"] for row in json.loads(told or "[]")]

    found = until(lambda: kinds() if "Access-Accept" in kinds() else [], 4.0) or kinds()
    steps.check(f"gatekeeper timeline: {', '.join(found)}", [kind for kind in found if kind in way] == way, found)
