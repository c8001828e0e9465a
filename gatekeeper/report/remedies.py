"""What mends a refusal: the sentence of its reason, and where there is one a command to paste."""

import shlex
from collections.abc import Callable
from typing import Final, NamedTuple

from gatekeeper.model import REASONS, Binding, Reason, Verdict
from gatekeeper.policy.lines import differs_by_node
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import mac_text


class Mending(NamedTuple):
    """remedy: in words; command: to paste, NUMBER and ACCOUNT are to be filled in, "" = there is none."""

    remedy: str
    command: str


def _install(mac: bytes, binding: Binding | None, verdict: Verdict) -> str:
    account = shlex.quote(binding.account) if binding else "ACCOUNT"
    return f"gatekeeper order install --order NUMBER --account {account} --mac {mac_text(mac)}"


def _resume(mac: bytes, binding: Binding | None, verdict: Verdict) -> str:
    return f"gatekeeper order resume --order NUMBER --account {shlex.quote(binding.account)}" if binding else ""


def _move(mac: bytes, binding: Binding | None, verdict: Verdict) -> str:
    if not binding or not verdict.seen:
        return ""
    if differs_by_node(port_from_text(verdict.bound), port_from_text(verdict.seen)):
        return ""  # What the remedy says: the names are to be joined, and the port stays.
    account, port = shlex.quote(binding.account), shlex.quote(verdict.seen)
    if binding.port_state == "learned":
        # Nobody ordered it: the next port seen, which is this one, is learned in its place.
        return f"gatekeeper clear port-binding {account}"
    return f"gatekeeper order move --order NUMBER --account {account} --port {port}"


_COMMANDS: Final[dict[Reason, Callable[[bytes, Binding | None, Verdict], str]]] = {
    Reason.UNKNOWN_MAC: _install,
    Reason.SUSPENDED: _resume,
    Reason.PORT_MISMATCH: _move,
}


def mending_of(mac: bytes, binding: Binding | None, verdict: Verdict) -> Mending:
    """Of one refusal of this box; nothing of a verdict that is none."""
    reason = verdict.reason
    if reason is None:
        return Mending("", "")
    command = _COMMANDS.get(reason)
    return Mending(REASONS[reason].remedy, command(mac, binding, verdict) if command else "")
