"""Why a box is, or is not, let in: the rules themselves walked with nothing applied."""

from typing import NamedTuple

from gatekeeper.book import AaaPolicy, Nas, Policybook, Subnet
from gatekeeper.model import Action, PortId, Reason, Verdict
from gatekeeper.policy.binding import RULES, Case
from gatekeeper.policy.dhcp import DhcpCase, choose_address, judge_dhcp
from gatekeeper.state.world import World
from gatekeeper.wire.nas_rates import rate_text
from gatekeeper.wire.text import ip_text, parse_ip


class RuleLine(NamedTuple):
    """One rule as it was asked. result: pass, refuse, or skip for those behind the one that objected."""

    rule: str
    says: str
    result: str
    wanted: str
    seen: str


class Explanation(NamedTuple):
    """What one protocol would do with the box now."""

    protocol: str
    mac: bytes
    verdict: Verdict
    reply: str
    rules: tuple[RuleLine, ...]
    gives: str


def explain_dhcp(book: Policybook, world: World, mac: bytes, port: PortId | None, now: float) -> Explanation:
    """What a DISCOVER from this box on this port would get. The MAC's facts must have been admitted."""
    if book.aaa:
        return _upstream(book.aaa, mac)
    facts = world.facts(mac)
    if port and port.qualifier not in book.binding.cut_nodes:
        port = port._replace(short="")  # as DHCP sees it
    shared = Case(facts.binding, port, False, book.binding, world.crowd(facts.binding, port))
    subnet = _likely_subnet(book, port, facts.lease.address if facts.lease else 0)
    case = DhcpCase("discover", mac, 0, True, facts, subnet, world.pools, shared, now)
    verdict = judge_dhcp(case)
    lines = _shared_lines(shared)
    asked = verdict.reason not in {rule.reason for rule in RULES}
    place = "pass" if subnet else "refuse"
    lines.append(
        RuleLine(
            "subnet fits",
            "A [[dhcp.subnet]] holds the relay's or interface's address.",
            place if asked else "skip",
            "",
            subnet.text if subnet else "",
        )
    )
    address = choose_address(case) if asked else 0
    result = "skip" if not asked or not subnet else "pass" if address else "refuse"
    lines.append(
        RuleLine(
            "address is there",
            "The box has an address, or its pool has one left.",
            result,
            "",
            ip_text(address) if address else "",
        )
    )
    offers = verdict.action is Action.OFFER
    gives = f"{ip_text(verdict.address)} for {subnet.lease_s} s" if offers and subnet else ""
    return Explanation("dhcp", mac, verdict, "DHCPOFFER" if offers else "", tuple(lines), gives)


def _upstream(aaa: AaaPolicy, mac: bytes) -> Explanation:
    """Nothing here decides: who does, and under which name it knows the box."""
    name = "".join(part.text or f"{{{part.field}}}" for part in aaa.user_name)
    servers = ", ".join(f"{ip_text(server.address)}:{server.port}" for server in aaa.servers)
    gives = f"upstream AAA ({servers}) decides, asked about User-Name {name}; not asked by explain"
    line = RuleLine("AAA accepts", "The upstream AAA answers with Access-Accept.", "skip", "", "")
    return Explanation("dhcp", mac, Verdict(Action.SILENT), "", (line,), gives)


def explain_radius(book: Policybook, world: World, mac: bytes, port: PortId | None, nas: Nas) -> Explanation:
    """What an Access-Request that names this box and port would get from a client that is believed."""
    binding = world.facts(mac).binding
    if port:
        port = port._replace(short=port.key if nas.reading.cuts else "")  # as this NAS tells it
    case = Case(binding, port, False, book.binding, world.crowd(binding, port))
    lines = _shared_lines(case)
    refused = next((rule for rule in RULES if not rule.holds(case)), None)
    if refused or binding is None:
        reason = refused.reason if refused else Reason.UNKNOWN_MAC
        values = refused.compared(case) if refused else ("", "")
        verdict = Verdict(Action.REJECT, reason, *values)
        return Explanation("radius", mac, verdict, "Access-Reject", tuple(lines), "")
    rates = rate_text(nas.rates, binding.rate, nas.kilobit, binding.account, mac.hex(":"))
    gives = f"{binding.rate.down_kbps}/{binding.rate.up_kbps} kbit/s down/up to {nas.name} ({nas.dialect})"
    gives += f" as {rates}" if rates else ", which its dialect has no attributes for"
    return Explanation("radius", mac, Verdict(Action.ACCEPT), "Access-Accept", tuple(lines), gives)


def _shared_lines(case: Case) -> list[RuleLine]:
    lines: list[RuleLine] = []
    refused = False
    for rule in RULES:
        says = (rule.holds.__doc__ or "").strip()
        if refused:
            lines.append(RuleLine(rule.name, says, "skip", "", ""))
            continue
        refused = not rule.holds(case)
        lines.append(RuleLine(rule.name, says, "refuse" if refused else "pass", *rule.compared(case)))
    return lines


def _likely_subnet(book: Policybook, port: PortId | None, held: int) -> Subnet | None:
    """By the relay that qualifies the port, else by the address held, else the first."""
    try:
        relay = parse_ip(port.qualifier) if port else 0
    except ValueError:
        relay = 0
    return book.subnet_of(relay) or book.subnet_of(held) or (book.subnets[0] if book.subnets else None)
