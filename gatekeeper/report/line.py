"""One outcome as one log line: it begins as engineers know it from dhcpd and FreeRADIUS, and ends in key=value."""

import re
from typing import Final

from gatekeeper.model import REASONS, Action, ExtensionDeferred, Outcome, Reason, Verdict
from gatekeeper.policy.lines import differs_by_node
from gatekeeper.report.table import time_text
from gatekeeper.state.effects import EFFECTS
from gatekeeper.state.rogues import ForeignServer
from gatekeeper.wire.text import ip_text

# What the log says behind a refusal that is nobody's box: who has to change what.
_REMEDIES: Final = {
    Reason.BAD_AUTHENTICATOR: "its secret is not the one of [[radius.client]] {where}: set the same on both sides",
    Reason.UNKNOWN_NAS: "add a [[radius.client]] with this address",
}
_PLAIN: Final = re.compile(r"[ !#-\[\]-~]*")


def outcome_line(outcome: Outcome) -> str:
    """``DHCPACK on 10.20.1.7 to d4:… via 10.20.0.1 account=… port="…"`` and its siblings."""
    return _dhcp(outcome) if outcome.protocol == "dhcp" else _radius(outcome)


def decline_alarm(outcome: Outcome) -> str:
    """``d4:… via 10.20.0.1 declines 10.20.1.7: TOO_MANY_DECLINES bound="…" seen="…": `` and what to do."""
    reason, address = outcome.verdict.reason, outcome.asked.address if outcome.asked else 0
    remedy = REASONS[reason].remedy if reason else ""
    who = f"{outcome.mac.hex(':')} via {outcome.where} declines {ip_text(address)}{_known(outcome)}"
    return f"{who}: {reason}{_values(outcome.verdict)}: {remedy}"


def rogue_line(foreign: ForeignServer) -> str:
    """``rogue DHCP server 10.20.0.66 (00:11:…) on eth0.100: DHCPOFFER of 10.66.0.7 to d4:…``."""
    of = f" of {ip_text(foreign.address)}" if foreign.address else ""
    server = f"{ip_text(foreign.server)} ({foreign.mac.hex(':')}) on {foreign.interface}"
    return f"rogue DHCP server {server}: {foreign.reply}{of} to {foreign.box.hex(':')}"


def _dhcp(outcome: Outcome) -> str:
    mac, verdict = outcome.mac.hex(":") or "?", outcome.verdict
    if outcome.message == "DHCPLEASEQUERY":
        if verdict.reason:
            return f"DHCPLEASEQUERY from {outcome.where}: no answer {verdict.reason}{_values(verdict)}"
        held = f": {ip_text(verdict.address)} of {mac}" if outcome.mac else ""
        return f"{outcome.reply} for {_safe(verdict.seen)} to {outcome.where}{held}"
    if outcome.reply and not verdict.reason:
        on = f" on {ip_text(verdict.address)}" if verdict.address else ""  # an INFORM gets no address
        note = f' note="{_safe(verdict.seen)}"' if verdict.seen else ""
        behind = f"{_known(outcome)}{_deferred(outcome)}{note}{_warnings(outcome)}"
        return f"{outcome.reply}{on} to {mac} via {outcome.where}{behind}"
    if outcome.reply:
        return f"{outcome.reply} to {mac} via {outcome.where}: {verdict.reason}{_refusal(outcome)}{_known(outcome)}"
    if outcome.message == "DHCPDECLINE" and not verdict.reason:
        return (
            f"DHCPDECLINE of {ip_text(verdict.address)} from {mac} via {outcome.where}:"
            f" alarm, somebody else uses it; quarantined{_known(outcome)}"
        )
    if not verdict.reason:
        return f"{outcome.message} of {ip_text(verdict.address)} from {mac} via {outcome.where}{_known(outcome)}"
    what = "no offer" if outcome.message == "DHCPDISCOVER" else "no answer"
    return f"{outcome.message} from {mac} via {outcome.where}: {what} {verdict.reason}{_refusal(outcome)}"


def _radius(outcome: Outcome) -> str:
    verdict = outcome.verdict
    mac = f" {outcome.mac.hex(':')}" if outcome.mac else ""
    port = f" port {_safe(outcome.port.text)}" if outcome.port else ""
    if verdict.action is Action.RECORD:
        account = f" account={_safe(outcome.binding.account)}" if outcome.binding else ""
        address = f" address={ip_text(verdict.address)}" if verdict.address else ""
        return f"Accounting-Request {_safe(verdict.seen)}{mac} from {outcome.where}{port}{account}{address}"
    if outcome.reply == "Access-Accept" and outcome.binding:
        rate = outcome.binding.rate
        rates = f" down_kbps={rate.down_kbps} up_kbps={rate.up_kbps}"
        return f"Access-Accept{mac} from {outcome.where}{port} account={_safe(outcome.binding.account)}{rates}"
    if outcome.reply and not verdict.reason:
        return f"{outcome.reply}{mac} from {outcome.where}{port} to {outcome.message}"
    if outcome.reply:
        return f"{outcome.reply}{mac} from {outcome.where}{port}: {verdict.reason}{_refusal(outcome)}"
    remedy = _REMEDIES.get(verdict.reason) if verdict.reason else None
    told = f' remedy="{remedy.format(where=_safe(outcome.where))}"' if remedy else ""
    return f"{outcome.message}{mac} from {outcome.where}{port}: no answer {verdict.reason}{_refusal(outcome)}{told}"


def _refusal(outcome: Outcome) -> str:
    """The values compared; and, of two ports that are one but for their node's name, that they differ by that."""
    home, seen = outcome.binding.port if outcome.binding else None, outcome.port
    by_node = outcome.verdict.reason is Reason.PORT_MISMATCH and home and seen and differs_by_node(home, seen)
    return _values(outcome.verdict) + (" differs=node" if by_node else "")


def _values(verdict: Verdict) -> str:
    bound = f' bound="{_safe(verdict.bound)}"' if verdict.bound else ""
    return bound + (f' seen="{_safe(verdict.seen)}"' if verdict.seen else "")


def _warnings(outcome: Outcome) -> str:
    found = [pair for effect in outcome.effects for pair in EFFECTS[type(effect)].warnings(effect)]
    return "".join((" warning:", *(f' {key}="{_safe(value)}"' for key, value in found))) if found else ""


def _deferred(outcome: Outcome) -> str:
    """What remains of a lease, where that is what the box is told."""
    for effect in outcome.effects:
        if isinstance(effect, ExtensionDeferred):
            return f" extension=deferred extended_at={time_text(effect.since)} until={time_text(effect.until)}"
    return ""


def _known(outcome: Outcome) -> str:
    account = f" account={_safe(outcome.binding.account)}" if outcome.binding else ""
    return account + (f' port="{_safe(outcome.port.text)}"' if outcome.port else "")


def _safe(text: str) -> str:
    """Text that may hold a stranger's characters: nothing in it can end a line or a quoted value."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(sign if sign.isprintable() and sign not in '"\\' else f"\\x{ord(sign):02x}" for sign in text)
