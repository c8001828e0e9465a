"""Why a box is, or is not, let in: the engines' own rules walked with nothing applied."""

from collections.abc import Set as AbstractSet
from typing import Final, TypeVar, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import AaaPolicy, Nas, Policybook
from gatekeeper.model import Action, Binding, Lease, PortId, Reason, Verdict
from gatekeeper.policy.binding import RULES, Case, Rule, judge
from gatekeeper.policy.dhcp import DhcpCase, gather
from gatekeeper.policy.dhcp_rules import AAA_RULES, judge_dhcp, state_of_case
from gatekeeper.policy.lines import remedy
from gatekeeper.policy.order_addresses import is_no_hosts, never_a_box
from gatekeeper.policy.radius import framed_address
from gatekeeper.policy.remaining import whole_from, young_lease
from gatekeeper.state.world import World
from gatekeeper.value import Value
from gatekeeper.wire.dhcp import DISCOVER, REQUEST, message
from gatekeeper.wire.nas_rates import holder_of, rate_text
from gatekeeper.wire.text import ip_text, parse_ip

_Asked = TypeVar("_Asked")
_REPLIES: Final = {
    Action.OFFER: "DHCPOFFER",
    Action.ACK: "DHCPACK",
    Action.INFORM: "DHCPACK",
    Action.NAK: "DHCPNAK",
}
_HOST_NAME: Final = 12
# The store does not say what a box tells of itself.
_UNTOLD: Final = frozenset({Reason.STBID_MISMATCH})


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class RuleLine(Value):
    """One rule as it was asked. result: pass, refuse, or skip for those behind the one that objected."""

    __slots__ = ("rule", "says", "result", "wanted", "seen")

    def __init__(self, rule: str, says: str, result: str, wanted: str, seen: str) -> None:
        self.rule: Final = rule
        self.says: Final = says
        self.result: Final = result
        self.wanted: Final = wanted
        self.seen: Final = seen


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Explanation(Value):
    """What one protocol would do with the box now."""

    __slots__ = ("protocol", "mac", "verdict", "reply", "rules", "gives", "remedy", "goes_on", "whole_from")

    def __init__(
        self,
        protocol: str,
        mac: bytes,
        verdict: Verdict,
        reply: str,
        rules: tuple[RuleLine, ...],
        gives: str,
        remedy: str = "",  # what mends the refusal
        goes_on: Lease | None = None,  # what remains of this lease is what it would be told
        whole_from: int = 0,  # and when that would be a whole one
    ) -> None:
        self.protocol: Final = protocol
        self.mac: Final = mac
        self.verdict: Final = verdict
        self.reply: Final = reply
        self.rules: Final = rules
        self.gives: Final = gives
        self.remedy: Final = remedy
        self.goes_on: Final = goes_on
        self.whole_from: Final = whole_from


def explain_dhcp(
    book: Policybook, world: World, mac: bytes, port: PortId | None, now: float, link: int = 0, host_name: bytes = b""
) -> Explanation:
    """What a DISCOVER from this box on this port would get. The MAC's facts are known to the world.

    link: an address of the subnet that it comes from, 0 = the likely one; host_name: option 12, b"" = not known.
    """
    if book.aaa:
        return _upstream(book.aaa, mac)
    facts = world.facts(mac)
    if port and not book.binding.lines.are_cut(port.qualifier):
        port = port._replace(short="")  # as DHCP sees it
    link = link or _likely_link(book, port, facts.lease.address if facts.lease else 0)
    crowd = world.crowd(facts.binding, port)
    sent = message(DISCOVER, mac, 0, {_HOST_NAME: host_name} if host_name else None, giaddr=link)
    case = gather(sent, "discover", link, False, facts, port, crowd, book, world.pools, now)
    found = explain_case(_of_plan(case, book), frozenset() if host_name else _UNTOLD)
    found = found._replace(gives=found.gives + _withheld(book, facts.binding))
    if found.verdict.reason or facts.lease is None or facts.lease.expires_at <= now:
        return _with_remedy(found, book)
    # What the box does first is to renew, by unicast and so without a line.
    sent = message(REQUEST, mac, 0, ciaddr=facts.lease.address)
    renewal = judge_dhcp(gather(sent, "renewing", 0, False, facts, None, 0, book, world.pools, now))
    if renewal.reason is None:
        return found
    return found._replace(gives=f"{found.gives}; its renewal of {renewal.seen} is refused: {renewal.reason}")


def _of_plan(case: DhcpCase, book: Policybook) -> DhcpCase:
    """The case with the lease time of the account's plan. What its make changes (option 60) the store does not say."""
    profile = book.dhcp_profiles.get(case.binding.plan) if case.binding else None
    if profile is None or case.subnet is None:
        return case
    return case._replace(subnet=case.subnet._replace(lease_s=profile.lease_s or case.subnet.lease_s))


def explain_case(case: DhcpCase, unasked: AbstractSet[Reason] = frozenset()) -> Explanation:
    """What this message gets. unasked: reasons whose rules read a fact that the case does not have."""
    verdict = judge_dhcp(case)
    found = Explanation("dhcp", case.mac, verdict, _REPLIES.get(verdict.action, ""), (), "")
    if verdict.action in (Action.OFFER, Action.ACK) and case.subnet:
        lease, address = young_lease(case, verdict.address, None, None), ip_text(verdict.address)
        found = found._replace(gives=f"{address} for {case.subnet.lease_s} s")
        if lease:
            gives = f"{address} for {int(lease.expires_at - case.now)} s, the remaining time of its lease"
            found = found._replace(gives=gives, goes_on=lease, whole_from=whole_from(lease, case.subnet))
    return found._replace(rules=_walked(state_of_case(case).rules, case, unasked))


def _upstream(aaa: AaaPolicy, mac: bytes) -> Explanation:
    """Nothing here decides: who does, and under which name it knows the box."""
    name = "".join(part.text or f"{{{part.field}}}" for part in aaa.user_name)
    servers = ", ".join(f"{ip_text(server.address)}:{server.port}" for server in aaa.servers)
    gives = f"upstream AAA ({servers}) decides, asked about User-Name {name}; not asked by explain"
    lines = tuple(_skipped(rule) for rule in AAA_RULES)
    return Explanation("dhcp", mac, Verdict(Action.SILENT), "", lines, gives)


def explain_radius(
    book: Policybook, world: World, mac: bytes, port: PortId | None, nas: Nas, now: float
) -> Explanation:
    """What an Access-Request that names this box and port would get from a client that is believed."""
    binding = world.facts(mac).binding
    if port:
        port = port._replace(short=port.key if nas.reading.cuts else "")  # as this NAS tells it
    case = Case(binding, port, False, book.binding, world.crowd(binding, port))
    verdict, lines = judge(case), _walked(RULES, case)
    if verdict.reason or binding is None:
        return _with_remedy(Explanation("radius", mac, verdict, "Access-Reject", lines, ""), book)
    rates = rate_text(nas.told(binding.plan), binding.rate, nas.kilobit, holder_of(binding, mac))
    gives = f"{binding.rate.down_kbps}/{binding.rate.up_kbps} kbit/s down/up to {nas.name} ({nas.dialect})"
    gives += f" as {rates}" if rates else ", which its dialect has no attributes for"
    address = framed_address(nas, binding, mac, world.pools, now)
    gives += f"; Framed-IP-Address {ip_text(address)}" if address else _untold(book, nas, binding)
    return Explanation("radius", mac, verdict, "Access-Accept", lines, gives)


def _with_remedy(found: Explanation, book: Policybook) -> Explanation:
    reason, bound, seen = found.verdict.reason, found.verdict.bound, found.verdict.seen
    return found._replace(remedy=remedy(reason, bound, seen, book)) if reason else found


def _withheld(book: Policybook, binding: Binding | None) -> str:
    """A word on an ordered address that is no box's, by orders from before it was known to be none."""
    address = binding.address if binding else 0
    what = (never_a_box(book).get(address) or is_no_hosts(address)) if address else ""
    return f"; the ordered address {ip_text(address)} is {what}: no box is given it" if what else ""


def _untold(book: Policybook, nas: Nas, binding: Binding) -> str:
    """Why RADIUS tells no address where one is ordered."""
    taken = f"; no Framed-IP-Address: another box has {ip_text(binding.address)}"
    return _withheld(book, binding) or (taken if binding.address and nas.framed_address else "")


def _walked(
    rules: tuple[Rule[_Asked], ...], case: _Asked, unasked: AbstractSet[Reason] = frozenset()
) -> tuple[RuleLine, ...]:
    """Each rule as the engine asks it of this case."""
    lines: list[RuleLine] = []
    refused = False
    for rule in rules:
        if refused or rule.reason in unasked:
            lines.append(_skipped(rule))
            continue
        refused = not rule.holds(case)
        lines.append(RuleLine(rule.name, rule.says, "refuse" if refused else "pass", *rule.compared(case)))
    return tuple(lines)


def _skipped(rule: Rule[_Asked]) -> RuleLine:
    return RuleLine(rule.name, rule.says, "skip", "", "")


def _likely_link(book: Policybook, port: PortId | None, held: int) -> int:
    """Where a message of the box comes from: the relay that qualifies the port, the address held, the first subnet."""
    try:
        relay = parse_ip(port.qualifier) if port else 0
    except ValueError:
        relay = 0
    if book.subnet_of(relay) is None and book.subnet_of(held):
        return held
    return relay or (book.subnets[0].network if book.subnets else 0)
