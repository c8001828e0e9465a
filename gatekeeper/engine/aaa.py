"""DHCP where the operator's AAA decides: it is asked before the rules, and its answer stands in place of the orders.

The engine says whom to ask about (``to_ask``), is told the answer (``learn``), and answers the box. In between it
waits in the heart. Without an answer a question is refused AAA_UNREACHABLE, in silence.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from gatekeeper.book import AaaPolicy, Policybook
from gatekeeper.engine.dhcp import DhcpEngine
from gatekeeper.engine.dhcp_question import DhcpQuestion
from gatekeeper.model import Action, Binding, Facts, Rate, Reason, Verdict
from gatekeeper.policy.binding import ADMITTED
from gatekeeper.policy.dhcp import DhcpCase
from gatekeeper.state.grants import Grants
from gatekeeper.state.world import World
from gatekeeper.wire.aaa import UNREACHABLE, AaaQuestion, Grant
from gatekeeper.wire.relay_agent import CIRCUIT_ID, REMOTE_ID, read_suboptions
from gatekeeper.wire.user_name import LONGEST, Said, render_name

# What gives nothing needs no leave: RELEASE and DECLINE are not among them.
_ASKED: Final = frozenset({"discover", "rapid", "selecting", "init-reboot", "renewing", "rebinding", "inform"})
# A technician's order at the AAA must work at the box's next try.
REFUSED_S: Final = 5


class AskingEngine(DhcpEngine):
    """DHCP for one Policybook whose ``aaa`` is set."""

    def __init__(self, book: Policybook, policy: AaaPolicy, world: World, own_ids: Sequence[int]) -> None:
        # AAA is told the line and decides about it.
        super().__init__(book._replace(binding=book.binding._replace(port="off")), world, own_ids)
        self._policy = policy
        self._grants = Grants()

    def to_ask(self, question: DhcpQuestion, now: float) -> AaaQuestion | None:
        """Whom AAA must be asked about first; None = answer() needs nothing more."""
        # A box that took another server's offer gets nothing here either way.
        if question.state not in _ASKED or (question.state == "selecting" and not self._is_ours(question)):
            return None
        asked = self._aaa_question(question)
        return asked if isinstance(asked, AaaQuestion) and self._grants.find(asked, now) is None else None

    def learn(self, asked: AaaQuestion, grant: Grant, now: float) -> None:
        """AAA's answer. It is good for a question that is answered at the same time, and for what is kept longer."""
        cache_s = float(self._policy.cache_s)
        if grant.refusal is Reason.AAA_UNREACHABLE:
            cache_s = 0.0
        elif grant.refusal:
            cache_s = min(cache_s, float(REFUSED_S))
        elif grant.session_s:
            # The renewal, half way through (RFC 2131 4.4.5), asks again.
            cache_s = min(cache_s, grant.session_s / 2)
        self._grants.keep(asked, grant, now + cache_s)

    def ask_again(self, macs: Iterable[bytes] | None) -> None:
        """What AAA said of these is old; None = of all."""
        self._grants.forget(macs)

    def case(self, question: DhcpQuestion, now: float) -> DhcpCase:
        """All that decides this message, with AAA's answer for a binding."""
        lease = self._world.facts(question.mac).lease
        if question.state not in _ASKED:
            return self._case(question, Facts(None, lease), now)
        asked = self._aaa_question(question)
        if isinstance(asked, Verdict):
            return self._case(question, Facts(None, lease), now, asked)
        grant = self._grants.find(asked, now) or UNREACHABLE
        if grant.refusal:
            refused = Verdict(Action.REJECT, grant.refusal, seen=grant.said)
            return self._case(question, Facts(None, lease), now, refused)
        case = self._case(question, Facts(self._binding(asked, grant), lease), now, ADMITTED)
        # RFC 2865 5.27: the longest that the service may last before it must be asked for again.
        if case.subnet and 0 < grant.session_s < case.subnet.lease_s:
            return case._replace(subnet=case.subnet._replace(lease_s=grant.session_s))
        return case

    def _aaa_question(self, question: DhcpQuestion) -> AaaQuestion | Verdict:
        message = question.message
        circuit, remote = self._line(question)
        said = Said(message.mac, message.options, circuit, remote, message.giaddr)
        name, lacking = render_name(self._policy.user_name, said)
        if lacking:
            return Verdict(Action.REJECT, Reason.NO_IDENTITY, f"user_name of {lacking}", "a message without it")
        if len(name) > LONGEST:
            return Verdict(Action.REJECT, Reason.NO_IDENTITY, f"user_name of {LONGEST} octets", f"{len(name)} octets")
        return AaaQuestion(message.mac, name, circuit, remote)

    def _line(self, question: DhcpQuestion) -> tuple[bytes, bytes]:
        """Circuit-id and remote-id. What passes the relay by has none (RFC 3046 2.1): those of the lease."""
        agent = self._agent(question.message, question.datagram.via)
        lease = self._world.facts(question.mac).lease
        unicast = question.state in ("renewing", "inform")
        if not agent and unicast and lease and lease.address == question.message.ciaddr:
            agent = lease.agent
        parts = read_suboptions(agent or b"").parts
        return parts.get(CIRCUIT_ID, b""), parts.get(REMOTE_ID, b"")

    def _binding(self, asked: AaaQuestion, grant: Grant) -> Binding:
        """The box as AAA has it: known, active, on whichever port, with a fixed address if AAA named one."""
        account = grant.account or asked.user_name
        return Binding(account, "", "", "active", Rate(0, 0), None, "unlearned", grant.address, "", "")


def dhcp_engine(book: Policybook, world: World, own_ids: Sequence[int]) -> DhcpEngine:
    """The engine that this book asks for."""
    return AskingEngine(book, book.aaa, world, own_ids) if book.aaa else DhcpEngine(book, world, own_ids)
