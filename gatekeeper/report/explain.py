"""explain as text and as JSON objects."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from gatekeeper.model import REASONS, Binding, Lease
from gatekeeper.policy.explain import Explanation, RuleLine
from gatekeeper.report.heard import last_row, last_text, more_text, refused_row
from gatekeeper.report.remedies import mending_of
from gatekeeper.report.table import time_text
from gatekeeper.state.evidence import Past
from gatekeeper.wire.line_forms import read_cisco
from gatekeeper.wire.line_id import read_as
from gatekeeper.wire.text import ip_text, mac_text

_SIGNS: Final = {"pass": "✓", "refuse": "✗", "skip": "·"}


class Subject(NamedTuple):
    """The box, and what is known of it beside the rules. named: what else it was asked about by, "" = by its MAC."""

    mac: str
    vendor: str
    binding: Binding | None
    lease: Lease | None
    named: str = ""
    makes: str = ""  # of a box that says several (option 60)


class Answer(NamedTuple):
    """One protocol's. port and nas: what was asked about, "" = none; port_from: where that comes from.

    supposed: a person said what to ask about. stands: the verdict is that on record: the rules cannot judge it.
    """

    found: Explanation
    past: Past
    port: str
    port_from: str
    nas: str
    supposed: bool = False
    stands: bool = False
    note: str = ""


class Account(NamedTuple):
    """All about one box."""

    subject: Subject
    answers: tuple[Answer, ...]


def is_refused(accounts: Iterable[Account]) -> bool:
    """True if one of the boxes would be refused by one of the protocols."""
    return any(answer.found.verdict.reason for account in accounts for answer in account.answers)


def explain_text(accounts: Sequence[Account]) -> Iterator[str]:
    """Lines for a terminal: of each box what happened last, then what would happen now and why."""
    for number, account in enumerate(accounts):
        if number:
            yield ""
        yield from _box_text(account.subject)
        yield from _past_text([answer.past for answer in account.answers])
        yield from _known_text(account.subject)
        for answer in account.answers:
            yield from _answer_text(answer, account.subject)


def _box_text(subject: Subject) -> Iterator[str]:
    named = f", {subject.named}" if subject.named else ""
    yield f"box {subject.mac}" + (f" ({subject.vendor})" if subject.vendor else "") + named


def _past_text(pasts: Sequence[Past]) -> Iterator[str]:
    """The latest first."""
    if not any(past.last() for past in pasts):
        yield "  nothing was ever heard of it"
        return
    for past in sorted(pasts, key=_age, reverse=True):
        yield f"  {last_text(past)}"
        for line in more_text(past):
            yield f"    {line}"


def _age(past: Past) -> tuple[int, int]:
    last = past.last()
    if last is None:
        return -1, -1
    return getattr(last, "last_seen", 0) or getattr(last, "at", 0), last.ms


def _known_text(subject: Subject) -> Iterator[str]:
    binding, lease = subject.binding, subject.lease
    if binding:
        port = f": {binding.port.text}" if binding.port else ""
        yield f"  account {binding.account}, {binding.state}, order {binding.order}, port {binding.port_state}{port}"
    if lease:
        times = f"until {time_text(lease.expires_at)}, last seen {time_text(lease.last_seen)}"
        yield f"  lease {ip_text(lease.address)} {lease.state} {times}"
    if subject.makes:
        yield f"  option 60 twice: {subject.makes}"


def _answer_text(answer: Answer, subject: Subject) -> Iterator[str]:
    found = answer.found
    reason = found.verdict.reason
    yields = ": ".join(part for part in (found.reply, found.gives) if part)
    yield f"{found.protocol}: " + (": ".join(filter(None, (reason, found.gives))) if reason else yields)
    if found.goes_on:
        yield f"  {remaining_text(found.goes_on, found.whole_from)}"
    if answer.past.last() and not answer.supposed:
        yield f"  if the same came again: {'refused' if reason else 'let in'}"
    if answer.supposed:
        yield f"  supposed: port {answer.port or 'none'}" + (f", {answer.nas}" if answer.nas else "")
    form = port_form(answer.port)
    yield f"  port asked about: {answer.port or 'none'}{answer.port_from}" + (f" = {form}" if form else "")
    if answer.nas and not answer.supposed:
        yield f"  asked by {answer.nas}"
    if answer.note:
        yield f"  {answer.note}"
    if answer.stands:
        yield "  this stands since it was last heard; the rules cannot judge it again, and of the rest they say:"
    for rule in found.rules:
        says = rule.says + _values(rule) if rule.result != "skip" else "not asked"
        yield f"  {_SIGNS[rule.result]} {rule.rule}: {says}"
    if reason:
        mending = mending_of(found.mac, subject.binding, found.verdict)
        yield f"  why: {REASONS[reason].meaning}"
        yield f"  what mends it: {found.remedy or mending.remedy}"
        if mending.command:
            yield f"  to paste: {mending.command}"


def remaining_text(lease: Lease, whole_from: int) -> str:
    """That a box which comes back is told what remains of its lease, and until when."""
    extended, until = time_text(lease.last_seen), time_text(lease.expires_at)
    return f"remaining time: extended at {extended} until {until}; from {time_text(whole_from)} on a whole one is given"


def port_form(text: str) -> str:
    """What a port's text is read as: ``Cisco: VLAN 100, module 1, port 7``, ``China Telecom PON``; "" where it is in no
    form that is known."""
    line = read_cisco(text)
    if line is None:
        return read_as(text)
    place = [f"VLAN {line.vlan}, module {line.module}, port {line.port}"] if line.vlan else []
    switch = [f"switch {mac_text(line.switch)}"] if line.switch else []
    return f"Cisco: {', '.join(place + switch)}"


def _values(rule: RuleLine) -> str:
    if rule.wanted:
        return f" [wanted: {rule.wanted}; is: {rule.seen or 'none'}]"
    return f" [{rule.seen}]" if rule.seen else ""


def explain_rows(accounts: Iterable[Account]) -> Iterator[dict[str, object]]:
    """One object per box and protocol."""
    for subject, answers in accounts:
        for answer in answers:
            yield _answer_row(subject, answer)


def _answer_row(subject: Subject, answer: Answer) -> dict[str, object]:
    found = answer.found
    verdict = found.verdict
    mending = mending_of(found.mac, subject.binding, verdict)
    return {
        "mac": subject.mac,
        "protocol": found.protocol,
        "account": subject.binding.account if subject.binding else "",
        "port": answer.port,
        "port_form": port_form(answer.port),
        "nas": answer.nas,
        "verdict": str(verdict.action),
        "reply": found.reply,
        "reason": str(verdict.reason or ""),
        "bound": verdict.bound,
        "seen": verdict.seen,
        "remedy": found.remedy or mending.remedy,
        "command": mending.command,
        "gives": found.gives,
        "makes": subject.makes,
        "rules": [rule._asdict() for rule in found.rules],
        "last": last_row(answer.past),
        "also": [refused_row(one) for one in answer.past.standing[1:]],
        "supposed": answer.supposed,
    }
