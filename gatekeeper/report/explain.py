"""explain as text and as JSON objects."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from gatekeeper.model import REASONS, Binding, Lease
from gatekeeper.policy.explain import Explanation, RuleLine
from gatekeeper.report.table import time_text
from gatekeeper.wire.line_forms import read_cisco
from gatekeeper.wire.text import ip_text, mac_text

_SIGNS: Final = {"pass": "✓", "refuse": "✗", "skip": "·"}


class Subject(NamedTuple):
    """The box, and what is known of it beside the rules. ``port_from``: where the port asked about comes from."""

    mac: str
    vendor: str
    binding: Binding | None
    lease: Lease | None
    port: str
    port_from: str
    refused: dict[str, object] | None
    makes: str = ""  # of a box that says several (option 60)


def explain_text(subject: Subject, explanations: list[Explanation]) -> Iterator[str]:
    """Lines for a terminal."""
    yield f"box {subject.mac}" + (f" ({subject.vendor})" if subject.vendor else "")
    binding, lease = subject.binding, subject.lease
    if binding:
        yield f"  account {binding.account}, {binding.state}, order {binding.order}, port {binding.port_state}"
    if lease:
        times = f"until {time_text(lease.expires_at)}, last seen {time_text(lease.last_seen)}"
        yield f"  lease {ip_text(lease.address)} {lease.state} {times}"
    if subject.makes:
        yield f"  option 60 twice: {subject.makes}"
    if subject.refused:
        row = subject.refused
        yield f"  refused {row['count']} times, last {time_text(row['last_seen'])}: {row['protocol']} {row['reason']}"
    form = port_form(subject.port)
    yield f"  port asked about: {subject.port or 'none'}{subject.port_from}" + (f" = {form}" if form else "")
    for found in explanations:
        yields = ": ".join(part for part in (found.reply, found.gives) if part)
        yield f"{found.protocol}: " + (yields if not found.verdict.reason else str(found.verdict.reason))
        for rule in found.rules:
            says = rule.says + _values(rule) if rule.result != "skip" else "not asked"
            yield f"  {_SIGNS[rule.result]} {rule.rule}: {says}"
        if found.verdict.reason:
            yield f"  why: {REASONS[found.verdict.reason].meaning}"
            yield f"  what mends it: {found.remedy}"


def port_form(text: str) -> str:
    """What the octets of a binary port say: ``Cisco: VLAN 100, module 1, port 7``; "" where it is text or unknown."""
    line = read_cisco(text)
    if line is None:
        return ""
    place = [f"VLAN {line.vlan}, module {line.module}, port {line.port}"] if line.vlan else []
    switch = [f"switch {mac_text(line.switch)}"] if line.switch else []
    return f"Cisco: {', '.join(place + switch)}"


def _values(rule: RuleLine) -> str:
    if rule.wanted:
        return f" [wanted: {rule.wanted}; is: {rule.seen or 'none'}]"
    return f" [{rule.seen}]" if rule.seen else ""


def explain_rows(subject: Subject, explanations: list[Explanation]) -> Iterator[dict[str, object]]:
    """One object per protocol."""
    for found in explanations:
        reason = found.verdict.reason
        yield {
            "mac": subject.mac,
            "protocol": found.protocol,
            "account": subject.binding.account if subject.binding else "",
            "port": subject.port,
            "port_form": port_form(subject.port),
            "verdict": str(found.verdict.action),
            "reply": found.reply,
            "reason": str(reason or ""),
            "bound": found.verdict.bound,
            "seen": found.verdict.seen,
            "remedy": found.remedy,
            "gives": found.gives,
            "makes": subject.makes,
            "rules": [rule._asdict() for rule in found.rules],
        }
